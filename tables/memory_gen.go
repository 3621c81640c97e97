// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
)

// MemoryTable is the type of [Memory].
type MemoryTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	UserID    query.Column[string] // the owner
	Content   query.Column[string] // the text
	UpdatedAt query.Column[int64]  // when the program last changed the row (seconds)
	CreatedAt query.Column[int64]  // when the row was made (seconds)
	Type      query.Column[string] // context by default
	Path      query.Column[string] // where it belongs in the tree of memories
	Meta      query.JSONColumn     // further properties
}

// Memory is the table memory: what the assistant remembers about a user.
var Memory = MemoryTable{
	Table:     declared.Memory,
	ID:        query.ColumnOf[string](declared.Memory, "id"),
	UserID:    query.ColumnOf[string](declared.Memory, "user_id"),
	Content:   query.ColumnOf[string](declared.Memory, "content"),
	UpdatedAt: query.ColumnOf[int64](declared.Memory, "updated_at"),
	CreatedAt: query.ColumnOf[int64](declared.Memory, "created_at"),
	Type:      query.ColumnOf[string](declared.Memory, "type"),
	Path:      query.ColumnOf[string](declared.Memory, "path"),
	Meta:      query.JSONColumnOf(declared.Memory, "meta"),
}
