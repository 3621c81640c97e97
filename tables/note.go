package tables

import (
	"github.com/larder-db/larder/schema"
)

// Note is the table note: notes.
var Note = defineNote()

func defineNote() *schema.Table {
	t := schema.Define("note").Describe("notes.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Null().Doc("the owner")
	t.Text("title").Null().Doc("title")
	t.JSON("data").Null().Doc("the text, as Markdown, HTML and JSON")
	t.JSON("meta").Null().Doc("further properties")
	t.BigInt("created_at").Null().Unit(schema.Nanoseconds).Doc("when the row was made")
	t.BigInt("updated_at").Null().Unit(schema.Nanoseconds).Doc("when the row was last changed; set by the program, never by the database")
	t.Unique("", "id").Needs = schema.RepeatedKey
	return t
}

// PinnedNote is the table pinned_note: which user has pinned which note, once.
var PinnedNote = definePinnedNote()

func definePinnedNote() *schema.Table {
	t := schema.Define("pinned_note").Describe("which user has pinned which note, once.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Key(idKey).Doc("who pinned it")
	t.Text("note_id").Key(idKey).Doc("the note")
	t.BigInt("created_at").Unit(schema.Nanoseconds).Doc("when the row was made")
	t.Unique("uq_pinned_note", "user_id", "note_id")
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"note_id"}, RefTable: "note", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	return t
}
