package migrations

import (
	"context"
	"strings"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

const keyRevision = "b10670c03dd5"

// Users get a larger profile; the key for the API moves to a table of its own,
// and the name at a sign-in provider into a document by provider.
var rev24 = migrate.Revision{
	ID: keyRevision, Down: []string{"2f1211949ecc"}, Doc: "profiles, API keys and sign-in providers of users", Path: "24_b10670c03dd5_update_user_table.go",
	Upgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.AddColumn("user", op.Text("profile_banner_image_url").Null(), op.IfNotExists)
		ops.AddColumn("user", op.String("timezone", 0).Null(), op.IfNotExists)
		ops.AddColumn("user", op.String("presence_state", 0).Null(), op.IfNotExists)
		ops.AddColumn("user", op.String("status_emoji", 0).Null(), op.IfNotExists)
		ops.AddColumn("user", op.Text("status_message").Null(), op.IfNotExists)
		ops.AddColumn("user", op.BigInt("status_expires_at").Null(), op.IfNotExists)
		ops.AddColumn("user", op.JSON("oauth").Null(), op.IfNotExists)
		for _, c := range []string{"info", "settings"} {
			// What an upgrade by Open WebUI leaves when it is cut off.
			ops.Do(op.RenameColumn{Table: "user", From: c + "_json", To: c, IfExists: true})
			ops.DropColumn("user", c+"_json", op.IfExists)
		}
		ops.Data("keep what is no JSON", keepBadJSON(keyRevision, "user", "id", nil, "info", "settings"))
		for _, c := range []string{"info", "settings"} {
			behind(ops, "user", c)
		}
		ops.Batch("user", func(ops *op.Ops) {
			ops.AlterColumn("user", "info").Type(schema.Type{Kind: schema.JSON})
			ops.AlterColumn("user", "settings").Type(schema.Type{Kind: schema.JSON})
		})
		// Open WebUI leaves a JSON null where it makes the column anew.
		ops.Execute("UPDATE {user} SET {info} = 'null' WHERE {info} IS NULL").When(schema.AlterInPlace, "")
		ops.Execute("UPDATE {user} SET {settings} = 'null' WHERE {settings} IS NULL").When(schema.AlterInPlace, "")

		t := schema.Define("api_key")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("user_id").Key(idKey).Null().References("user", "id", schema.Cascade)
		t.Text("key").Key(nameKey)
		t.JSON("data").Null()
		t.BigInt("expires_at").Null()
		t.BigInt("last_used_at").Null()
		t.BigInt("created_at")
		t.BigInt("updated_at")
		t.Unique("", "id")
		t.Unique("", "key")
		ops.CreateTable(t, op.IfNotExists)
		ops.Data("sign-in providers and API keys", providersAndKeys)
		ops.Batch("user", func(ops *op.Ops) {
			ops.DropColumn("user", "api_key", op.IfExists, op.Moved)
			ops.DropColumn("user", "oauth_sub", op.IfExists, op.Moved)
		})
	},
	Downgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.Batch("user", func(ops *op.Ops) {
			ops.AddColumn("user", op.String("api_key", 0).Key(nameKey).Null())
			ops.AddColumn("user", op.Text("oauth_sub").Key(nameKey).Null())
		})
		ops.Data("one sign-in provider and one API key of each user", oneProviderAndKey).
			NoReverse("the sign-in providers of a user except one, and the API keys except the one that was used last")
		ops.Batch("user", func(ops *op.Ops) {
			for _, c := range []string{"api_key", "oauth_sub"} {
				ops.Do(op.AddUnique{Table: "user", Unique: &schema.Unique{Columns: []string{c}}})
			}
		})
		ops.DropTable("api_key")
		ops.Execute("UPDATE {user} SET {info} = NULL WHERE {info} = 'null'").When(schema.AlterInPlace, "")
		ops.Execute("UPDATE {user} SET {settings} = NULL WHERE {settings} = 'null'").When(schema.AlterInPlace, "")
		ops.Batch("user", func(ops *op.Ops) {
			ops.AlterColumn("user", "info").Type(schema.Type{Kind: schema.Text})
			ops.AlterColumn("user", "settings").Type(schema.Type{Kind: schema.Text})
		})
		ops.Data("put back info that is no JSON", putBack(keyRevision, "user", "info", ""))
		ops.Data("put back settings that are no JSON", putBack(keyRevision, "user", "settings", ""))
		ops.Batch("user", func(ops *op.Ops) {
			for _, c := range []string{"oauth", "status_expires_at", "status_message", "status_emoji", "presence_state", "timezone", "profile_banner_image_url"} {
				ops.DropColumn("user", c)
			}
		})
	},
}

// behind makes a column anew, as JSON and behind the others, where a column
// cannot be altered in place: that is where Open WebUI has it there. Elsewhere
// it stays where it is.
func behind(ops *op.Ops, table, column string) {
	const made = "larder_new"
	ops.Lacking(schema.AlterInPlace, func(ops *op.Ops) {
		ops.AddColumn(table, op.JSON(made).Null())
		ops.Execute("UPDATE {" + table + "} SET {" + made + "} = {" + column + "}").NoReverse()
		ops.DropColumn(table, column, op.Moved)
		ops.RenameColumn(table, made, column)
	})
}

func providersAndKeys(ctx context.Context, d *op.Data) error {
	t, at := d.Table("user"), now()
	if t.Column("api_key") == nil || t.Column("oauth_sub") == nil {
		return nil // half applied: this much was done
	}
	scan := op.Scan{Table: "user", Key: []string{"id"}, Columns: []string{"oauth_sub", "oauth", "api_key"}, Where: "{oauth_sub} IS NOT NULL OR {api_key} IS NOT NULL"}
	return d.Rows(ctx, scan, func(ctx context.Context, c *op.Chunk) error {
		for _, r := range c.Rows {
			id := r.Text("id")
			if sub := r.Text("oauth_sub"); sub != "" {
				provider, name, found := strings.Cut(sub, "@")
				if !found {
					provider, name = "oidc", sub
					if err := keep(ctx, c, kept{keyRevision, "user.oauth_sub", id, "the name at the provider as it was, which did not say which provider", sub}); err != nil {
						return err
					}
				}
				doc := members(provider, written(members("sub", quote(name))))
				if err := c.Update(ctx, r, op.Values{"oauth": written(doc)}); err != nil {
					return err
				}
			}
			if key := r.Text("api_key"); key != "" {
				there, err := op.Get(ctx, c, "SELECT {id} FROM {api_key} WHERE {id} = ? OR {key} = ?", "key_"+id, key)
				if err != nil {
					return err
				}
				if len(there) > 0 {
					continue
				}
				if err := c.Insert(ctx, "api_key", op.Values{"id": "key_" + id, "user_id": id, "key": key, "created_at": at, "updated_at": at}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func oneProviderAndKey(ctx context.Context, d *op.Data) error {
	taken := map[string]bool{}
	err := d.Rows(ctx, op.Scan{Table: "user", Key: []string{"id"}, Columns: []string{"oauth"}}, func(ctx context.Context, c *op.Chunk) error {
		for _, r := range c.Rows {
			set, id := op.Values{}, r.Text("id")
			sub, err := oneProvider(ctx, c, id, r.Text("oauth"))
			if err != nil {
				return err
			}
			// Two users can have one name at two providers, but not here.
			if sub != "" && !taken[sub] {
				taken[sub], set["oauth_sub"] = true, sub
			}
			keys, err := op.Get(ctx, c, "SELECT {key} FROM {api_key} WHERE {user_id} = ? ORDER BY coalesce({last_used_at}, 0) DESC, {updated_at} DESC, {id} LIMIT 1", id)
			if err != nil {
				return err
			}
			if len(keys) > 0 {
				set["api_key"] = keys[0].Text("key")
			}
			if err := c.Update(ctx, r, set); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return forgetAll(ctx, d, keyRevision, "user.oauth_sub")
}

// oneProvider is "provider@name" for the first provider of a user that has a
// name, or the name as it was before it was said which provider it is from.
func oneProvider(ctx context.Context, c *op.Chunk, user, oauth string) (string, error) {
	if s, ok := readString(oauth); ok {
		oauth = s // a document within a string, which a later revision repairs
	}
	doc, _ := readObject(oauth)
	for _, m := range doc.Members {
		entry, _ := readObject(m.Val)
		name, ok := readString(entry.Get("sub"))
		if !ok || !plainText(m.Key+name) {
			continue
		}
		if m.Key == "oidc" {
			if was, found, err := recall(ctx, c, keyRevision, "user.oauth_sub", user); err != nil || found && was == name {
				return was, err
			}
		}
		return m.Key + "@" + name, nil
	}
	return "", nil
}
