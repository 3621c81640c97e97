package declared

import "github.com/larder-db/larder/schema"

// Prompt is the table prompt.
var Prompt = define("prompt", func(t *schema.Table) {
	t.Describe("prompts that are called by a command.")
	t.Text("id").Key(idKey).Doc("UUID, lower case")
	t.String("command", 0).Key(modelKey).Null().Doc("what calls it, without the slash; unique")
	t.String("user_id", 0).Doc("the owner")
	t.Text("name").Doc("display name")
	t.Text("content").Doc("the text, with placeholders")
	t.JSON("data").Null().Doc("further properties")
	t.JSON("meta").Null().Doc("further properties")
	t.Boolean("is_active").Default("1").Doc("whether it is in use")
	t.Text("version_id").Null().Doc("the row of the history that is in use")
	t.JSON("tags").Null().Doc("list of names")
	t.BigInt("created_at").Unit(schema.Seconds).Doc(madeAt)
	t.BigInt("updated_at").Unit(schema.Seconds).Doc(changedAt)
	t.Primary("", "id")
	t.On(schema.ConstraintNames).KeyName = "prompt_new_pkey"
	t.Index("ix_prompt_new_command", "command").Unique = true
})

// PromptHistory is the table prompt_history.
var PromptHistory = define("prompt_history", func(t *schema.Table) {
	t.Describe("earlier versions of prompts.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("prompt_id").Key(idKey).Doc("the prompt")
	t.Text("parent_id").Null().Doc("the version before this one; NULL for the first")
	t.JSON("snapshot").Doc("the whole object as it was")
	t.Text("user_id").Doc("the owner")
	t.Text("commit_message").Null().Doc("what was changed, in the words of who changed it")
	t.BigInt("created_at").Unit(schema.Seconds).Doc(madeAt)
	t.Index("ix_prompt_history_prompt_id", "prompt_id")
})
