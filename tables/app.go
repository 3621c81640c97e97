package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
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
	UpdatedAt query.Column[int64]  // when the row was last changed; set by the program, never by the database (nanoseconds)
}

// App is the table app: programs that take part in channels.
var App = defineApp()

func defineApp() AppTable {
	t := schema.Define("app").Describe("programs that take part in channels.")
	c := AppTable{
		Table:     t,
		ID:        query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		Slug:      query.Col[string](t.Text("slug").Key(nameKey).Doc("name in addresses, unique")),
		Name:      query.Col[string](t.Text("name").Doc("display name")),
		UserID:    query.Col[string](t.Text("user_id").Null().Doc("the owner")),
		IsActive:  query.Col[bool](t.Boolean("is_active").Default(false).Doc("whether it is in use")),
		Data:      query.JSONCol(t.JSON("data").Doc("settings of the app")),
		APIKey:    query.Col[string](t.Text("api_key").Null().Doc("key of the app")),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Unit(schema.Nanoseconds).Doc("when the row was made")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Unit(schema.Nanoseconds).Doc("when the row was last changed; set by the program, never by the database")),
	}
	t.Unique("", "slug")
	return c
}
