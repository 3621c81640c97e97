// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package model

import (
	"time"

	"github.com/larder-db/larder/jsonvalue"
)

// Config is a row of table config: settings, one row per dotted key; a row wins
// over the environment.
type Config struct {
	Key       string         `db:"key" json:"key"`               // dotted name: "ui.enable_signup"
	Value     jsonvalue.JSON `db:"value" json:"value"`           // JSON; null is a value
	UpdatedAt *int64         `db:"updated_at" json:"updated_at"` // when the program last changed the row (seconds)
}

// ConfigOld is a row of table config_old: dead; it held all settings as one
// document and stays as a backup.
type ConfigOld struct {
	ID        int64          `db:"id" json:"id"`                 // number
	Data      jsonvalue.JSON `db:"data" json:"data"`             // dead
	Version   int64          `db:"version" json:"version"`       // dead
	CreatedAt time.Time      `db:"created_at" json:"created_at"` // UTC
	UpdatedAt *time.Time     `db:"updated_at" json:"updated_at"` // UTC
}
