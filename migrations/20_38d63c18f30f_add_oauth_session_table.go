package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

var rev20 = migrate.Revision{
	ID: "38d63c18f30f", Down: []string{"3af16a1c9fb6"}, Doc: "sessions with sign-in providers", Path: "20_38d63c18f30f_add_oauth_session_table.go",
	Upgrade: func(ops *op.Ops) {
		t := schema.Define("oauth_session")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("user_id").Key(idKey).References("user", "id", schema.Cascade)
		t.Text("provider").Key(nameKey)
		t.Text("token")
		t.BigInt("expires_at")
		t.BigInt("created_at")
		t.BigInt("updated_at")
		t.Unique("", "id")
		ops.CreateTable(t, op.IfNotExists)
		index(ops, "oauth_session", "idx_oauth_session_user_id", "user_id")
		index(ops, "oauth_session", "idx_oauth_session_expires_at", "expires_at")
		index(ops, "oauth_session", "idx_oauth_session_user_provider", "user_id", "provider")
	},
}
