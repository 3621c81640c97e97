package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

var rev49 = migrate.Revision{
	ID: "856c5b02fb54", Down: []string{"42e2978c7933"}, Doc: "messages have meta", Path: "49_856c5b02fb54_chat_message_meta.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("chat_message", op.JSON("meta").Null(), op.IfNotExists)
	},
}
