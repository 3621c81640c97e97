package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// Settings, all of them as one document; the row with the highest id counts.
var rev02 = migrate.Revision{
	ID: "ca81bd47c050", Down: []string{"7e5b5dc7342b"}, Doc: "settings", Path: "02_ca81bd47c050_add_config_table.go",
	Upgrade: func(ops *op.Ops) {
		t := schema.Define("config")
		t.Integer("id").Identity()
		t.JSON("data")
		t.Integer("version")
		t.DateTime("created_at").DefaultExpr(schema.Now)
		t.DateTime("updated_at").Null().DefaultExpr(schema.Now)
		t.Primary("", "id")
		ops.CreateTable(t, op.IfNotExists)
	},
}
