package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// AutomationTable is the type of [Automation].
type AutomationTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	UserID    query.Column[string] // the owner
	Name      query.Column[string] // display name
	Data      query.JSONColumn     // what is done and when
	Meta      query.JSONColumn     // further properties
	IsActive  query.Column[bool]   // whether it is in use
	LastRunAt query.Column[int64]  // when it last ran (nanoseconds)
	NextRunAt query.Column[int64]  // when it runs next; NULL for not at all (nanoseconds)
	CreatedAt query.Column[int64]  // when the row was made (nanoseconds)
	UpdatedAt query.Column[int64]  // when the row was last changed; set by the program, never by the database (nanoseconds)
	FolderID  query.Column[string] // the folder; NULL for none
}

// Automation is the table automation: work that is done at set times.
var Automation = defineAutomation()

func defineAutomation() AutomationTable {
	t := schema.Define("automation").Describe("work that is done at set times.")
	c := AutomationTable{
		Table:     t,
		ID:        query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		UserID:    query.Col[string](t.Text("user_id").Key(idKey).Doc("the owner")),
		Name:      query.Col[string](t.Text("name").Doc("display name")),
		Data:      query.JSONCol(t.JSON("data").Doc("what is done and when")),
		Meta:      query.JSONCol(t.JSON("meta").Null().Doc("further properties")),
		IsActive:  query.Col[bool](t.Boolean("is_active").Doc("whether it is in use")),
		LastRunAt: query.Col[int64](t.BigInt("last_run_at").Null().Unit(schema.Nanoseconds).Doc("when it last ran")),
		NextRunAt: query.Col[int64](t.BigInt("next_run_at").Null().Unit(schema.Nanoseconds).Doc("when it runs next; NULL for not at all")),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Unit(schema.Nanoseconds).Doc("when the row was made")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Unit(schema.Nanoseconds).Doc("when the row was last changed; set by the program, never by the database")),
		FolderID:  query.Col[string](t.Text("folder_id").Key(idKey).Null().Doc("the folder; NULL for none")),
	}
	t.Index("ix_automation_next_run", "next_run_at")
	t.Index("ix_automation_user_folder", "user_id", "folder_id")
	return c
}

// AutomationRunTable is the type of [AutomationRun].
type AutomationRunTable struct {
	Table        *schema.Table
	ID           query.Column[string] // UUID, lower case
	AutomationID query.Column[string] // the automation
	ChatID       query.Column[string] // the chat that came out of it
	Status       query.Column[string] // how it ended
	Error        query.Column[string] // why it failed
	CreatedAt    query.Column[int64]  // when the row was made (nanoseconds)
}

// AutomationRun is the table automation_run: runs of automations.
var AutomationRun = defineAutomationRun()

func defineAutomationRun() AutomationRunTable {
	t := schema.Define("automation_run").Describe("runs of automations.")
	c := AutomationRunTable{
		Table:        t,
		ID:           query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		AutomationID: query.Col[string](t.Text("automation_id").Key(idKey).Doc("the automation")),
		ChatID:       query.Col[string](t.Text("chat_id").Null().Doc("the chat that came out of it")),
		Status:       query.Col[string](t.Text("status").Doc("how it ended")),
		Error:        query.Col[string](t.Text("error").Null().Doc("why it failed")),
		CreatedAt:    query.Col[int64](t.BigInt("created_at").Unit(schema.Nanoseconds).Doc("when the row was made")),
	}
	t.Index("ix_automation_run_automation_id", "automation_id")
	return c
}
