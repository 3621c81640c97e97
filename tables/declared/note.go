package declared

import "github.com/larder-db/larder/schema"

// Note is the table note.
var Note = define("note", func(t *schema.Table) {
	t.Describe("notes.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Null().Doc("the owner")
	t.Text("title").Null().Doc("title")
	t.JSON("data").Null().Doc("the text, as Markdown, HTML and JSON")
	t.JSON("meta").Null().Doc("further properties")
	t.BigInt("created_at").Null().Unit(schema.Nanoseconds).Doc(madeAt)
	t.BigInt("updated_at").Null().Unit(schema.Nanoseconds).Doc(changedAt)
	t.Unique("", "id")
})

// PinnedNote is the table pinned_note.
var PinnedNote = define("pinned_note", func(t *schema.Table) {
	t.Describe("which user has pinned which note, once.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Key(idKey).Doc("who pinned it")
	t.Text("note_id").Key(idKey).References("note", "id", schema.Cascade).Doc("the note")
	t.BigInt("created_at").Unit(schema.Nanoseconds).Doc(madeAt)
	t.Unique("uq_pinned_note", "user_id", "note_id")
})
