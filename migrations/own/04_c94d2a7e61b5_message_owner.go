package own

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// Whose chats messages wait for is found without reading the chats. Messages that
// wait already have no owner here: with them the time of the chat was written, too.
func rev04() migrate.Revision {
	const name, index = "larder_message", "larder_message_user_idx"
	return migrate.Revision{
		ID: "c94d2a7e61b5", Down: []string{"c2f47ab0916d"}, Doc: "whose messages wait", Path: "04_c94d2a7e61b5_message_owner.go",
		Upgrade: func(ops *op.Ops) {
			ops.AddColumn(name, op.Text("user_id").Key(idKey).Null())
			ops.CreateIndex(name, schema.Define("").Index(index, "user_id", "chat_id", "at"))
		},
		Downgrade: func(ops *op.Ops) {
			ops.DropIndex(name, index)
			ops.DropColumn(name, "user_id")
		},
	}
}
