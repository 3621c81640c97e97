package migrations

import (
	"context"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// A user without a row to sign in with gets one, without a password.
var rev66 = migrate.Revision{
	ID: Head, Down: []string{appRevision}, Doc: "every user can be given a password", Path: "66_0bd252b206fb_missing_auth_rows.go",
	Upgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.Data("rows to sign in with", func(ctx context.Context, d *op.Data) error {
			scan := op.Scan{Table: "user", Key: []string{"id"}, Columns: []string{"email"}, Where: "NOT EXISTS (SELECT 1 FROM {auth} WHERE {auth}.{id} = {user}.{id})"}
			active := any(true)
			if d.Table("auth").Column("active").Type.Kind != schema.Boolean {
				active = 1 // a database from before this history
			}
			return d.Rows(ctx, scan, func(ctx context.Context, c *op.Chunk) error {
				for _, r := range c.Rows {
					row := op.Values{"id": r.Text("id"), "password": "", "active": active}
					if !r.Null("email") {
						row["email"] = r.Text("email")
					}
					if err := c.Insert(ctx, "auth", row); err != nil {
						return err
					}
					if err := keep(ctx, c, kept{Head, "auth", r.Text("id"), "the row was made by revision " + Head, ""}); err != nil {
						return err
					}
				}
				return nil
			})
		})
	},
	// Rows that have got a password since stay.
	Downgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.Data("take back rows without a password", func(ctx context.Context, d *op.Data) error {
			err := eachKept(ctx, d, Head, "auth", func(ctx context.Context, c *op.Chunk, k kept) error {
				_, err := op.Run(ctx, c, "DELETE FROM {auth} WHERE {id} = ? AND {password} = ''", k.key)
				return err
			})
			if err != nil {
				return err
			}
			return forgetAll(ctx, d, Head, "auth")
		})
	},
}
