package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// Tables from before this history have a unique id in place of a primary key.
// Going back leaves the keys: tables that were made by this history had them.
var rev44 = migrate.Revision{
	ID: "461111b60977", Down: []string{"3c9b0ca343fd"}, Doc: "primary keys of the oldest tables", Path: "44_461111b60977_missing_primary_keys.go",
	Upgrade: func(ops *op.Ops) {
		for _, table := range []string{"auth", "chat", "chatidtag", "file", "function", "memory", "model", "prompt", "tool", "user"} {
			ops.Do(op.SetPrimaryKey{Table: table, IfMissing: true, Key: &schema.PrimaryKey{Name: "pk_" + table, Columns: []string{"id"}}})
		}
	},
	Downgrade: func(*op.Ops) {},
}
