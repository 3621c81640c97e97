package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

var rev03 = migrate.Revision{
	ID: "c0fbf31ca0db", Down: []string{"ca81bd47c050"}, Doc: "files get a hash, data and a time of change", Path: "03_c0fbf31ca0db_update_file_table.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("file", op.Text("hash").Null(), op.IfNotExists)
		ops.AddColumn("file", op.JSON("data").Null(), op.IfNotExists)
		ops.AddColumn("file", op.BigInt("updated_at").Null(), op.IfNotExists)
	},
}
