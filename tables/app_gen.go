// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
)

// AppTable is the type of [App].
type AppTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	Slug      query.Column[string] // name in addresses, unique
	Name      query.Column[string] // display name
	UserID    query.Column[string] // the owner
	IsActive  query.Column[bool]   // whether it is in use
	Data      query.JSONColumn     // settings of the app
	APIKey    query.Column[string] // key of the app
	CreatedAt query.Column[int64]  // when the row was made (nanoseconds)
	UpdatedAt query.Column[int64]  // when the program last changed the row (nanoseconds)
}

// App is the table app: programs that take part in channels.
var App = AppTable{
	Table:     declared.App,
	ID:        query.ColumnOf[string](declared.App, "id"),
	Slug:      query.ColumnOf[string](declared.App, "slug"),
	Name:      query.ColumnOf[string](declared.App, "name"),
	UserID:    query.ColumnOf[string](declared.App, "user_id"),
	IsActive:  query.ColumnOf[bool](declared.App, "is_active"),
	Data:      query.JSONColumnOf(declared.App, "data"),
	APIKey:    query.ColumnOf[string](declared.App, "api_key"),
	CreatedAt: query.ColumnOf[int64](declared.App, "created_at"),
	UpdatedAt: query.ColumnOf[int64](declared.App, "updated_at"),
}
