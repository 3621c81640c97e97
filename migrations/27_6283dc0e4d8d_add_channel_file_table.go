package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

var rev27 = migrate.Revision{
	ID: "6283dc0e4d8d", Down: []string{baseRevision}, Doc: "files of channels", Path: "27_6283dc0e4d8d_add_channel_file_table.go",
	Upgrade: func(ops *op.Ops) {
		t := schema.Define("channel_file")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("user_id").Key(idKey)
		t.Text("channel_id").Key(idKey).References("channel", "id", schema.Cascade)
		t.Text("file_id").Key(idKey).References("file", "id", schema.Cascade)
		t.BigInt("created_at")
		t.BigInt("updated_at")
		t.Unique("uq_channel_file_channel_file", "channel_id", "file_id")
		t.Index("ix_channel_file_channel_id", "channel_id")
		t.Index("ix_channel_file_file_id", "file_id")
		t.Index("ix_channel_file_user_id", "user_id")
		create(ops, t)
	},
}
