package migrate_test

import (
	"context"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// bulky is a history with a data step over many rows, which are there when it
// begins.
func bulky() []migrate.Revision {
	t := schema.Define("item")
	t.BigInt("id").PrimaryKey()
	t.Text("body")
	return []migrate.Revision{
		{ID: "b1", Upgrade: func(ops *op.Ops) { ops.CreateTable(t) }},
		{ID: "b2", Down: []string{"b1"}, Upgrade: func(ops *op.Ops) {
			ops.AddColumn("item", op.BigInt("size").Null())
			ops.Data("measure", func(ctx context.Context, d *op.Data) error {
				return d.Rows(ctx, op.Scan{Table: "item", Columns: []string{"body"}, Size: 2000}, func(ctx context.Context, c *op.Chunk) error {
					for _, r := range c.Rows {
						if err := c.Update(ctx, r, op.Values{"size": int64(len(r.Text("body")))}); err != nil {
							return err
						}
					}
					return nil
				})
			}).Batched().NoReverse()
		}},
	}
}
