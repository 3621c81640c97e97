package declared

import "github.com/larder-db/larder/schema"

// Tool is the table tool.
var Tool = define("tool", func(t *schema.Table) {
	t.Describe("tools, which are program text that models may call.")
	t.String("id", 0).Key(modelKey).PrimaryKey().Doc("chosen by people")
	t.String("user_id", 0).Null().Doc("the owner")
	t.Text("name").Null().Doc("display name")
	t.Text("content").Null().Doc("program text")
	t.Text("specs").Null().Doc("what can be called, JSON in a text column")
	t.Text("meta").Null().Doc("description, JSON in a text column")
	t.Text("valves").Null().Doc("settings, JSON in a text column")
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc(changedAt)
	t.BigInt("created_at").Null().Unit(schema.Seconds).Doc(madeAt)
	t.Text("version_id").Null().Doc("the row of the history that is in use")
})

// ToolHistory is the table tool_history.
var ToolHistory = define("tool_history", func(t *schema.Table) {
	t.Describe("earlier versions of tools.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("tool_id").Key(modelKey).Doc("the tool")
	t.Text("parent_id").Null().Doc("the version before this one; NULL for the first")
	t.JSON("snapshot").Doc("the whole object as it was")
	t.Text("user_id").Doc("the owner")
	t.Text("commit_message").Null().Doc("what was changed, in the words of who changed it")
	t.BigInt("created_at").Unit(schema.Seconds).Doc(madeAt)
	t.Index("ix_tool_history_tool_id", "tool_id")
})
