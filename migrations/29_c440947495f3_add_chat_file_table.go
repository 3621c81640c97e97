package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

var rev29 = migrate.Revision{
	ID: "c440947495f3", Down: []string{"81cc2ce44d79"}, Doc: "files of chats", Path: "29_c440947495f3_add_chat_file_table.go",
	Upgrade: func(ops *op.Ops) {
		t := schema.Define("chat_file")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("user_id").Key(idKey)
		t.Text("chat_id").Key(idKey).References("chat", "id", schema.Cascade)
		t.Text("file_id").Key(idKey).References("file", "id", schema.Cascade)
		t.Text("message_id").Key(idKey).Null()
		t.BigInt("created_at")
		t.BigInt("updated_at")
		t.Unique("uq_chat_file_chat_file", "chat_id", "file_id")
		t.Index("ix_chat_file_chat_id", "chat_id")
		t.Index("ix_chat_file_file_id", "file_id")
		t.Index("ix_chat_file_message_id", "message_id")
		t.Index("ix_chat_file_user_id", "user_id")
		create(ops, t)
	},
}
