// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
)

// NoteTable is the type of [Note].
type NoteTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	UserID    query.Column[string] // the owner
	Title     query.Column[string] // title
	Data      query.JSONColumn     // the text, as Markdown, HTML and JSON
	Meta      query.JSONColumn     // further properties
	CreatedAt query.Column[int64]  // when the row was made (nanoseconds)
	UpdatedAt query.Column[int64]  // when the program last changed the row (nanoseconds)
}

// Note is the table note: notes.
var Note = NoteTable{
	Table:     declared.Note,
	ID:        query.ColumnOf[string](declared.Note, "id"),
	UserID:    query.ColumnOf[string](declared.Note, "user_id"),
	Title:     query.ColumnOf[string](declared.Note, "title"),
	Data:      query.JSONColumnOf(declared.Note, "data"),
	Meta:      query.JSONColumnOf(declared.Note, "meta"),
	CreatedAt: query.ColumnOf[int64](declared.Note, "created_at"),
	UpdatedAt: query.ColumnOf[int64](declared.Note, "updated_at"),
}

// PinnedNoteTable is the type of [PinnedNote].
type PinnedNoteTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	UserID    query.Column[string] // who pinned it
	NoteID    query.Column[string] // the note
	CreatedAt query.Column[int64]  // when the row was made (nanoseconds)
}

// PinnedNote is the table pinned_note: which user has pinned which note, once.
var PinnedNote = PinnedNoteTable{
	Table:     declared.PinnedNote,
	ID:        query.ColumnOf[string](declared.PinnedNote, "id"),
	UserID:    query.ColumnOf[string](declared.PinnedNote, "user_id"),
	NoteID:    query.ColumnOf[string](declared.PinnedNote, "note_id"),
	CreatedAt: query.ColumnOf[int64](declared.PinnedNote, "created_at"),
}
