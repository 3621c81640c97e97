package tables

import (
	"github.com/larder-db/larder/schema"
)

// Config is the table config: settings, one row per dotted key; a row wins over the environment.
var Config = defineConfig()

func defineConfig() *schema.Table {
	t := schema.Define("config").Describe("settings, one row per dotted key; a row wins over the environment.")
	t.Text("key").Key(configKey).Doc("dotted name")
	t.JSON("value").Doc("JSON; null is a value")
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")
	t.Primary("", "key")
	t.PrimaryKey.Invented = "config_pkey1"
	return t
}

// ConfigOld is the table config_old: dead: the settings of old versions as one document, kept as a backup.
var ConfigOld = defineConfigOld()

func defineConfigOld() *schema.Table {
	t := schema.Define("config_old").Describe("dead: the settings of old versions as one document, kept as a backup.")
	t.Integer("id").Identity().Doc("number")
	t.JSON("data").Doc("dead")
	t.Integer("version").Doc("dead")
	t.DateTime("created_at").DefaultExpr(schema.Now).Doc("UTC")
	t.DateTime("updated_at").Null().DefaultExpr(schema.Now).Doc("UTC")
	t.Primary("", "id")
	t.PrimaryKey.Invented = "config_pkey"
	t.Column("id").Identity.Sequence = "config_id_seq"
	return t
}
