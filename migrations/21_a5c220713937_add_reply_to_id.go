package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

var rev21 = migrate.Revision{
	ID: "a5c220713937", Down: []string{"38d63c18f30f"}, Doc: "answers to messages of a channel", Path: "21_a5c220713937_add_reply_to_id.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("message", op.Text("reply_to_id").Null(), op.IfNotExists)
	},
}
