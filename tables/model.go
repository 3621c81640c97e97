package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// ModelTable is the type of [Model].
type ModelTable struct {
	Table       *schema.Table
	ID          query.Column[string] // chosen by people
	UserID      query.Column[string] // the owner
	BaseModelID query.Column[string] // the model behind it; NULL when it changes a model of the same id
	Name        query.Column[string] // display name
	Params      query.Column[string] // parameters, JSON in a text column
	Meta        query.Column[string] // description, capabilities, JSON in a text column
	UpdatedAt   query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
	CreatedAt   query.Column[int64]  // when the row was made (seconds)
	IsActive    query.Column[bool]   // whether it is in use
	VersionID   query.Column[string] // the row of the history that is in use
}

// Model is the table model: models that were set up or changed by hand.
var Model = defineModel()

func defineModel() ModelTable {
	t := schema.Define("model").Describe("models that were set up or changed by hand.")
	c := ModelTable{
		Table:       t,
		ID:          query.Col[string](t.Text("id").Key(modelKey).PrimaryKey().Doc("chosen by people")),
		UserID:      query.Col[string](t.Text("user_id").Null().Doc("the owner")),
		BaseModelID: query.Col[string](t.Text("base_model_id").Null().Doc("the model behind it; NULL when it changes a model of the same id")),
		Name:        query.Col[string](t.Text("name").Null().Doc("display name")),
		Params:      query.Col[string](t.Text("params").Null().Doc("parameters, JSON in a text column")),
		Meta:        query.Col[string](t.Text("meta").Null().Doc("description, capabilities, JSON in a text column")),
		UpdatedAt:   query.Col[int64](t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
		CreatedAt:   query.Col[int64](t.BigInt("created_at").Null().Unit(schema.Seconds).Doc("when the row was made")),
		IsActive:    query.Col[bool](t.Boolean("is_active").Default(true).Doc("whether it is in use")),
		VersionID:   query.Col[string](t.Text("version_id").Null().Doc("the row of the history that is in use")),
	}
	return c
}

// ModelHistoryTable is the type of [ModelHistory].
type ModelHistoryTable struct {
	Table         *schema.Table
	ID            query.Column[string] // UUID, lower case
	ModelID       query.Column[string] // the model
	ParentID      query.Column[string] // the version before this one; NULL for the first
	Snapshot      query.JSONColumn     // the whole object as it was
	UserID        query.Column[string] // the owner
	CommitMessage query.Column[string] // what was changed, in the words of who changed it
	CreatedAt     query.Column[int64]  // when the row was made (seconds)
}

// ModelHistory is the table model_history: earlier versions of models.
var ModelHistory = defineModelHistory()

func defineModelHistory() ModelHistoryTable {
	t := schema.Define("model_history").Describe("earlier versions of models.")
	c := ModelHistoryTable{
		Table:         t,
		ID:            query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		ModelID:       query.Col[string](t.Text("model_id").Key(modelKey).Doc("the model")),
		ParentID:      query.Col[string](t.Text("parent_id").Null().Doc("the version before this one; NULL for the first")),
		Snapshot:      query.JSONCol(t.JSON("snapshot").Doc("the whole object as it was")),
		UserID:        query.Col[string](t.Text("user_id").Doc("the owner")),
		CommitMessage: query.Col[string](t.Text("commit_message").Null().Doc("what was changed, in the words of who changed it")),
		CreatedAt:     query.Col[int64](t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")),
	}
	t.Index("ix_model_history_model_id", "model_id")
	return c
}
