package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

var rev19 = migrate.Revision{
	ID: "3af16a1c9fb6", Down: []string{"018012973d35"}, Doc: "profiles of users", Path: "19_3af16a1c9fb6_update_user_table.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("user", op.String("username", 50).Null(), op.IfNotExists)
		ops.AddColumn("user", op.Text("bio").Null(), op.IfNotExists)
		ops.AddColumn("user", op.Text("gender").Null(), op.IfNotExists)
		ops.AddColumn("user", op.Date("date_of_birth").Null(), op.IfNotExists)
	},
}
