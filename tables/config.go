package tables

import (
	"time"

	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// ConfigTable is the type of [Config].
type ConfigTable struct {
	Table     *schema.Table
	Key       query.Column[string] // dotted name
	Value     query.JSONColumn     // JSON; null is a value
	UpdatedAt query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
}

// Config is the table config: settings, one row per dotted key; a row wins over the environment.
var Config = defineConfig()

func defineConfig() ConfigTable {
	t := schema.Define("config").Describe("settings, one row per dotted key; a row wins over the environment.")
	c := ConfigTable{
		Table:     t,
		Key:       query.Col[string](t.Text("key").Key(configKey).Doc("dotted name")),
		Value:     query.JSONCol(t.JSON("value").Doc("JSON; null is a value")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
	}
	t.Primary("", "key")
	t.PrimaryKey.Invented = "config_pkey1"
	return c
}

// ConfigOldTable is the type of [ConfigOld].
type ConfigOldTable struct {
	Table     *schema.Table
	ID        query.Column[int64]     // number
	Data      query.JSONColumn        // dead
	Version   query.Column[int64]     // dead
	CreatedAt query.Column[time.Time] // UTC
	UpdatedAt query.Column[time.Time] // UTC
}

// ConfigOld is the table config_old: dead; it held all settings as one document and stays as a backup.
var ConfigOld = defineConfigOld()

func defineConfigOld() ConfigOldTable {
	t := schema.Define("config_old").Describe("dead; it held all settings as one document and stays as a backup.")
	c := ConfigOldTable{
		Table:     t,
		ID:        query.Col[int64](t.Integer("id").Identity().Doc("number")),
		Data:      query.JSONCol(t.JSON("data").Doc("dead")),
		Version:   query.Col[int64](t.Integer("version").Doc("dead")),
		CreatedAt: query.Col[time.Time](t.DateTime("created_at").DefaultExpr(schema.Now).Doc("UTC")),
		UpdatedAt: query.Col[time.Time](t.DateTime("updated_at").Null().DefaultExpr(schema.Now).Doc("UTC")),
	}
	t.Primary("", "id")
	t.PrimaryKey.Invented = "config_pkey"
	t.Column("id").Identity.Sequence = "config_id_seq"
	return c
}
