package declared

import "github.com/larder-db/larder/schema"

// Function is the table function.
var Function = define("function", func(t *schema.Table) {
	t.Describe("functions, which are program text that filters, pipes or acts.")
	t.String("id", 0).Key(modelKey).PrimaryKey().Doc("chosen by people")
	t.String("user_id", 0).Null().Doc("the owner")
	t.Text("name").Null().Doc("display name")
	t.Text("type").Null().Doc("pipe, filter, action")
	t.Text("content").Null().Doc("program text")
	t.Text("meta").Null().Doc("description, JSON in a text column")
	t.Text("valves").Null().Doc("settings, JSON in a text column")
	t.Boolean("is_active").Null().Doc("whether it is in use")
	t.Boolean("is_global").Null().Doc("whether it runs in all chats")
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc(changedAt)
	t.BigInt("created_at").Null().Unit(schema.Seconds).Doc(madeAt)
	t.Text("version_id").Null().Doc("the row of the history that is in use")
	t.Index("is_global_idx", "is_global")
})

// FunctionHistory is the table function_history.
var FunctionHistory = define("function_history", func(t *schema.Table) {
	t.Describe("earlier versions of functions.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("function_id").Key(modelKey).Doc("the function")
	t.Text("parent_id").Null().Doc("the version before this one; NULL for the first")
	t.JSON("snapshot").Doc("the whole object as it was")
	t.Text("user_id").Doc("the owner")
	t.Text("commit_message").Null().Doc("what was changed, in the words of who changed it")
	t.BigInt("created_at").Unit(schema.Seconds).Doc(madeAt)
	t.Index("ix_function_history_function_id", "function_id")
})
