package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

var rev38 = migrate.Revision{
	ID: "e1f2a3b4c5d6", Down: []string{"b7c8d9e0f1a2"}, Doc: "pinned notes", Path: "38_e1f2a3b4c5d6_is_pinned_note.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("note", op.Boolean("is_pinned").Null(), op.IfNotExists)
	},
}
