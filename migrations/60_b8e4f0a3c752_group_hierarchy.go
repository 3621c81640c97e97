package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

var rev60 = migrate.Revision{
	ID: "b8e4f0a3c752", Down: []string{"a7d3e9f2b641"}, Doc: "groups within groups", Path: "60_b8e4f0a3c752_group_hierarchy.go",
	Upgrade: func(ops *op.Ops) {
		ops.Batch("group", func(ops *op.Ops) {
			ops.AddColumn("group", op.Text("parent_group_id").Key(idKey).Null(), op.IfNotExists)
			ops.Do(op.AddForeignKey{Table: "group", IfNotExists: true, ForeignKey: &schema.ForeignKey{
				Name: "fk_group_parent", Columns: []string{"parent_group_id"}, RefTable: "group", RefColumns: []string{"id"}, OnDelete: schema.SetNull}})
			index(ops, "group", "ix_group_parent_group_id", "parent_group_id")
		})
	},
}
