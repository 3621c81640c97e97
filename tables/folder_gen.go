// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
)

// FolderTable is the type of [Folder].
type FolderTable struct {
	Table      *schema.Table
	ID         query.Column[string] // UUID, lower case
	ParentID   query.Column[string] // the folder above; NULL for the top
	UserID     query.Column[string] // the owner
	Name       query.Column[string] // display name
	Items      query.JSONColumn     // dead
	Meta       query.JSONColumn     // further properties
	IsExpanded query.Column[bool]   // whether the tree shows what is inside
	CreatedAt  query.Column[int64]  // when the row was made (seconds)
	UpdatedAt  query.Column[int64]  // when the program last changed the row (seconds)
	Data       query.JSONColumn     // system prompt, files
}

// Folder is the table folder: folders of chats, a tree per user; the id is
// unique per user.
var Folder = FolderTable{
	Table:      declared.Folder,
	ID:         query.ColumnOf[string](declared.Folder, "id"),
	ParentID:   query.ColumnOf[string](declared.Folder, "parent_id"),
	UserID:     query.ColumnOf[string](declared.Folder, "user_id"),
	Name:       query.ColumnOf[string](declared.Folder, "name"),
	Items:      query.JSONColumnOf(declared.Folder, "items"),
	Meta:       query.JSONColumnOf(declared.Folder, "meta"),
	IsExpanded: query.ColumnOf[bool](declared.Folder, "is_expanded"),
	CreatedAt:  query.ColumnOf[int64](declared.Folder, "created_at"),
	UpdatedAt:  query.ColumnOf[int64](declared.Folder, "updated_at"),
	Data:       query.JSONColumnOf(declared.Folder, "data"),
}
