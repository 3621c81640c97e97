package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

var rev18 = migrate.Revision{
	ID: "018012973d35", Down: []string{"d31026856c01"}, Doc: "indexes for lists of chats", Path: "18_018012973d35_add_indexes.go",
	Upgrade: func(ops *op.Ops) {
		index(ops, "chat", "folder_id_idx", "folder_id")
		index(ops, "chat", "user_id_pinned_idx", "user_id", "pinned")
		index(ops, "chat", "user_id_archived_idx", "user_id", "archived")
		index(ops, "chat", "updated_at_user_id_idx", "updated_at", "user_id")
		index(ops, "chat", "folder_id_user_id_idx", "folder_id", "user_id")
		index(ops, "tag", "user_id_idx", "user_id")
		index(ops, "function", "is_global_idx", "is_global")
	},
}

// index makes an index over columns where there is none of that name.
func index(ops *op.Ops, table, name string, columns ...string) {
	ops.CreateIndex(table, schema.Define("").Index(name, columns...), op.IfNotExists)
}
