package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// PromptTable is the type of [Prompt].
type PromptTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	Command   query.Column[string] // what calls it, without the slash; unique
	UserID    query.Column[string] // the owner
	Name      query.Column[string] // display name
	Content   query.Column[string] // the text, with placeholders
	Data      query.JSONColumn     // further properties
	Meta      query.JSONColumn     // further properties
	IsActive  query.Column[bool]   // whether it is in use
	VersionID query.Column[string] // the row of the history that is in use
	Tags      query.JSONColumn     // list of names
	CreatedAt query.Column[int64]  // when the row was made (seconds)
	UpdatedAt query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
}

// Prompt is the table prompt: prompts that are called by a command.
var Prompt = definePrompt()

func definePrompt() PromptTable {
	t := schema.Define("prompt").Describe("prompts that are called by a command.")
	c := PromptTable{
		Table:     t,
		ID:        query.Col[string](t.Text("id").Key(idKey).Doc("UUID, lower case")),
		Command:   query.Col[string](t.String("command", 0).Key(modelKey).Null().Doc("what calls it, without the slash; unique")),
		UserID:    query.Col[string](t.String("user_id", 0).Doc("the owner")),
		Name:      query.Col[string](t.Text("name").Doc("display name")),
		Content:   query.Col[string](t.Text("content").Doc("the text, with placeholders")),
		Data:      query.JSONCol(t.JSON("data").Null().Doc("further properties")),
		Meta:      query.JSONCol(t.JSON("meta").Null().Doc("further properties")),
		IsActive:  query.Col[bool](t.Boolean("is_active").Default("1").Doc("whether it is in use")),
		VersionID: query.Col[string](t.Text("version_id").Null().Doc("the row of the history that is in use")),
		Tags:      query.JSONCol(t.JSON("tags").Null().Doc("list of names")),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
	}
	t.Primary("", "id")
	t.PrimaryKey.Invented = "prompt_new_pkey"
	t.Index("ix_prompt_new_command", "command").Unique = true
	return c
}

// PromptHistoryTable is the type of [PromptHistory].
type PromptHistoryTable struct {
	Table         *schema.Table
	ID            query.Column[string] // UUID, lower case
	PromptID      query.Column[string] // the prompt
	ParentID      query.Column[string] // the version before this one; NULL for the first
	Snapshot      query.JSONColumn     // the whole object as it was
	UserID        query.Column[string] // the owner
	CommitMessage query.Column[string] // what was changed, in the words of who changed it
	CreatedAt     query.Column[int64]  // when the row was made (seconds)
}

// PromptHistory is the table prompt_history: earlier versions of prompts.
var PromptHistory = definePromptHistory()

func definePromptHistory() PromptHistoryTable {
	t := schema.Define("prompt_history").Describe("earlier versions of prompts.")
	c := PromptHistoryTable{
		Table:         t,
		ID:            query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		PromptID:      query.Col[string](t.Text("prompt_id").Key(idKey).Doc("the prompt")),
		ParentID:      query.Col[string](t.Text("parent_id").Null().Doc("the version before this one; NULL for the first")),
		Snapshot:      query.JSONCol(t.JSON("snapshot").Doc("the whole object as it was")),
		UserID:        query.Col[string](t.Text("user_id").Doc("the owner")),
		CommitMessage: query.Col[string](t.Text("commit_message").Null().Doc("what was changed, in the words of who changed it")),
		CreatedAt:     query.Col[int64](t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")),
	}
	t.Index("ix_prompt_history_prompt_id", "prompt_id")
	return c
}
