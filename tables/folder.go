package tables

import (
	"github.com/larder-db/larder/schema"
)

// Folder is the table folder: folders of chats, a tree per user; the id is unique per user.
var Folder = defineFolder()

func defineFolder() *schema.Table {
	t := schema.Define("folder").Describe("folders of chats, a tree per user; the id is unique per user.")
	t.Text("id").Key(idKey).Doc("UUID, lower case")
	t.Text("parent_id").Null().Doc("the folder above; NULL for the top")
	t.Text("user_id").Key(idKey).Doc("the owner")
	t.Text("name").Doc("display name")
	t.JSON("items").Null().Doc("dead")
	t.JSON("meta").Null().Doc("further properties")
	t.Boolean("is_expanded").Doc("whether the tree shows what is inside")
	t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")
	t.BigInt("updated_at").Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")
	t.JSON("data").Null().Doc("system prompt, files")
	t.Primary("", "id", "user_id")
	return t
}
