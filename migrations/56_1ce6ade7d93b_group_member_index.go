package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

var rev56 = migrate.Revision{
	ID: "1ce6ade7d93b", Down: []string{"f0bd01a18a3d"}, Doc: "groups of a user are found faster", Path: "56_1ce6ade7d93b_group_member_index.go",
	Upgrade: func(ops *op.Ops) {
		index(ops, "group_member", "ix_group_member_user_id_group_id", "user_id", "group_id")
	},
}
