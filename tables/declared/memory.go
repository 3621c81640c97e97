package declared

import "github.com/larder-db/larder/schema"

// Memory is the table memory.
var Memory = define("memory", func(t *schema.Table) {
	t.Describe("what the assistant remembers about a user.")
	t.String("id", 0).Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.String("user_id", 0).Key(idKey).Null().Doc("the owner")
	t.Text("content").Null().Doc("the text")
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc(changedAt)
	t.BigInt("created_at").Null().Unit(schema.Seconds).Doc(madeAt)
	t.String("type", 0).Key(wordKey).Default("context").Doc("context by default")
	t.Text("path").Null().Doc("where it belongs in the tree of memories")
	t.JSON("meta").Null().Doc("further properties")
	t.Index("ix_memory_id_user_id", "id", "user_id")
	t.Index("ix_memory_type", "type")
	t.Index("ix_memory_user_id", "user_id")
})
