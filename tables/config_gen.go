// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package tables

import (
	"time"

	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
)

// ConfigTable is the type of [Config].
type ConfigTable struct {
	Table     *schema.Table
	Key       query.Column[string] // dotted name: "ui.enable_signup"
	Value     query.JSONColumn     // JSON; null is a value
	UpdatedAt query.Column[int64]  // when the program last changed the row (seconds)
}

// Config is the table config: settings, one row per dotted key; a row wins over
// the environment.
var Config = ConfigTable{
	Table:     declared.Config,
	Key:       query.ColumnOf[string](declared.Config, "key"),
	Value:     query.JSONColumnOf(declared.Config, "value"),
	UpdatedAt: query.ColumnOf[int64](declared.Config, "updated_at"),
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

// ConfigOld is the table config_old: dead; it held all settings as one document
// and stays as a backup.
var ConfigOld = ConfigOldTable{
	Table:     declared.ConfigOld,
	ID:        query.ColumnOf[int64](declared.ConfigOld, "id"),
	Data:      query.JSONColumnOf(declared.ConfigOld, "data"),
	Version:   query.ColumnOf[int64](declared.ConfigOld, "version"),
	CreatedAt: query.ColumnOf[time.Time](declared.ConfigOld, "created_at"),
	UpdatedAt: query.ColumnOf[time.Time](declared.ConfigOld, "updated_at"),
}
