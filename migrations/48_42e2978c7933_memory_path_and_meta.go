package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

var rev48 = migrate.Revision{
	ID: "42e2978c7933", Down: []string{"7b3f2a9c1d4e"}, Doc: "memories have a path and meta", Path: "48_42e2978c7933_memory_path_and_meta.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("memory", op.Text("path").Null(), op.IfNotExists)
		ops.AddColumn("memory", op.JSON("meta").Null(), op.IfNotExists)
	},
}
