package migrations

import (
	"context"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

// A tag's id is unique for its user from here on. Tags of other users that had
// to wait for that come back.
var rev07 = migrate.Revision{
	ID: "3ab32c4b8f59", Down: []string{tagRevision}, Doc: "a tag belongs to its user", Path: "07_3ab32c4b8f59_update_tags.go",
	Upgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.Data("keep tags of nobody", func(ctx context.Context, d *op.Data) error {
			return d.Rows(ctx, op.Scan{Table: "tag", Key: []string{"id"}, Columns: []string{"name"}, Where: "{user_id} IS NULL"}, func(ctx context.Context, c *op.Chunk) error {
				for _, r := range c.Rows {
					was := members("name", textOrNull(r, "name"))
					if err := keep(ctx, c, kept{"3ab32c4b8f59", "tag without user", r.Text("id"), "the tag belongs to nobody", written(was)}); err != nil {
						return err
					}
					if err := c.Delete(ctx, r); err != nil {
						return err
					}
				}
				return nil
			})
		}).NoReverse()
		ops.Batch("tag", func(ops *op.Ops) {
			// Databases from before this history have it in place of a key.
			ops.DropIndex("tag", "tag_id", op.IfExists)
			ops.SetPrimaryKey("tag", "pk_id_user_id", "id", "user_id")
			ops.Do(op.DropUnique{Table: "tag", Name: "uq_id_user_id", Columns: []string{"id", "user_id"}, IfExists: true})
		})
		ops.Data("tags of other users come back", tagsOfOthers)
	},
	Downgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.Data("tags of other users step aside", tagsStepAside)
		ops.Batch("tag", func(ops *op.Ops) {
			ops.SetPrimaryKey("tag", "", "id")
			ops.AlterColumn("tag", "user_id").Null()
			ops.AddUnique("tag", "uq_id_user_id", "id", "user_id")
		})
		ops.Data("tags of nobody come back", func(ctx context.Context, d *op.Data) error {
			err := eachKept(ctx, d, "3ab32c4b8f59", "tag without user", func(ctx context.Context, c *op.Chunk, k kept) error {
				there, err := op.Get(ctx, c, "SELECT {id} FROM {tag} WHERE {id} = ?", k.key)
				if err != nil || len(there) > 0 {
					return err
				}
				o, _ := readObject(k.value)
				row := op.Values{"id": k.key}
				if s, ok := readString(o.Get("name")); ok {
					row["name"] = s
				}
				return c.Insert(ctx, "tag", row)
			})
			if err != nil {
				return err
			}
			return forgetAll(ctx, d, "3ab32c4b8f59", "tag without user")
		})
	},
}

func tagsOfOthers(ctx context.Context, d *op.Data) error {
	err := eachKept(ctx, d, tagRevision, "tag of others", func(ctx context.Context, c *op.Chunk, k kept) error {
		o, _ := readObject(k.value)
		row := op.Values{}
		for _, col := range []string{"id", "name", "user_id", "meta"} {
			if s, ok := readString(o.Get(col)); ok {
				row[col] = s
			}
		}
		there, err := op.Get(ctx, c, "SELECT {id} FROM {tag} WHERE {id} = ? AND {user_id} = ?", row["id"], row["user_id"])
		if err != nil || len(there) > 0 {
			return err
		}
		return c.Insert(ctx, "tag", row)
	})
	if err != nil {
		return err
	}
	return forgetAll(ctx, d, tagRevision, "tag of others")
}

// tagsStepAside leaves one tag of each id, that of the first user.
func tagsStepAside(ctx context.Context, d *op.Data) error {
	scan := op.Scan{Table: "tag", Key: []string{"id", "user_id"}, Columns: []string{"name", "meta"}}
	scan.Where = "EXISTS (SELECT 1 FROM {tag} {o} WHERE {o}.{id} = {tag}.{id} AND {o}.{user_id} < {tag}.{user_id})"
	var list []kept
	err := d.Rows(ctx, scan, func(ctx context.Context, c *op.Chunk) error {
		for _, r := range c.Rows {
			o := members("id", quote(r.Text("id")), "name", textOrNull(r, "name"), "user_id", quote(r.Text("user_id")), "meta", textOrNull(r, "meta"))
			k := kept{tagRevision, "tag of others", quote(r.Text("id")) + quote(r.Text("user_id")), "another user has a tag of this name, and an id is unique until the next revision", written(o)}
			if err := keep(ctx, c, k); err != nil {
				return err
			}
			list = append(list, kept{key: r.Text("id"), value: r.Text("user_id")})
		}
		return nil
	})
	if err != nil {
		return err
	}
	// Deleted at the end: the scan looks for the others of an id as it goes.
	for _, k := range list {
		if _, err := op.Run(ctx, d, "DELETE FROM {tag} WHERE {id} = ? AND {user_id} = ?", k.key, k.value); err != nil {
			return err
		}
	}
	return nil
}
