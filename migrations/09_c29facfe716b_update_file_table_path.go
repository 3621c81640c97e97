package migrations

import (
	"context"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// What is known of a file becomes JSON, and its path gets a column.
var rev09 = migrate.Revision{
	ID: "c29facfe716b", Down: []string{"c69f45358db4"}, Doc: "files get a path, and their meta is JSON", Path: "09_c29facfe716b_update_file_table_path.go",
	Upgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.Data("keep what is no JSON", keepBadJSON("c29facfe716b", "file", "id", nil, "meta"))
		ops.Batch("file", func(ops *op.Ops) {
			// Tables from before this history have it not null.
			ops.AlterColumn("file", "meta").Type(schema.Type{Kind: schema.JSON}).Null()
			ops.AddColumn("file", op.Text("path").Null(), op.IfNotExists)
		})
		ops.Data("paths", func(ctx context.Context, d *op.Data) error {
			return d.Rows(ctx, op.Scan{Table: "file", Key: []string{"id"}, Columns: []string{"meta"}, Where: "{path} IS NULL"}, func(ctx context.Context, c *op.Chunk) error {
				for _, r := range c.Rows {
					meta, _ := readObject(r.Text("meta"))
					path, ok := scalarText(meta.Get("path"))
					if !ok || !plainText(path) {
						continue
					}
					if err := c.Update(ctx, r, op.Values{"path": path}); err != nil {
						return err
					}
				}
				return nil
			})
		}).NoReverse()
	},
	Downgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.Batch("file", func(ops *op.Ops) {
			ops.AlterColumn("file", "meta").Type(schema.Type{Kind: schema.Text})
			ops.DropColumn("file", "path")
		})
		ops.Data("put back what is no JSON", putBack("c29facfe716b", "file", "meta", ""))
	},
}
