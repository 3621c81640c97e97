package own

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// What can be found of chats, and the index over it. All of it is made of the
// chats again where it is gone.
func rev02() migrate.Revision {
	const chat, segment, row = "larder_search_chat", "larder_search_segment", "larder_search_row"
	return migrate.Revision{
		ID: "5b0d3e91c4a8", Down: []string{"1f6a0c52d7e9"}, Doc: "an index over the texts of chats", Path: "02_5b0d3e91c4a8_search.go",
		Upgrade: func(ops *op.Ops) {
			t := schema.Define(chat)
			t.Text("chat_id").Key(idKey).PrimaryKey()
			t.Text("user_id").Key(idKey)
			t.BigInt("updated_at")
			t.BigInt("segment")
			t.BigInt("size")
			t.Bytes("text").Null()
			t.Index("larder_search_chat_user_idx", "user_id", "segment", "updated_at", "chat_id")
			ops.CreateTable(t)
			t = schema.Define(segment)
			t.BigInt("id").PrimaryKey()
			t.Text("user_id").Key(idKey)
			t.BigInt("bits")
			t.BigInt("records")
			t.Bytes("chats")
			t.Index("larder_search_segment_user_idx", "user_id")
			ops.CreateTable(t)
			t = schema.Define(row)
			t.BigInt("segment")
			t.BigInt("number")
			t.Bytes("data")
			t.Primary("", "segment", "number")
			ops.CreateTable(t)
		},
		Downgrade: func(ops *op.Ops) {
			ops.DropTable(row)
			ops.DropTable(segment)
			ops.DropTable(chat)
		},
	}
}
