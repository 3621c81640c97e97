package migrations

import (
	"context"
	"time"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// Every user pins notes for themselves; a note that was pinned is, by its owner.
var rev41 = migrate.Revision{
	ID: "4de81c2a3af1", Down: []string{"56359461a091"}, Doc: "who has pinned which note", Path: "41_4de81c2a3af1_pinned_note.go",
	Upgrade: func(ops *op.Ops) {
		t := schema.Define("pinned_note")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("user_id").Key(idKey)
		t.Text("note_id").Key(idKey).References("note", "id", schema.Cascade)
		t.BigInt("created_at")
		t.Unique("uq_pinned_note", "user_id", "note_id")
		ops.CreateTable(t, op.IfNotExists)
		ops.Data("pinned notes", func(ctx context.Context, d *op.Data) error {
			if d.Table("note").Column("is_pinned") == nil {
				return nil // half applied: this much was done
			}
			at := time.Now().UnixNano()
			scan := op.Scan{Table: "note", Columns: []string{"user_id"},
				Where: "{is_pinned} AND NOT EXISTS (SELECT 1 FROM {pinned_note} WHERE {pinned_note}.{note_id} = {note}.{id} AND {pinned_note}.{user_id} = coalesce({note}.{user_id}, ''))"}
			return d.Rows(ctx, scan, func(ctx context.Context, c *op.Chunk) error {
				for _, r := range c.Rows {
					if err := c.Insert(ctx, "pinned_note", op.Values{"id": newID(), "user_id": r.Text("user_id"), "note_id": r.Text("id"), "created_at": at}); err != nil {
						return err
					}
				}
				return nil
			})
		})
		ops.DropColumn("note", "is_pinned", op.IfExists, op.Moved)
	},
	Downgrade: func(ops *op.Ops) {
		ops.AddColumn("note", op.Boolean("is_pinned").Null())
		ops.Execute("UPDATE {note} SET {is_pinned} = TRUE WHERE {id} IN (SELECT {note_id} FROM {pinned_note})").
			NoReverse("which user has pinned a note: one pin counts for all; and whether a note that is not pinned had false or no value: it has none")
		ops.DropTable("pinned_note")
	},
}
