package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

var rev46 = migrate.Revision{
	ID: "4c5ce3d2f27f", Down: []string{"3ff2c63645b8"}, Doc: "messages sum up what was said before them", Path: "46_4c5ce3d2f27f_context_summary.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("chat_message", op.Text("context_summary").Null(), op.IfNotExists)
	},
}
