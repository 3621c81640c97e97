package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

const messageRevision = "8452d01d26d7"

// Messages get rows, which are filled from the documents of the chats; see
// backfill.go. The indexes are made when the rows are there.
var rev31 = migrate.Revision{
	ID: messageRevision, Down: []string{promptRevision}, Doc: "messages of chats as rows", Path: "31_8452d01d26d7_add_chat_message_table.go",
	Upgrade: func(ops *op.Ops) {
		keepAside(ops)
		t := schema.Define("chat_message")
		t.Text("id").Key(messageKey).PrimaryKey()
		t.Text("chat_id").Key(idKey).References("chat", "id", schema.Cascade)
		t.Text("user_id").Key(idKey).Null()
		t.Text("role").Key(wordKey)
		t.Text("parent_id").Key(idKey).Null()
		t.JSON("content").Null()
		t.JSON("output").Null()
		t.Text("model_id").Key(modelKey).Null()
		t.JSON("files").Null()
		t.JSON("sources").Null()
		t.JSON("embeds").Null()
		t.Boolean("done").Null()
		t.JSON("status_history").Null()
		t.JSON("error").Null()
		t.JSON("usage").Null()
		t.BigInt("created_at").Null()
		t.BigInt("updated_at").Null()
		ops.CreateTable(t, op.IfNotExists)
		known(ops, "chat")
		ops.Data("messages of chats", backfill).Batched().NoReverse()
		index(ops, "chat_message", "ix_chat_message_chat_id", "chat_id")
		index(ops, "chat_message", "ix_chat_message_user_id", "user_id")
		index(ops, "chat_message", "ix_chat_message_model_id", "model_id")
		index(ops, "chat_message", "ix_chat_message_created_at", "created_at")
		index(ops, "chat_message", "chat_message_chat_parent_idx", "chat_id", "parent_id")
		index(ops, "chat_message", "chat_message_model_created_idx", "model_id", "created_at")
		index(ops, "chat_message", "chat_message_user_created_idx", "user_id", "created_at")
	},
	Downgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.DropTable("chat_message")
		ops.Execute("DELETE FROM {larder_kept} WHERE {revision} = ?", messageRevision)
	},
}
