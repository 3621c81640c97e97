package declared

import "github.com/larder-db/larder/schema"

// Automation is the table automation.
var Automation = define("automation", func(t *schema.Table) {
	t.Describe("work that is done at set times.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Key(idKey).Doc("the owner")
	t.Text("name").Doc("display name")
	t.JSON("data").Doc("what is done and when")
	t.JSON("meta").Null().Doc("further properties")
	t.Boolean("is_active").Doc("whether it is in use")
	t.BigInt("last_run_at").Null().Unit(schema.Nanoseconds).Doc("when it last ran")
	t.BigInt("next_run_at").Null().Unit(schema.Nanoseconds).Doc("when it runs next; NULL for not at all")
	t.BigInt("created_at").Unit(schema.Nanoseconds).Doc(madeAt)
	t.BigInt("updated_at").Unit(schema.Nanoseconds).Doc(changedAt)
	t.Text("folder_id").Key(idKey).Null().Doc("the folder; NULL for none")
	t.Index("ix_automation_next_run", "next_run_at")
	t.Index("ix_automation_user_folder", "user_id", "folder_id")
})

// AutomationRun is the table automation_run.
var AutomationRun = define("automation_run", func(t *schema.Table) {
	t.Describe("runs of automations.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("automation_id").Key(idKey).Doc("the automation")
	t.Text("chat_id").Null().Doc("the chat that came out of it")
	t.Text("status").Doc("how it ended")
	t.Text("error").Null().Doc("why it failed")
	t.BigInt("created_at").Unit(schema.Nanoseconds).Doc(madeAt)
	t.Index("ix_automation_run_automation_id", "automation_id")
})
