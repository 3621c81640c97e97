package migrations

import (
	"context"
	"slices"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

const memberRevision = "37f288994c47"

// The members of a group become rows. A group may list a user twice, or one
// who was deleted: a member is one user who exists.
var rev22 = migrate.Revision{
	ID: memberRevision, Down: []string{"a5c220713937"}, Doc: "members of groups", Path: "22_37f288994c47_add_group_member_table.go",
	Upgrade: func(ops *op.Ops) {
		keepAside(ops)
		t := schema.Define("group_member")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("group_id").Key(idKey).References("group", "id", schema.Cascade)
		t.Text("user_id").Key(idKey).References("user", "id", schema.Cascade)
		t.BigInt("created_at").Null()
		t.BigInt("updated_at").Null()
		t.Unique("uq_group_member_group_user", "group_id", "user_id")
		t.Unique("", "id")
		ops.CreateTable(t, op.IfNotExists)
		ops.Data("members of groups", membersOfGroups)
		ops.DropColumn("group", "user_ids", op.IfExists, op.Moved)
	},
	Downgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.AddColumn("group", op.JSON("user_ids").Null())
		ops.Data("lists of members", listsOfMembers)
		ops.DropTable("group_member")
	},
}

func membersOfGroups(ctx context.Context, d *op.Data) error {
	if d.Table("group").Column("user_ids") == nil {
		return nil // half applied: this much was done
	}
	at := now()
	return d.Rows(ctx, op.Scan{Table: "group", Key: []string{"id"}, Columns: []string{"user_ids"}, Size: 50}, func(ctx context.Context, c *op.Chunk) error {
		for _, r := range c.Rows {
			if r.Null("user_ids") {
				continue
			}
			raw, group := r.Text("user_ids"), r.Text("id")
			if err := keep(ctx, c, kept{memberRevision, "group.user_ids", group, "the list as it was", raw}); err != nil {
				return err
			}
			have, err := membersOf(ctx, c, group)
			if err != nil {
				return err
			}
			users, _ := listOfStrings(raw)
			there, err := existing(ctx, c, "user", users)
			if err != nil {
				return err
			}
			for _, u := range users {
				if !there[u] || slices.Contains(have, u) {
					continue
				}
				have = append(have, u)
				if err := c.Insert(ctx, "group_member", op.Values{"id": newID(), "group_id": group, "user_id": u, "created_at": at, "updated_at": at}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// membersOf returns the users of a group, in the order in which they came.
func membersOf(ctx context.Context, c *op.Chunk, group string) ([]string, error) {
	rows, err := op.Get(ctx, c, "SELECT {user_id} FROM {group_member} WHERE {group_id} = ? ORDER BY {created_at}, {id}", group)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range rows {
		out = append(out, r.Text("user_id"))
	}
	return out, nil
}

// existing tells which of the ids are ids of rows of a table.
func existing(ctx context.Context, c *op.Chunk, table string, ids []string) (map[string]bool, error) {
	out := map[string]bool{}
	for part := range slices.Chunk(ids, 200) {
		args := make([]any, 0, len(part))
		list := ""
		for _, id := range part {
			if !plainText(id) {
				continue
			}
			if args = append(args, id); list != "" {
				list += ", "
			}
			list += "?"
		}
		if list == "" {
			continue
		}
		rows, err := op.Get(ctx, c, "SELECT {id} FROM {"+table+"} WHERE {id} IN ("+list+")", args...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.Text("id")] = true
		}
	}
	return out, nil
}

// listsOfMembers writes the lists: as they were, where they still say the same.
func listsOfMembers(ctx context.Context, d *op.Data) error {
	err := d.Rows(ctx, op.Scan{Table: "group", Key: []string{"id"}, Size: 50}, func(ctx context.Context, c *op.Chunk) error {
		for _, r := range c.Rows {
			have, err := membersOf(ctx, c, r.Text("id"))
			if err != nil {
				return err
			}
			was, found, err := recall(ctx, c, memberRevision, "group.user_ids", r.Text("id"))
			if err != nil {
				return err
			}
			if found {
				users, _ := listOfStrings(was)
				there, err := existing(ctx, c, "user", users)
				if err != nil {
					return err
				}
				if sameSet(slices.DeleteFunc(users, func(u string) bool { return !there[u] }), have) {
					if err := c.Update(ctx, r, op.Values{"user_ids": was}); err != nil {
						return err
					}
					continue
				}
			}
			if !found && len(have) == 0 {
				continue
			}
			if err := c.Update(ctx, r, op.Values{"user_ids": writeStrings(have)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return forgetAll(ctx, d, memberRevision, "group.user_ids")
}

// sameSet reports whether a and b hold the same strings, whatever the order
// and how often.
func sameSet(a, b []string) bool {
	sorted := func(s []string) []string {
		s = slices.Clone(s)
		slices.Sort(s)
		return slices.Compact(s)
	}
	return slices.Equal(sorted(a), sorted(b))
}
