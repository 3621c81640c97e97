package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

var rev34 = migrate.Revision{
	ID: "b2c3d4e5f6a7", Down: []string{"a1b2c3d4e5f6"}, Doc: "users by provisioning", Path: "34_b2c3d4e5f6a7_add_scim_column.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("user", op.JSON("scim").Null(), op.IfNotExists)
	},
}
