package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// MemoryTable is the type of [Memory].
type MemoryTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	UserID    query.Column[string] // the owner
	Content   query.Column[string] // the text
	UpdatedAt query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
	CreatedAt query.Column[int64]  // when the row was made (seconds)
	Type      query.Column[string] // context by default
	Path      query.Column[string] // where it belongs in the tree of memories
	Meta      query.JSONColumn     // further properties
}

// Memory is the table memory: what the assistant remembers about a user.
var Memory = defineMemory()

func defineMemory() MemoryTable {
	t := schema.Define("memory").Describe("what the assistant remembers about a user.")
	c := MemoryTable{
		Table:     t,
		ID:        query.Col[string](t.String("id", 0).Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		UserID:    query.Col[string](t.String("user_id", 0).Key(idKey).Null().Doc("the owner")),
		Content:   query.Col[string](t.Text("content").Null().Doc("the text")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Null().Unit(schema.Seconds).Doc("when the row was made")),
		Type:      query.Col[string](t.String("type", 0).Key(wordKey).Default("context").Doc("context by default")),
		Path:      query.Col[string](t.Text("path").Null().Doc("where it belongs in the tree of memories")),
		Meta:      query.JSONCol(t.JSON("meta").Null().Doc("further properties")),
	}
	t.Index("ix_memory_id_user_id", "id", "user_id")
	t.Index("ix_memory_type", "type")
	t.Index("ix_memory_user_id", "user_id")
	return c
}
