package model

import "github.com/larder-db/larder/jsonvalue"

// Note is a row of table note.
type Note struct {
	ID        string         `db:"id" json:"id"`
	UserID    *string        `db:"user_id" json:"user_id"` // the owner
	Title     *string        `db:"title" json:"title"`
	Data      jsonvalue.JSON `db:"data" json:"data"` // {content: {md, html, json}}
	Meta      jsonvalue.JSON `db:"meta" json:"meta"`
	CreatedAt *int64         `db:"created_at" json:"created_at"` // nanoseconds
	UpdatedAt *int64         `db:"updated_at" json:"updated_at"` // nanoseconds
}

// Validate reports what no engine can know to be wrong with the row.
func (n *Note) Validate() error { return key("note", "id", n.ID) }

// PinnedNote is a row of table pinned_note: a user has pinned a note.
type PinnedNote struct {
	ID        string `db:"id" json:"id"`
	UserID    string `db:"user_id" json:"user_id"`
	NoteID    string `db:"note_id" json:"note_id"`
	CreatedAt int64  `db:"created_at" json:"created_at"` // nanoseconds
}

// Validate reports what no engine can know to be wrong with the row.
func (p *PinnedNote) Validate() error {
	return firstOf(key("pinned_note", "id", p.ID), key("pinned_note", "user_id", p.UserID), key("pinned_note", "note_id", p.NoteID))
}
