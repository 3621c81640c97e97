package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

var rev33 = migrate.Revision{
	ID: "a1b2c3d4e5f6", Down: []string{grantRevision}, Doc: "skills", Path: "33_a1b2c3d4e5f6_add_skill_table.go",
	Upgrade: func(ops *op.Ops) {
		t := schema.Define("skill")
		t.String("id", 0).Key(modelKey).PrimaryKey()
		t.String("user_id", 0).Key(idKey)
		t.Text("name").Key(nameKey)
		t.Text("description").Null()
		t.Text("content")
		t.JSON("meta").Null()
		t.Boolean("is_active")
		t.BigInt("updated_at")
		t.BigInt("created_at")
		t.Unique("", "name")
		t.Index("idx_skill_user_id", "user_id")
		t.Index("idx_skill_updated_at", "updated_at")
		create(ops, t)
	},
}
