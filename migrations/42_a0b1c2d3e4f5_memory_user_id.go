package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

var rev42 = migrate.Revision{
	ID: "a0b1c2d3e4f5", Down: []string{"4de81c2a3af1"}, Doc: "memories of a user are found faster", Path: "42_a0b1c2d3e4f5_memory_user_id.go",
	Upgrade: func(ops *op.Ops) { index(ops, "memory", "ix_memory_user_id", "user_id") },
}
