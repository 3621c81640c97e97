package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

// Members have joined a channel when their row was made.
var rev23 = migrate.Revision{
	ID: "2f1211949ecc", Down: []string{memberRevision}, Doc: "what a member of a channel has seen; pinned messages", Path: "23_2f1211949ecc_update_message_and_channel_member.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("channel_member", op.Text("status").Null(), op.IfNotExists)
		ops.AddColumn("channel_member", op.Boolean("is_active").Default(true), op.IfNotExists)
		ops.AddColumn("channel_member", op.Boolean("is_channel_muted").Default(false), op.IfNotExists)
		ops.AddColumn("channel_member", op.Boolean("is_channel_pinned").Default(false), op.IfNotExists)
		ops.AddColumn("channel_member", op.JSON("data").Null(), op.IfNotExists)
		ops.AddColumn("channel_member", op.JSON("meta").Null(), op.IfNotExists)
		ops.AddColumn("channel_member", op.BigInt("joined_at"), op.IfNotExists).Fill("coalesce({created_at}, 0)")
		ops.AddColumn("channel_member", op.BigInt("left_at").Null(), op.IfNotExists)
		ops.AddColumn("channel_member", op.BigInt("last_read_at").Null(), op.IfNotExists)
		ops.AddColumn("channel_member", op.BigInt("updated_at").Null(), op.IfNotExists)
		ops.AddColumn("message", op.Boolean("is_pinned").Default(false), op.IfNotExists)
		ops.AddColumn("message", op.BigInt("pinned_at").Null(), op.IfNotExists)
		ops.AddColumn("message", op.Text("pinned_by").Null(), op.IfNotExists)
	},
}
