package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

var rev08 = migrate.Revision{
	ID: "c69f45358db4", Down: []string{"3ab32c4b8f59"}, Doc: "folders", Path: "08_c69f45358db4_add_folder_table.go",
	Upgrade: func(ops *op.Ops) {
		t := schema.Define("folder")
		t.Text("id").Key(idKey)
		t.Text("parent_id").Null()
		t.Text("user_id").Key(idKey)
		t.Text("name")
		t.JSON("items").Null()
		t.JSON("meta").Null()
		t.Boolean("is_expanded")
		t.DateTime("created_at").DefaultExpr(schema.Now)
		t.DateTime("updated_at").DefaultExpr(schema.Now)
		t.Primary("", "id", "user_id")
		ops.CreateTable(t, op.IfNotExists)
		ops.AddColumn("chat", op.Text("folder_id").Key(idKey).Null(), op.IfNotExists)
	},
}
