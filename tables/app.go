package tables

import (
	"github.com/larder-db/larder/schema"
)

// App is the table app: programs that take part in channels.
var App = defineApp()

func defineApp() *schema.Table {
	t := schema.Define("app").Describe("programs that take part in channels.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("slug").Key(nameKey).Doc("name in addresses, unique")
	t.Text("name").Doc("display name")
	t.Text("user_id").Null().Doc("the owner")
	t.Boolean("is_active").Default(false).Doc("whether it is in use")
	t.JSON("data").Doc("settings of the app")
	t.Text("api_key").Null().Doc("key of the app")
	t.BigInt("created_at").Unit(schema.Nanoseconds).Doc("when the row was made")
	t.BigInt("updated_at").Unit(schema.Nanoseconds).Doc("when the row was last changed; set by the program, never by the database")
	t.Unique("", "slug")
	return t
}
