package migrations

import (
	"context"
	"slices"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

const grantRevision = "f1e2d3c4b5a6"

// guardedTables are the tables whose rows said themselves who may use them.
var guardedTables = []string{"knowledge", "prompt", "tool", "model", "note", "channel", "file"}

// Who may use what becomes rows. No document was everybody for reading, except
// for a file, which is its owner's then; an empty one was the owner alone.
var rev32 = migrate.Revision{
	ID: grantRevision, Down: []string{messageRevision}, Doc: "who may use what, as rows", Path: "32_f1e2d3c4b5a6_add_access_grant_table.go",
	Upgrade: func(ops *op.Ops) {
		keepAside(ops)
		t := schema.Define("access_grant")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("resource_type").Key(wordKey)
		t.Text("resource_id").Key(modelKey)
		t.Text("principal_type").Key(wordKey)
		t.Text("principal_id").Key(idKey)
		t.Text("permission").Key(wordKey)
		t.BigInt("created_at")
		t.Unique("uq_access_grant_grant", "resource_type", "resource_id", "principal_type", "principal_id", "permission")
		t.Index("idx_access_grant_resource", "resource_type", "resource_id")
		t.Index("idx_access_grant_principal", "principal_type", "principal_id")
		create(ops, t)
		ops.Data("grants", grantsOfDocuments)
		for _, table := range guardedTables {
			ops.DropColumn(table, "access_control", op.IfExists, op.Moved)
		}
	},
	Downgrade: func(ops *op.Ops) {
		keepAside(ops)
		for _, table := range guardedTables {
			ops.AddColumn(table, op.JSON("access_control").Null())
		}
		ops.Data("documents of grants", documentsOfGrants).
			NoReverse("what single users and groups may do with things that everybody may read")
		ops.DropTable("access_grant")
	},
}

// grant is who may do what.
type grant struct{ principal, id, permission string }

var everybody = grant{"user", "*", "read"}

// readAccess is what a document grants. understood is false when it says
// something else as well.
func readAccess(table, raw string, null bool) (grants []grant, understood bool) {
	if null || raw == "null" {
		if table == "file" {
			return nil, true
		}
		return []grant{everybody}, true
	}
	doc, ok := readObject(raw)
	if !ok {
		return nil, false
	}
	understood = true
	for _, permission := range []string{"read", "write"} {
		who := doc.Get(permission)
		if who == "" || who == "null" {
			continue
		}
		lists, ok := readObject(who)
		if !ok {
			understood = false
			continue
		}
		for _, l := range []struct{ principal, list string }{{"group", "group_ids"}, {"user", "user_ids"}} {
			raw := lists.Get(l.list)
			if raw == "null" {
				continue
			}
			ids, others := listOfStrings(raw)
			understood = understood && !others
			for _, id := range ids {
				if g := (grant{l.principal, id, permission}); !slices.Contains(grants, g) {
					grants = append(grants, g)
				}
			}
		}
	}
	return grants, understood
}

func grantsOfDocuments(ctx context.Context, d *op.Data) error {
	at := now()
	for _, table := range guardedTables {
		if t := d.Table(table); t == nil || t.Column("access_control") == nil {
			continue // half applied: this much was done
		}
		scan := op.Scan{Table: table, Key: []string{"id"}, Columns: []string{"access_control"}}
		if table == "file" {
			scan.Where = "{access_control} IS NOT NULL"
		}
		err := d.Rows(ctx, scan, func(ctx context.Context, c *op.Chunk) error {
			for _, r := range c.Rows {
				id, raw, null := r.Text("id"), r.Text("access_control"), r.Null("access_control")
				grants, understood := readAccess(table, raw, null)
				have, err := grantsOf(ctx, c, table, id)
				if err != nil {
					return err
				}
				for _, g := range grants {
					if slices.Contains(have, g) {
						continue
					}
					row := op.Values{"id": newID(), "resource_type": table, "resource_id": id, "principal_type": g.principal, "principal_id": g.id, "permission": g.permission, "created_at": at}
					if err := c.Insert(ctx, "access_grant", row); err != nil {
						return err
					}
				}
				if null || raw == "{}" && table != "file" {
					continue
				}
				reason := "the document as it was"
				if !understood {
					reason = "the document says more than who may read and write"
				}
				if err := keep(ctx, c, kept{grantRevision, table + ".access_control", id, reason, raw}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func grantsOf(ctx context.Context, c *op.Chunk, table, id string) ([]grant, error) {
	rows, err := op.Get(ctx, c, "SELECT {principal_type}, {principal_id}, {permission} FROM {access_grant} WHERE {resource_type} = ? AND {resource_id} = ? ORDER BY {created_at}, {id}", table, id)
	if err != nil {
		return nil, err
	}
	var out []grant
	for _, r := range rows {
		out = append(out, grant{r.Text("principal_type"), r.Text("principal_id"), r.Text("permission")})
	}
	return out, nil
}

func sameGrants(a, b []grant) bool {
	text := func(gs []grant) (out []string) {
		for _, g := range gs {
			out = append(out, quote(g.principal)+quote(g.id)+quote(g.permission))
		}
		return out
	}
	return sameSet(text(a), text(b))
}

// documentsOfGrants writes the documents: as they were, where they still say
// the same.
func documentsOfGrants(ctx context.Context, d *op.Data) error {
	for _, table := range guardedTables {
		err := d.Rows(ctx, op.Scan{Table: table, Key: []string{"id"}}, func(ctx context.Context, c *op.Chunk) error {
			for _, r := range c.Rows {
				id := r.Text("id")
				have, err := grantsOf(ctx, c, table, id)
				if err != nil {
					return err
				}
				was, found, err := recall(ctx, c, grantRevision, table+".access_control", id)
				if err != nil {
					return err
				}
				doc := writeAccess(table, have)
				if found {
					if grants, _ := readAccess(table, was, false); sameGrants(grants, have) {
						doc = was
					}
				}
				if doc == "" {
					continue
				}
				if err := c.Update(ctx, r, op.Values{"access_control": doc}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := forgetAll(ctx, d, grantRevision, table+".access_control"); err != nil {
			return err
		}
	}
	return nil
}

// writeAccess is the document that grants this; "" for none.
func writeAccess(table string, grants []grant) string {
	if slices.Contains(grants, everybody) || len(grants) == 0 && table == "file" {
		return ""
	}
	if len(grants) == 0 {
		return "{}"
	}
	doc := members()
	for _, permission := range []string{"read", "write"} {
		var groups, users []string
		for _, g := range grants {
			switch {
			case g.permission != permission:
			case g.principal == "group":
				groups = append(groups, g.id)
			case g.principal == "user":
				users = append(users, g.id)
			}
		}
		doc.Set(permission, written(members("group_ids", writeStrings(groups), "user_ids", writeStrings(users))))
	}
	return written(doc)
}
