package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

var rev47 = migrate.Revision{
	ID: "7b3f2a9c1d4e", Down: []string{"4c5ce3d2f27f"}, Doc: "kinds of memories", Path: "47_7b3f2a9c1d4e_memory_type.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("memory", op.String("type", 0).Key(wordKey).Default("context"), op.IfNotExists)
		index(ops, "memory", "ix_memory_type", "type")
	},
}
