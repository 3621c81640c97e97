package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

var rev15 = migrate.Revision{
	ID: "3781e22d8b01", Down: []string{"7826ab40b532"}, Doc: "threads, reactions and members of channels", Path: "15_3781e22d8b01_update_message_table.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("channel", op.Text("type").Null(), op.IfNotExists)
		ops.AddColumn("message", op.Text("parent_id").Null(), op.IfNotExists)

		t := schema.Define("message_reaction")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("user_id")
		t.Text("message_id")
		t.Text("name")
		t.BigInt("created_at").Null()
		t.Unique("", "id")
		ops.CreateTable(t, op.IfNotExists)

		t = schema.Define("channel_member")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("channel_id").Key(idKey)
		t.Text("user_id")
		t.BigInt("created_at").Null()
		t.Unique("", "id")
		ops.CreateTable(t, op.IfNotExists)
	},
}
