package own

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// Sessions that were signed out, for every server on the database.
func rev03() migrate.Revision {
	const name = "larder_ended_session"
	return migrate.Revision{
		ID: "c2f47ab0916d", Down: []string{"5b0d3e91c4a8"}, Doc: "sessions that were signed out", Path: "03_c2f47ab0916d_ended_session.go",
		Upgrade: func(ops *op.Ops) {
			t := schema.Define(name)
			t.Text("token").Key(tokenKey).PrimaryKey()
			t.BigInt("until")
			t.Index("larder_ended_session_until_idx", "until")
			ops.CreateTable(t)
		},
		Downgrade: func(ops *op.Ops) { ops.DropTable(name) },
	}
}
