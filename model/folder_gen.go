// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package model

import "github.com/larder-db/larder/jsonvalue"

// Folder is a row of table folder: folders of chats, a tree per user; the id is
// unique per user.
type Folder struct {
	ID         string         `db:"id" json:"id"`                   // UUID, lower case
	ParentID   *string        `db:"parent_id" json:"parent_id"`     // the folder above; NULL for the top
	UserID     string         `db:"user_id" json:"user_id"`         // the owner
	Name       string         `db:"name" json:"name"`               // display name
	Items      jsonvalue.JSON `db:"items" json:"items"`             // dead
	Meta       jsonvalue.JSON `db:"meta" json:"meta"`               // further properties
	IsExpanded bool           `db:"is_expanded" json:"is_expanded"` // whether the tree shows what is inside
	CreatedAt  int64          `db:"created_at" json:"created_at"`   // when the row was made (seconds)
	UpdatedAt  int64          `db:"updated_at" json:"updated_at"`   // when the program last changed the row (seconds)
	Data       jsonvalue.JSON `db:"data" json:"data"`               // system prompt, files
}
