package tables

import (
	"github.com/larder-db/larder/schema"
)

// Automation is the table automation: work that is done at set times.
var Automation = defineAutomation()

func defineAutomation() *schema.Table {
	t := schema.Define("automation").Describe("work that is done at set times.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Key(idKey).Doc("the owner")
	t.Text("name").Doc("display name")
	t.JSON("data").Doc("what is done and when")
	t.JSON("meta").Null().Doc("further properties")
	t.Boolean("is_active").Doc("whether it is in use")
	t.BigInt("last_run_at").Null().Unit(schema.Nanoseconds).Doc("when it last ran")
	t.BigInt("next_run_at").Null().Unit(schema.Nanoseconds).Doc("when it runs next; NULL for not at all")
	t.BigInt("created_at").Unit(schema.Nanoseconds).Doc("when the row was made")
	t.BigInt("updated_at").Unit(schema.Nanoseconds).Doc("when the row was last changed; set by the program, never by the database")
	t.Text("folder_id").Key(idKey).Null().Doc("the folder; NULL for none")
	t.Index("ix_automation_next_run", "next_run_at")
	t.Index("ix_automation_user_folder", "user_id", "folder_id")
	return t
}

// AutomationRun is the table automation_run: runs of automations.
var AutomationRun = defineAutomationRun()

func defineAutomationRun() *schema.Table {
	t := schema.Define("automation_run").Describe("runs of automations.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("automation_id").Key(idKey).Doc("the automation")
	t.Text("chat_id").Null().Doc("the chat that came out of it")
	t.Text("status").Doc("how it ended")
	t.Text("error").Null().Doc("why it failed")
	t.BigInt("created_at").Unit(schema.Nanoseconds).Doc("when the row was made")
	t.Index("ix_automation_run_automation_id", "automation_id")
	return t
}
