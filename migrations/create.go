package migrations

import (
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// create makes a table where there is none of that name, and its indexes one
// by one: one that another program has made, and was cut off behind it, may
// lack some of them.
func create(ops *op.Ops, t *schema.Table) {
	bare := t.Clone()
	bare.Indexes = nil
	ops.CreateTable(bare, op.IfNotExists)
	for _, i := range t.Indexes {
		ops.CreateIndex(t.Name, i, op.IfNotExists)
	}
}
