package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// The times of folders become seconds since 1970, like all others; what was a
// fraction of a second goes.
var rev11 = migrate.Revision{
	ID: "4ace53fd72c8", Down: []string{"af906e964978"}, Doc: "times of folders are seconds", Path: "11_4ace53fd72c8_update_folder_table_datetime.go",
	Upgrade: func(ops *op.Ops) {
		ops.Batch("folder", func(ops *op.Ops) {
			ops.AlterColumn("folder", "created_at").Type(schema.Type{Kind: schema.BigInt}).NoDefault()
			ops.AlterColumn("folder", "updated_at").Type(schema.Type{Kind: schema.BigInt}).NoDefault()
		})
	},
}
