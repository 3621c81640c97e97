package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
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
	UpdatedAt  query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
	Data       query.JSONColumn     // system prompt, files
}

// Folder is the table folder: folders of chats, a tree per user; the id is unique per user.
var Folder = defineFolder()

func defineFolder() FolderTable {
	t := schema.Define("folder").Describe("folders of chats, a tree per user; the id is unique per user.")
	c := FolderTable{
		Table:      t,
		ID:         query.Col[string](t.Text("id").Key(idKey).Doc("UUID, lower case")),
		ParentID:   query.Col[string](t.Text("parent_id").Null().Doc("the folder above; NULL for the top")),
		UserID:     query.Col[string](t.Text("user_id").Key(idKey).Doc("the owner")),
		Name:       query.Col[string](t.Text("name").Doc("display name")),
		Items:      query.JSONCol(t.JSON("items").Null().Doc("dead")),
		Meta:       query.JSONCol(t.JSON("meta").Null().Doc("further properties")),
		IsExpanded: query.Col[bool](t.Boolean("is_expanded").Doc("whether the tree shows what is inside")),
		CreatedAt:  query.Col[int64](t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")),
		UpdatedAt:  query.Col[int64](t.BigInt("updated_at").Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
		Data:       query.JSONCol(t.JSON("data").Null().Doc("system prompt, files")),
	}
	t.Primary("", "id", "user_id")
	return c
}
