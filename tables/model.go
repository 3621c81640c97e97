package tables

import (
	"github.com/larder-db/larder/schema"
)

// Model is the table model: models that were set up or changed by hand.
var Model = defineModel()

func defineModel() *schema.Table {
	t := schema.Define("model").Describe("models that were set up or changed by hand.")
	t.Text("id").Key(modelKey).PrimaryKey().Doc("chosen by people")
	t.Text("user_id").Null().Doc("the owner")
	t.Text("base_model_id").Null().Doc("the model behind it; NULL when it changes a model of the same id")
	t.Text("name").Null().Doc("display name")
	t.Text("params").Null().Doc("parameters, JSON in a text column")
	t.Text("meta").Null().Doc("description, capabilities, JSON in a text column")
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")
	t.BigInt("created_at").Null().Unit(schema.Seconds).Doc("when the row was made")
	t.Boolean("is_active").Default(true).Doc("whether it is in use")
	t.Text("version_id").Null().Doc("the row of the history that is in use")
	return t
}

// ModelHistory is the table model_history: earlier versions of models.
var ModelHistory = defineModelHistory()

func defineModelHistory() *schema.Table {
	t := schema.Define("model_history").Describe("earlier versions of models.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("model_id").Key(modelKey).Doc("the model")
	t.Text("parent_id").Null().Doc("the version before this one; NULL for the first")
	t.JSON("snapshot").Doc("the whole object as it was")
	t.Text("user_id").Doc("the owner")
	t.Text("commit_message").Null().Doc("what was changed, in the words of who changed it")
	t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")
	t.Index("ix_model_history_model_id", "model_id")
	return t
}
