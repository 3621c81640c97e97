package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
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
	UpdatedAt query.Column[int64]  // when the row was last changed; set by the program, never by the database (nanoseconds)
}

// Note is the table note: notes.
var Note = defineNote()

func defineNote() NoteTable {
	t := schema.Define("note").Describe("notes.")
	c := NoteTable{
		Table:     t,
		ID:        query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		UserID:    query.Col[string](t.Text("user_id").Null().Doc("the owner")),
		Title:     query.Col[string](t.Text("title").Null().Doc("title")),
		Data:      query.JSONCol(t.JSON("data").Null().Doc("the text, as Markdown, HTML and JSON")),
		Meta:      query.JSONCol(t.JSON("meta").Null().Doc("further properties")),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Null().Unit(schema.Nanoseconds).Doc("when the row was made")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Null().Unit(schema.Nanoseconds).Doc("when the row was last changed; set by the program, never by the database")),
	}
	t.Unique("", "id").Needs = schema.RepeatedKey
	return c
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
var PinnedNote = definePinnedNote()

func definePinnedNote() PinnedNoteTable {
	t := schema.Define("pinned_note").Describe("which user has pinned which note, once.")
	c := PinnedNoteTable{
		Table:     t,
		ID:        query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		UserID:    query.Col[string](t.Text("user_id").Key(idKey).Doc("who pinned it")),
		NoteID:    query.Col[string](t.Text("note_id").Key(idKey).Doc("the note")),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Unit(schema.Nanoseconds).Doc("when the row was made")),
	}
	t.Unique("uq_pinned_note", "user_id", "note_id")
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"note_id"}, RefTable: "note", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	return c
}
