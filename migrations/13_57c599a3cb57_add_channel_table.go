package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

var rev13 = migrate.Revision{
	ID: "57c599a3cb57", Down: []string{"922e7a387820"}, Doc: "channels", Path: "13_57c599a3cb57_add_channel_table.go",
	Upgrade: func(ops *op.Ops) {
		t := schema.Define("channel")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("user_id").Null()
		t.Text("name").Null()
		t.Text("description").Null()
		t.JSON("data").Null()
		t.JSON("meta").Null()
		t.JSON("access_control").Null()
		t.BigInt("created_at").Null()
		t.BigInt("updated_at").Null()
		t.Unique("", "id")
		ops.CreateTable(t, op.IfNotExists)

		t = schema.Define("message")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("user_id").Null()
		t.Text("channel_id").Null()
		t.Text("content").Null()
		t.JSON("data").Null()
		t.JSON("meta").Null()
		t.BigInt("created_at").Null()
		t.BigInt("updated_at").Null()
		t.Unique("", "id")
		ops.CreateTable(t, op.IfNotExists)
	},
}
