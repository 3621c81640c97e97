package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// Rev1f0c2d7a9b34 is a revision: create users.
var Rev1f0c2d7a9b34 = migrate.Revision{
	ID:  "1f0c2d7a9b34",
	Doc: "create users",
	Upgrade: func(ops *op.Ops) {
		users := schema.Define("users")
		users.String("id", 36).PrimaryKey()
		users.String("email", 255).Null().Unique()
		users.String("name", 255).Null()
		users.JSON("settings").Null()
		users.BigInt("created_at").Null()
		users.BigInt("updated_at").Null()
		ops.CreateTable(users)
	},
	Downgrade: func(ops *op.Ops) {
		ops.DropTable("users")
	},
}

func (revisions) Rev1f0c2d7a9b34() migrate.Revision { return Rev1f0c2d7a9b34 }
