package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

var rev59 = migrate.Revision{
	ID: "a7d3e9f2b641", Down: []string{"d4c1a8e37b62"}, Doc: "a second factor to sign in", Path: "59_a7d3e9f2b641_mfa.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("auth", op.JSON("mfa").Null(), op.IfNotExists)
		ops.AddColumn("auth", op.Text("session_stamp").Null(), op.IfNotExists)
	},
}
