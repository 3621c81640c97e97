package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

var rev28 = migrate.Revision{
	ID: "81cc2ce44d79", Down: []string{"6283dc0e4d8d"}, Doc: "files of messages; knowledge bases have data again, which is empty", Path: "28_81cc2ce44d79_update_channel_file_and_knowledge.go",
	Upgrade: func(ops *op.Ops) {
		ops.Batch("channel_file", func(ops *op.Ops) {
			ops.AddColumn("channel_file", op.Text("message_id").Key(idKey).Null(), op.IfNotExists)
			ops.Do(op.AddForeignKey{Table: "channel_file", IfNotExists: true, ForeignKey: &schema.ForeignKey{
				Name: "fk_channel_file_message_id", Columns: []string{"message_id"}, RefTable: "message", RefColumns: []string{"id"}, OnDelete: schema.Cascade}})
		})
		ops.AddColumn("knowledge", op.JSON("data").Null(), op.IfNotExists)
	},
}
