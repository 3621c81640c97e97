package declared

import "github.com/larder-db/larder/schema"

// Folder is the table folder.
var Folder = define("folder", func(t *schema.Table) {
	t.Describe("folders of chats, a tree per user; the id is unique per user.")
	t.Text("id").Key(idKey).Doc("UUID, lower case")
	t.Text("parent_id").Null().Doc("the folder above; NULL for the top")
	t.Text("user_id").Key(idKey).Doc("the owner")
	t.Text("name").Doc("display name")
	t.JSON("items").Null().Doc("dead")
	t.JSON("meta").Null().Doc("further properties")
	t.Boolean("is_expanded").Doc("whether the tree shows what is inside")
	t.BigInt("created_at").Unit(schema.Seconds).Doc(madeAt)
	t.BigInt("updated_at").Unit(schema.Seconds).Doc(changedAt)
	t.JSON("data").Null().Doc("system prompt, files")
	t.Primary("", "id", "user_id")
})
