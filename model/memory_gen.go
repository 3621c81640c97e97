// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package model

import "github.com/larder-db/larder/jsonvalue"

// Memory is a row of table memory: what the assistant remembers about a user.
type Memory struct {
	ID        string         `db:"id" json:"id"`                 // UUID, lower case
	UserID    *string        `db:"user_id" json:"user_id"`       // the owner
	Content   *string        `db:"content" json:"content"`       // the text
	UpdatedAt *int64         `db:"updated_at" json:"updated_at"` // when the program last changed the row (seconds)
	CreatedAt *int64         `db:"created_at" json:"created_at"` // when the row was made (seconds)
	Type      string         `db:"type" json:"type"`             // context by default
	Path      *string        `db:"path" json:"path"`             // where it belongs in the tree of memories
	Meta      jsonvalue.JSON `db:"meta" json:"meta"`             // further properties
}
