package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// FunctionTable is the type of [Function].
type FunctionTable struct {
	Table     *schema.Table
	ID        query.Column[string] // chosen by people
	UserID    query.Column[string] // the owner
	Name      query.Column[string] // display name
	Type      query.Column[string] // pipe, filter, action
	Content   query.Column[string] // program text
	Meta      query.Column[string] // description, JSON in a text column
	Valves    query.Column[string] // settings, JSON in a text column
	IsActive  query.Column[bool]   // whether it is in use
	IsGlobal  query.Column[bool]   // whether it runs in all chats
	UpdatedAt query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
	CreatedAt query.Column[int64]  // when the row was made (seconds)
	VersionID query.Column[string] // the row of the history that is in use
}

// Function is the table function: functions, which are program text that filters, pipes or acts.
var Function = defineFunction()

func defineFunction() FunctionTable {
	t := schema.Define("function").Describe("functions, which are program text that filters, pipes or acts.")
	c := FunctionTable{
		Table:     t,
		ID:        query.Col[string](t.String("id", 0).Key(modelKey).PrimaryKey().Doc("chosen by people")),
		UserID:    query.Col[string](t.String("user_id", 0).Null().Doc("the owner")),
		Name:      query.Col[string](t.Text("name").Null().Doc("display name")),
		Type:      query.Col[string](t.Text("type").Null().Doc("pipe, filter, action")),
		Content:   query.Col[string](t.Text("content").Null().Doc("program text")),
		Meta:      query.Col[string](t.Text("meta").Null().Doc("description, JSON in a text column")),
		Valves:    query.Col[string](t.Text("valves").Null().Doc("settings, JSON in a text column")),
		IsActive:  query.Col[bool](t.Boolean("is_active").Null().Doc("whether it is in use")),
		IsGlobal:  query.Col[bool](t.Boolean("is_global").Null().Doc("whether it runs in all chats")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Null().Unit(schema.Seconds).Doc("when the row was made")),
		VersionID: query.Col[string](t.Text("version_id").Null().Doc("the row of the history that is in use")),
	}
	t.Index("is_global_idx", "is_global")
	return c
}

// FunctionHistoryTable is the type of [FunctionHistory].
type FunctionHistoryTable struct {
	Table         *schema.Table
	ID            query.Column[string] // UUID, lower case
	FunctionID    query.Column[string] // the function
	ParentID      query.Column[string] // the version before this one; NULL for the first
	Snapshot      query.JSONColumn     // the whole object as it was
	UserID        query.Column[string] // the owner
	CommitMessage query.Column[string] // what was changed, in the words of who changed it
	CreatedAt     query.Column[int64]  // when the row was made (seconds)
}

// FunctionHistory is the table function_history: earlier versions of functions.
var FunctionHistory = defineFunctionHistory()

func defineFunctionHistory() FunctionHistoryTable {
	t := schema.Define("function_history").Describe("earlier versions of functions.")
	c := FunctionHistoryTable{
		Table:         t,
		ID:            query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		FunctionID:    query.Col[string](t.Text("function_id").Key(modelKey).Doc("the function")),
		ParentID:      query.Col[string](t.Text("parent_id").Null().Doc("the version before this one; NULL for the first")),
		Snapshot:      query.JSONCol(t.JSON("snapshot").Doc("the whole object as it was")),
		UserID:        query.Col[string](t.Text("user_id").Doc("the owner")),
		CommitMessage: query.Col[string](t.Text("commit_message").Null().Doc("what was changed, in the words of who changed it")),
		CreatedAt:     query.Col[int64](t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")),
	}
	t.Index("ix_function_history_function_id", "function_id")
	return c
}
