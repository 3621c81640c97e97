package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

var rev10 = migrate.Revision{
	ID: "af906e964978", Down: []string{"c29facfe716b"}, Doc: "feedback", Path: "10_af906e964978_add_feedback_table.go",
	Upgrade: func(ops *op.Ops) {
		t := schema.Define("feedback")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("user_id").Null()
		t.BigInt("version").Null()
		t.Text("type").Null()
		t.JSON("data").Null()
		t.JSON("meta").Null()
		t.JSON("snapshot").Null()
		t.BigInt("created_at")
		t.BigInt("updated_at")
		ops.CreateTable(t, op.IfNotExists)
	},
}
