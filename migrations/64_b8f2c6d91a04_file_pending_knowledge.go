package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// Files that wait for their knowledge base are found faster, where JSON has
// operators.
var rev64 = migrate.Revision{
	ID: "b8f2c6d91a04", Down: []string{"f8c0e5b134cd"}, Doc: "files that wait for their knowledge base", Path: "64_b8f2c6d91a04_file_pending_knowledge.go",
	Upgrade: func(ops *op.Ops) {
		ops.CreateIndex("file", &schema.Index{
			Name:  "file_pending_knowledge_idx",
			Parts: []schema.IndexPart{{Expr: "({meta} -> 'data') ->> 'knowledge_id'"}},
			Where: "({data} ->> 'status') IN ('pending', 'processing')",
			Needs: schema.NativeJSON,
		}, op.IfNotExists)
	},
	Downgrade: func(ops *op.Ops) { ops.DropIndex("file", "file_pending_knowledge_idx", op.IfExists) },
}
