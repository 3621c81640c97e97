package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

var rev52 = migrate.Revision{
	ID: "b0018471bbbe", Down: []string{"c49178636c78"}, Doc: "variables of users", Path: "52_b0018471bbbe_user_variables.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("user", op.JSON("variables").Null(), op.IfNotExists)
	},
}
