package migrations

import (
	"context"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

const oauthRevision = "6d09d1bf1f23"

// A document of sign-in providers that was written into a string comes out of it.
var rev57 = migrate.Revision{
	ID: oauthRevision, Down: []string{"1ce6ade7d93b"}, Doc: "sign-in providers that were encoded twice", Path: "57_6d09d1bf1f23_repair_user_oauth.go",
	Upgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.Data("decode", func(ctx context.Context, d *op.Data) error {
			return d.Rows(ctx, op.Scan{Table: "user", Key: []string{"id"}, Columns: []string{"oauth"}, Where: "{oauth} IS NOT NULL"}, func(ctx context.Context, c *op.Chunk) error {
				for _, r := range c.Rows {
					text, ok := readString(r.Text("oauth"))
					if !ok {
						continue
					}
					doc, ok := readable(text)
					if !ok {
						continue
					}
					if _, ok := readObject(doc); !ok {
						continue
					}
					if err := keep(ctx, c, kept{oauthRevision, "user.oauth", r.Text("id"), "the document as it was", r.Text("oauth")}); err != nil {
						return err
					}
					if err := c.Update(ctx, r, op.Values{"oauth": doc}); err != nil {
						return err
					}
				}
				return nil
			})
		})
	},
	Downgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.Data("encode as it was", func(ctx context.Context, d *op.Data) error {
			err := d.Rows(ctx, op.Scan{Table: "user", Key: []string{"id"}, Columns: []string{"oauth"}, Where: "{oauth} IS NOT NULL"}, func(ctx context.Context, c *op.Chunk) error {
				for _, r := range c.Rows {
					was, found, err := recall(ctx, c, oauthRevision, "user.oauth", r.Text("id"))
					if err != nil {
						return err
					}
					if doc, _ := readString(was); !found || !sameJSON(doc, r.Text("oauth")) {
						continue
					}
					if err := c.Update(ctx, r, op.Values{"oauth": was}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			return forgetAll(ctx, d, oauthRevision, "user.oauth")
		})
	},
}
