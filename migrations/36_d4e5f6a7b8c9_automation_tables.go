package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

var rev36 = migrate.Revision{
	ID: "d4e5f6a7b8c9", Down: []string{"a3dd5bedd151"}, Doc: "automations", Path: "36_d4e5f6a7b8c9_automation_tables.go",
	Upgrade: func(ops *op.Ops) {
		t := schema.Define("automation")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("user_id").Key(idKey)
		t.Text("name")
		t.JSON("data")
		t.JSON("meta").Null()
		t.Boolean("is_active")
		t.BigInt("last_run_at").Null()
		t.BigInt("next_run_at").Null()
		t.BigInt("created_at")
		t.BigInt("updated_at")
		t.Index("ix_automation_next_run", "next_run_at")
		create(ops, t)

		t = schema.Define("automation_run")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("automation_id").Key(idKey)
		t.Text("chat_id").Null()
		t.Text("status")
		t.Text("error").Null()
		t.BigInt("created_at")
		t.Index("ix_automation_run_automation_id", "automation_id")
		create(ops, t)
	},
}
