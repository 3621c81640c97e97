// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package model

import "github.com/larder-db/larder/jsonvalue"

// Note is a row of table note: notes.
type Note struct {
	ID        string         `db:"id" json:"id"`                 // UUID, lower case
	UserID    *string        `db:"user_id" json:"user_id"`       // the owner
	Title     *string        `db:"title" json:"title"`           // title
	Data      jsonvalue.JSON `db:"data" json:"data"`             // the text, as Markdown, HTML and JSON
	Meta      jsonvalue.JSON `db:"meta" json:"meta"`             // further properties
	CreatedAt *int64         `db:"created_at" json:"created_at"` // when the row was made (nanoseconds)
	UpdatedAt *int64         `db:"updated_at" json:"updated_at"` // when the program last changed the row (nanoseconds)
}

// PinnedNote is a row of table pinned_note: which user has pinned which note,
// once.
type PinnedNote struct {
	ID        string `db:"id" json:"id"`                 // UUID, lower case
	UserID    string `db:"user_id" json:"user_id"`       // who pinned it
	NoteID    string `db:"note_id" json:"note_id"`       // the note
	CreatedAt int64  `db:"created_at" json:"created_at"` // when the row was made (nanoseconds)
}
