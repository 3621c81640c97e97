package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

var rev16 = migrate.Revision{
	ID: "9f0c9cd09105", Down: []string{"3781e22d8b01"}, Doc: "notes", Path: "16_9f0c9cd09105_add_note_table.go",
	Upgrade: func(ops *op.Ops) {
		t := schema.Define("note")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("user_id").Null()
		t.Text("title").Null()
		t.JSON("data").Null()
		t.JSON("meta").Null()
		t.JSON("access_control").Null()
		t.BigInt("created_at").Null()
		t.BigInt("updated_at").Null()
		t.Unique("", "id")
		ops.CreateTable(t, op.IfNotExists)
	},
}
