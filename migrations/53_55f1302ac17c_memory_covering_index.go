package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

var rev53 = migrate.Revision{
	ID: "55f1302ac17c", Down: []string{"b0018471bbbe"}, Doc: "memories are found by id and user", Path: "53_55f1302ac17c_memory_covering_index.go",
	Upgrade: func(ops *op.Ops) {
		index(ops, "memory", "ix_memory_id_user_id", "id", "user_id")
	},
}
