package tables

import (
	"github.com/larder-db/larder/schema"
)

// Tool is the table tool: tools: program text that models may call.
var Tool = defineTool()

func defineTool() *schema.Table {
	t := schema.Define("tool").Describe("tools: program text that models may call.")
	t.String("id", 0).Key(modelKey).PrimaryKey().Doc("chosen by people")
	t.String("user_id", 0).Null().Doc("the owner")
	t.Text("name").Null().Doc("display name")
	t.Text("content").Null().Doc("program text")
	t.Text("specs").Null().Doc("what can be called, JSON in a text column")
	t.Text("meta").Null().Doc("description, JSON in a text column")
	t.Text("valves").Null().Doc("settings, JSON in a text column")
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")
	t.BigInt("created_at").Null().Unit(schema.Seconds).Doc("when the row was made")
	t.Text("version_id").Null().Doc("the row of the history that is in use")
	return t
}

// ToolHistory is the table tool_history: earlier versions of tools.
var ToolHistory = defineToolHistory()

func defineToolHistory() *schema.Table {
	t := schema.Define("tool_history").Describe("earlier versions of tools.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("tool_id").Key(modelKey).Doc("the tool")
	t.Text("parent_id").Null().Doc("the version before this one; NULL for the first")
	t.JSON("snapshot").Doc("the whole object as it was")
	t.Text("user_id").Doc("the owner")
	t.Text("commit_message").Null().Doc("what was changed, in the words of who changed it")
	t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")
	t.Index("ix_tool_history_tool_id", "tool_id")
	return t
}
