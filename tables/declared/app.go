package declared

import "github.com/larder-db/larder/schema"

// App is the table app.
var App = define("app", func(t *schema.Table) {
	t.Describe("programs that take part in channels.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("slug").Key(nameKey).Doc("name in addresses, unique")
	t.Text("name").Doc("display name")
	t.Text("user_id").Null().Doc("the owner")
	t.Boolean("is_active").Default(false).Doc("whether it is in use")
	t.JSON("data").Doc("settings of the app")
	t.Text("api_key").Null().Doc("key of the app")
	t.BigInt("created_at").Unit(schema.Nanoseconds).Doc(madeAt)
	t.BigInt("updated_at").Unit(schema.Nanoseconds).Doc(changedAt)
	t.Unique("", "slug")
})
