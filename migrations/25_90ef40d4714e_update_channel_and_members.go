package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

var rev25 = migrate.Revision{
	ID: "90ef40d4714e", Down: []string{keyRevision}, Doc: "private and archived channels, invitations, webhooks", Path: "25_90ef40d4714e_update_channel_and_members.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("channel", op.Boolean("is_private").Null(), op.IfNotExists)
		ops.AddColumn("channel", op.BigInt("archived_at").Null(), op.IfNotExists)
		ops.AddColumn("channel", op.Text("archived_by").Null(), op.IfNotExists)
		ops.AddColumn("channel", op.BigInt("deleted_at").Null(), op.IfNotExists)
		ops.AddColumn("channel", op.Text("deleted_by").Null(), op.IfNotExists)
		ops.AddColumn("channel", op.Text("updated_by").Null(), op.IfNotExists)
		ops.AddColumn("channel_member", op.Text("role").Null(), op.IfNotExists)
		ops.AddColumn("channel_member", op.Text("invited_by").Null(), op.IfNotExists)
		ops.AddColumn("channel_member", op.BigInt("invited_at").Null(), op.IfNotExists)

		t := schema.Define("channel_webhook")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("user_id")
		t.Text("channel_id").Key(idKey).References("channel", "id", schema.Cascade)
		t.Text("name")
		t.Text("profile_image_url").Null()
		t.Text("token")
		t.BigInt("last_used_at").Null()
		t.BigInt("created_at")
		t.BigInt("updated_at")
		t.Unique("", "id")
		ops.CreateTable(t, op.IfNotExists)
	},
}
