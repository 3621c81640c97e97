package declared

import "github.com/larder-db/larder/schema"

// Config is the table config.
var Config = define("config", func(t *schema.Table) {
	t.Describe("settings, one row per dotted key; a row wins over the environment.")
	t.Text("key").Key(configKey).Doc(`dotted name: "ui.enable_signup"`)
	t.JSON("value").Doc("JSON; null is a value")
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc(changedAt)
	t.Primary("", "key")
	t.On(schema.ConstraintNames).KeyName = "config_pkey1"
})

// ConfigOld is the table config_old.
var ConfigOld = define("config_old", func(t *schema.Table) {
	t.Describe("dead; it held all settings as one document and stays as a backup.")
	t.Integer("id").Identity().Doc("number")
	t.JSON("data").Doc("dead")
	t.Integer("version").Doc("dead")
	t.DateTime("created_at").DefaultExpr(schema.NowSeconds).Doc("UTC")
	t.DateTime("updated_at").Null().DefaultExpr(schema.NowSeconds).Doc("UTC")
	t.Primary("", "id")
	t.On(schema.ConstraintNames).KeyName = "config_pkey"
	t.Column("id").Identity.Sequence = "config_id_seq"
})
