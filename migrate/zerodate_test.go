package migrate_test

import (
	"context"
	dbsql "database/sql"
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// TestZeroDates changes a table of another program that has zero dates as
// defaults and in rows, in every way; a date that comes is still a date.
func TestZeroDates(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		if db.Engine != testdb.MySQL && db.Engine != testdb.MariaDB {
			t.Skip("no zero dates")
		}
		eng := enginetest.Open(t, db.URL, engine.Options{})
		err := eng.OnWriter(t.Context(), func(ctx context.Context, conn *dbsql.Conn) error {
			for _, s := range []string{"SET @mode = @@SESSION.sql_mode", "SET SESSION sql_mode = ''",
				"CREATE TABLE c (id int PRIMARY KEY, a int, d datetime NOT NULL DEFAULT '0000-00-00 00:00:00', e date NOT NULL DEFAULT '0000-00-00', f timestamp NOT NULL DEFAULT '0000-00-00 00:00:00')",
				"INSERT INTO c (id, a, e) VALUES (1, 2, '2024-00-00')", "SET SESSION sql_mode = @mode"} {
				if _, err := conn.ExecContext(ctx, s); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		revs := []migrate.Revision{{ID: "z1", Upgrade: func(ops *op.Ops) {
			ops.AddColumn("c", op.Text("note").Null())
			ops.AddColumn("c", op.Integer("twice")).Fill("{a} * 2")
			ops.AlterColumn("c", "a").Type(schema.Type{Kind: schema.BigInt}).NotNull()
			ops.AddCheck("c", "ck_c_a", "{a} > 0")
			ops.CreateIndex("c", &schema.Index{Name: "ix_c_d", Parts: []schema.IndexPart{{Column: "d"}}})
			ops.RenameColumn("c", "e", "day")
			ops.AlterColumn("c", "d").Comment("when")
			ops.AddColumn("c", op.Boolean("ok").Default(true))
			ops.RenameTable("c", "cc")
			ops.DropColumn("cc", "twice")
		}, Downgrade: func(ops *op.Ops) {
			ops.RenameTable("cc", "c")
			ops.DropIndex("c", "ix_c_d")
			ops.DropCheck("c", "ck_c_a")
			ops.RenameColumn("c", "day", "e")
			ops.AlterColumn("c", "a").Type(schema.Type{Kind: schema.Integer}).Null()
			ops.DropColumn("c", "ok")
			ops.DropColumn("c", "note")
		}}}
		r := runner(t, eng, revs...)
		upgrade(t, r, "head")
		if got := one[string](t, eng,
			"SELECT CONCAT_WS(' ', d, day, a, ok) FROM cc"); got != "0000-00-00 00:00:00 2024-00-00 2 1" {
			t.Errorf("the row is %q", got)
		}
		tables, err := eng.Inspect(t.Context(), driver.InspectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		downgrade(t, r, "base")
		upgrade(t, r, "head")
		if _, err := op.Run(t.Context(), eng, "INSERT INTO {cc} ({id}, {a}, {d}, {day}, {f}) VALUES (5, 1, '0000-00-00 00:00:00', '2024-01-01', '2024-01-01 00:00:00')"); err == nil {
			t.Error("a zero date is taken")
		}
		// Its like can be made anew.
		for _, tb := range tables {
			if tb.Name == "cc" {
				again := tb.Clone()
				again.Name, again.Checks, again.Indexes = "again", nil, nil
				next := append(revs, migrate.Revision{ID: "z2", Down: []string{"z1"},
					Upgrade: func(ops *op.Ops) { ops.CreateTable(again) }})
				upgrade(t, runner(t, eng, next...), "head")
			}
		}
		// What becomes a date is none that is zero.
		text := []migrate.Revision{{ID: "z2", Upgrade: func(ops *op.Ops) {
			t := keyed("words")
			t.String("w", 40)
			ops.CreateTable(t)
			ops.BulkInsert("words", []string{"id", "w"}, []any{1, "0000-00-00 00:00:00"})
			ops.AlterColumn("words", "w").Type(schema.Type{Kind: schema.DateTime})
		}}}
		other := enginetest.Open(t, testdb.New(t, db.Engine).URL, engine.Options{})
		if _, err := runner(t, other, text...).Upgrade(t.Context(), "head"); err == nil {
			t.Error("a text became a zero date")
		}
	})
}

// TestColumnsWithValuesOfTheProgram: what a program declares for its queries is
// no part of a revision, which keeps its checksum.
func TestColumnsWithValuesOfTheProgram(t *testing.T) {
	revision := func(declare func(c schema.ColumnDef)) migrate.Revision {
		return migrate.Revision{ID: "v1", Upgrade: func(ops *op.Ops) {
			u := keyed("u")
			declare(u.Integer("n"))
			ops.CreateTable(u)
			c := op.Integer("m").Null()
			declare(c)
			ops.AddColumn("u", c)
		}}
	}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		r := runner(t, eng, revision(func(c schema.ColumnDef) { c.OnInsert(func() any { return int64(1) }); c.Column.Version = true }))
		upgrade(t, r, "head")
		r = runner(t, eng, revision(func(schema.ColumnDef) {}))
		if f, err := r.Check(t.Context()); err != nil || len(f.Edited) > 0 {
			t.Errorf("%+v %v", f, err)
		}
		downgrade(t, r, "base")
	})
}
