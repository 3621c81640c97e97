package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

var rev17 = migrate.Revision{
	ID: "d31026856c01", Down: []string{"9f0c9cd09105"}, Doc: "folders have data", Path: "17_d31026856c01_update_folder_table_data.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("folder", op.JSON("data").Null(), op.IfNotExists)
	},
}
