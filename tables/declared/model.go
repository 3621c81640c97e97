package declared

import "github.com/larder-db/larder/schema"

// Model is the table model.
var Model = define("model", func(t *schema.Table) {
	t.Describe("models that were set up or changed by hand.")
	t.Text("id").Key(modelKey).PrimaryKey().Doc("chosen by people")
	t.Text("user_id").Null().Doc("the owner")
	t.Text("base_model_id").Null().Doc("the model behind it; NULL when it changes a model of the same id")
	t.Text("name").Null().Doc("display name")
	t.Text("params").Null().Doc("parameters, JSON in a text column")
	t.Text("meta").Null().Doc("description, capabilities, JSON in a text column")
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc(changedAt)
	t.BigInt("created_at").Null().Unit(schema.Seconds).Doc(madeAt)
	t.Boolean("is_active").Default(true).Doc("whether it is in use")
	t.Text("version_id").Null().Doc("the row of the history that is in use")
})

// ModelHistory is the table model_history.
var ModelHistory = define("model_history", func(t *schema.Table) {
	t.Describe("earlier versions of models.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("model_id").Key(modelKey).Doc("the model")
	t.Text("parent_id").Null().Doc("the version before this one; NULL for the first")
	t.JSON("snapshot").Doc("the whole object as it was")
	t.Text("user_id").Doc("the owner")
	t.Text("commit_message").Null().Doc("what was changed, in the words of who changed it")
	t.BigInt("created_at").Unit(schema.Seconds).Doc(madeAt)
	t.Index("ix_model_history_model_id", "model_id")
})
