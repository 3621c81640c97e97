package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

var rev51 = migrate.Revision{
	ID: "c49178636c78", Down: []string{"9a1b2c3d4e5f"}, Doc: "variables of chats", Path: "51_c49178636c78_chat_variables.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("chat", op.JSON("variables").Null(), op.IfNotExists)
	},
}
