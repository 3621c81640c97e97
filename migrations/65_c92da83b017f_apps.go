package migrations

import (
	"context"

	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

const appRevision = "c92da83b017f"

// Programs take part in channels: a member is a user or an app. On the way back
// what only apps have is kept aside.
var rev65 = migrate.Revision{
	ID: appRevision, Down: []string{"b8f2c6d91a04"}, Doc: "apps in channels", Path: "65_c92da83b017f_apps.go",
	Upgrade: func(ops *op.Ops) {
		t := schema.Define("app")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("slug").Key(nameKey)
		t.Text("name")
		t.Text("user_id").Null()
		t.Boolean("is_active").Default(false)
		t.JSON("data")
		t.Text("api_key").Null()
		t.BigInt("created_at")
		t.BigInt("updated_at")
		t.Unique("", "slug")
		ops.CreateTable(t, op.IfNotExists)
		ops.Batch("channel_member", func(ops *op.Ops) {
			ops.AddColumn("channel_member", op.Text("app_id").Key(idKey).Null(), op.IfNotExists)
			ops.AlterColumn("channel_member", "user_id").Null()
			ops.Do(
				op.AddCheck{Table: "channel_member", Check: &schema.Check{Name: "ck_channel_member_identity", Expr: "({user_id} IS NULL) <> ({app_id} IS NULL)"}, IfNotExists: true},
				op.AddUnique{Table: "channel_member", Unique: &schema.Unique{Name: "uq_channel_member_app", Columns: []string{"channel_id", "app_id"}}, IfNotExists: true},
			)
			index(ops, "channel_member", "ix_channel_member_app_active", "app_id", "is_active")
		})
		ops.AddColumn("message", op.Text("app_id").Key(idKey).Null(), op.IfNotExists)
		index(ops, "message", "ix_message_app", "app_id")
		ops.Data("what apps had", appsComeBack)
	},
	Downgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.Data("keep what apps have", keepApps)
		ops.DropIndex("message", "ix_message_app")
		ops.DropColumn("message", "app_id")
		ops.Batch("channel_member", func(ops *op.Ops) {
			ops.DropIndex("channel_member", "ix_channel_member_app_active")
			ops.DropUnique("channel_member", "uq_channel_member_app", "channel_id", "app_id")
			ops.Do(op.DropCheck{Table: "channel_member", Name: "ck_channel_member_identity", Expr: "({user_id} IS NULL) <> ({app_id} IS NULL)"})
			ops.DropColumn("channel_member", "app_id")
			ops.AlterColumn("channel_member", "user_id").NotNull()
		})
		ops.DropTable("app")
	},
}

// The columns of what apps have, in the order of kind: text, numbers, truths.
var (
	appColumns    = [3][]string{{"slug", "name", "user_id", "data", "api_key"}, {"created_at", "updated_at"}, {"is_active"}}
	memberColumns = [3][]string{{"channel_id", "app_id", "status", "data", "meta", "role", "invited_by"}, {"created_at", "joined_at", "left_at", "last_read_at", "updated_at", "invited_at"}, {"is_active", "is_channel_muted", "is_channel_pinned"}}
)

// rowOf is a row as a document.
func rowOf(r op.Row, columns [3][]string) *jsontext.Object {
	o := members()
	for kind, names := range columns {
		for _, n := range names {
			switch {
			case r.Null(n):
			case kind == 0:
				o.Set(n, quote(r.Text(n)))
			case kind == 1:
				o.Set(n, numberOrNull(r, n))
			default:
				o.Set(n, map[bool]string{true: "true", false: "false"}[r.Bool(n)])
			}
		}
	}
	return o
}

// valuesOf is the row that a document of rowOf says.
func valuesOf(text string) op.Values {
	o, _ := readObject(text)
	row := op.Values{}
	for _, m := range o.Members {
		if s, ok := readString(m.Val); ok {
			row[m.Key] = s
		} else if m.Val == "true" || m.Val == "false" {
			row[m.Key] = m.Val == "true"
		} else {
			row[m.Key] = m.Val
		}
	}
	return row
}

func all(columns [3][]string) (out []string) {
	for _, names := range columns {
		out = append(out, names...)
	}
	return out
}

func keepApps(ctx context.Context, d *op.Data) error {
	keepRows := func(scan op.Scan, columns [3][]string, remove bool) error {
		scan.Columns = all(columns)
		return d.Rows(ctx, scan, func(ctx context.Context, c *op.Chunk) error {
			for _, r := range c.Rows {
				if err := keep(ctx, c, kept{appRevision, scan.Table, r.Text("id"), "an app has it, and there are none before revision " + appRevision, written(rowOf(r, columns))}); err != nil {
					return err
				}
				if !remove {
					continue
				}
				if err := c.Delete(ctx, r); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := keepRows(op.Scan{Table: "app"}, appColumns, false); err != nil {
		return err
	}
	if err := keepRows(op.Scan{Table: "channel_member", Where: "{app_id} IS NOT NULL"}, memberColumns, true); err != nil {
		return err
	}
	return keepRows(op.Scan{Table: "message", Where: "{app_id} IS NOT NULL"}, [3][]string{{"app_id"}}, false)
}

func appsComeBack(ctx context.Context, d *op.Data) error {
	for _, table := range []string{"app", "channel_member"} {
		err := eachKept(ctx, d, appRevision, table, func(ctx context.Context, c *op.Chunk, k kept) error {
			there, err := op.Get(ctx, c, "SELECT {id} FROM {"+table+"} WHERE {id} = ?", k.key)
			if err != nil || len(there) > 0 {
				return err
			}
			row := valuesOf(k.value)
			row["id"] = k.key
			return c.Insert(ctx, table, row)
		})
		if err != nil {
			return err
		}
	}
	err := eachKept(ctx, d, appRevision, "message", func(ctx context.Context, c *op.Chunk, k kept) error {
		app, _ := valuesOf(k.value)["app_id"].(string)
		_, err := op.Run(ctx, c, "UPDATE {message} SET {app_id} = ? WHERE {id} = ?", app, k.key)
		return err
	})
	if err != nil || d.Table(keptTable) == nil {
		return err
	}
	_, err = op.Run(ctx, d, "DELETE FROM {larder_kept} WHERE {revision} = ?", appRevision)
	return err
}
