package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

var rev54 = migrate.Revision{
	ID: "959eaac8f909", Down: []string{"55f1302ac17c"}, Doc: "automations lie in folders", Path: "54_959eaac8f909_automation_folder_id.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("automation", op.Text("folder_id").Key(idKey).Null(), op.IfNotExists)
		index(ops, "automation", "ix_automation_user_folder", "user_id", "folder_id")
	},
}
