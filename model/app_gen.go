// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package model

import "github.com/larder-db/larder/jsonvalue"

// App is a row of table app: programs that take part in channels.
type App struct {
	ID        string         `db:"id" json:"id"`                 // UUID, lower case
	Slug      string         `db:"slug" json:"slug"`             // name in addresses, unique
	Name      string         `db:"name" json:"name"`             // display name
	UserID    *string        `db:"user_id" json:"user_id"`       // the owner
	IsActive  bool           `db:"is_active" json:"is_active"`   // whether it is in use
	Data      jsonvalue.JSON `db:"data" json:"data"`             // settings of the app
	APIKey    *string        `db:"api_key" json:"api_key"`       // key of the app
	CreatedAt int64          `db:"created_at" json:"created_at"` // when the row was made (nanoseconds)
	UpdatedAt int64          `db:"updated_at" json:"updated_at"` // when the program last changed the row (nanoseconds)
}
