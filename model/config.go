package model

import "github.com/larder-db/larder/jsonvalue"

// Config is a row of table config: one setting.
type Config struct {
	Key       string         `db:"key" json:"key"`               // dotted name: "ui.enable_signup"
	Value     jsonvalue.JSON `db:"value" json:"value"`           // JSON null is a value
	UpdatedAt *int64         `db:"updated_at" json:"updated_at"` // seconds
}

// Validate reports what no engine can know to be wrong with the row.
func (c *Config) Validate() error { return key("config", "key", c.Key) }
