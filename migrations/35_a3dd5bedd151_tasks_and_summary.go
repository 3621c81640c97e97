package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

var rev35 = migrate.Revision{
	ID: "a3dd5bedd151", Down: []string{"b2c3d4e5f6a7"}, Doc: "tasks and summaries of chats", Path: "35_a3dd5bedd151_tasks_and_summary.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("chat", op.JSON("tasks").Null(), op.IfNotExists)
		ops.AddColumn("chat", op.Text("summary").Null(), op.IfNotExists)
	},
}
