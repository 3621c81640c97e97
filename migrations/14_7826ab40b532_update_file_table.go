package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

var rev14 = migrate.Revision{
	ID: "7826ab40b532", Down: []string{"57c599a3cb57"}, Doc: "who may use a file", Path: "14_7826ab40b532_update_file_table.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("file", op.JSON("access_control").Null(), op.IfNotExists)
	},
}
