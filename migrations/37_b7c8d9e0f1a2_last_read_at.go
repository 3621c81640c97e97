package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

// Everything counts as read up to here.
var rev37 = migrate.Revision{
	ID: "b7c8d9e0f1a2", Down: []string{"d4e5f6a7b8c9"}, Doc: "when a chat was last read", Path: "37_b7c8d9e0f1a2_last_read_at.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("chat", op.BigInt("last_read_at").Null(), op.IfNotExists)
		ops.Execute("UPDATE {chat} SET {last_read_at} = {updated_at} WHERE {last_read_at} IS NULL").NoReverse()
	},
}
