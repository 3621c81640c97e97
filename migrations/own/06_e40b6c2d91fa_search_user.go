package own

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// What is kept of each user's chats, counted, so that a search need not count it. The
// rows come when the index is next looked at.
func rev06() migrate.Revision {
	const name = "larder_search_user"
	return migrate.Revision{
		ID: "e40b6c2d91fa", Down: []string{"7d3e81f0b5a6"}, Doc: "the texts of the search, counted",
		Path: "06_e40b6c2d91fa_search_user.go",
		Upgrade: func(ops *op.Ops) {
			t := schema.Define(name)
			t.Text("user_id").Key(idKey).PrimaryKey()
			t.BigInt("chats")
			t.BigInt("updated_at")
			ops.CreateTable(t)
		},
		Downgrade: func(ops *op.Ops) { ops.DropTable(name) },
	}
}
