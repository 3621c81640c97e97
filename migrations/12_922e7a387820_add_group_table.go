package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

var rev12 = migrate.Revision{
	ID: "922e7a387820", Down: []string{"4ace53fd72c8"}, Doc: "groups, and who may use what", Path: "12_922e7a387820_add_group_table.go",
	Upgrade: func(ops *op.Ops) {
		t := schema.Define("group")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("user_id").Null()
		t.Text("name").Null()
		t.Text("description").Null()
		t.JSON("data").Null()
		t.JSON("meta").Null()
		t.JSON("permissions").Null()
		t.JSON("user_ids").Null()
		t.BigInt("created_at").Null()
		t.BigInt("updated_at").Null()
		t.Unique("", "id")
		ops.CreateTable(t, op.IfNotExists)
		ops.AddColumn("model", op.JSON("access_control").Null(), op.IfNotExists)
		ops.AddColumn("model", op.Boolean("is_active").Default(true), op.IfNotExists)
		ops.AddColumn("knowledge", op.JSON("access_control").Null(), op.IfNotExists)
		ops.AddColumn("prompt", op.JSON("access_control").Null(), op.IfNotExists)
		ops.AddColumn("tool", op.JSON("access_control").Null(), op.IfNotExists)
	},
}
