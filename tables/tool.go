package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// ToolTable is the type of [Tool].
type ToolTable struct {
	Table     *schema.Table
	ID        query.Column[string] // chosen by people
	UserID    query.Column[string] // the owner
	Name      query.Column[string] // display name
	Content   query.Column[string] // program text
	Specs     query.Column[string] // what can be called, JSON in a text column
	Meta      query.Column[string] // description, JSON in a text column
	Valves    query.Column[string] // settings, JSON in a text column
	UpdatedAt query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
	CreatedAt query.Column[int64]  // when the row was made (seconds)
	VersionID query.Column[string] // the row of the history that is in use
}

// Tool is the table tool: tools, which are program text that models may call.
var Tool = defineTool()

func defineTool() ToolTable {
	t := schema.Define("tool").Describe("tools, which are program text that models may call.")
	c := ToolTable{
		Table:     t,
		ID:        query.Col[string](t.String("id", 0).Key(modelKey).PrimaryKey().Doc("chosen by people")),
		UserID:    query.Col[string](t.String("user_id", 0).Null().Doc("the owner")),
		Name:      query.Col[string](t.Text("name").Null().Doc("display name")),
		Content:   query.Col[string](t.Text("content").Null().Doc("program text")),
		Specs:     query.Col[string](t.Text("specs").Null().Doc("what can be called, JSON in a text column")),
		Meta:      query.Col[string](t.Text("meta").Null().Doc("description, JSON in a text column")),
		Valves:    query.Col[string](t.Text("valves").Null().Doc("settings, JSON in a text column")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Null().Unit(schema.Seconds).Doc("when the row was made")),
		VersionID: query.Col[string](t.Text("version_id").Null().Doc("the row of the history that is in use")),
	}
	return c
}

// ToolHistoryTable is the type of [ToolHistory].
type ToolHistoryTable struct {
	Table         *schema.Table
	ID            query.Column[string] // UUID, lower case
	ToolID        query.Column[string] // the tool
	ParentID      query.Column[string] // the version before this one; NULL for the first
	Snapshot      query.JSONColumn     // the whole object as it was
	UserID        query.Column[string] // the owner
	CommitMessage query.Column[string] // what was changed, in the words of who changed it
	CreatedAt     query.Column[int64]  // when the row was made (seconds)
}

// ToolHistory is the table tool_history: earlier versions of tools.
var ToolHistory = defineToolHistory()

func defineToolHistory() ToolHistoryTable {
	t := schema.Define("tool_history").Describe("earlier versions of tools.")
	c := ToolHistoryTable{
		Table:         t,
		ID:            query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		ToolID:        query.Col[string](t.Text("tool_id").Key(modelKey).Doc("the tool")),
		ParentID:      query.Col[string](t.Text("parent_id").Null().Doc("the version before this one; NULL for the first")),
		Snapshot:      query.JSONCol(t.JSON("snapshot").Doc("the whole object as it was")),
		UserID:        query.Col[string](t.Text("user_id").Doc("the owner")),
		CommitMessage: query.Col[string](t.Text("commit_message").Null().Doc("what was changed, in the words of who changed it")),
		CreatedAt:     query.Col[int64](t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")),
	}
	t.Index("ix_tool_history_tool_id", "tool_id")
	return c
}
