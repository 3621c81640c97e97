package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

// Rev3f2a9c1d4e5b is a revision: add new_field.
var Rev3f2a9c1d4e5b = migrate.Revision{
	ID:   "3f2a9c1d4e5b",
	Down: []string{"1f0c2d7a9b34"},
	Doc:  "add new_field",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("users", op.String("new_field", 255).Null())
	},
	Downgrade: func(ops *op.Ops) {
		ops.DropColumn("users", "new_field")
	},
}

func (revisions) Rev3f2a9c1d4e5b() migrate.Revision { return Rev3f2a9c1d4e5b }
