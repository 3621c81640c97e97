package migrate_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

func tables(t testing.TB, eng *engine.Engine) []string {
	t.Helper()
	ts, err := eng.Inspect(t.Context(), driver.InspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, x := range ts {
		out = append(out, x.Name)
	}
	return out
}

func TestUpgradeAndDowngrade(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		r := runner(t, eng, line()...)
		if got := rows(t, r); len(got) != 0 {
			t.Fatalf("an empty database is at %v", got)
		}
		if got := tables(t, eng); len(got) != 0 {
			t.Fatalf("reading the version made %v", got)
		}
		rep := upgrade(t, r, "head")
		if len(rep.Ran) != 3 || rep.Ran[2].Revision != "ba3333333333" {
			t.Errorf("ran %v", rep.Ran)
		}
		if got := rows(t, r); !slices.Equal(got, []string{"ba3333333333"}) {
			t.Errorf("at %v", got)
		}
		if n := one[int](t, eng, "SELECT count(*) FROM larder_migration_applied"); n != 3 {
			t.Errorf("%d revisions are recorded", n)
		}
		if s := one[string](t, eng, "SELECT name FROM users WHERE id = 'u1'"); s != "Ada ' ? % :x {y}" {
			t.Errorf("name %q", s)
		}
		if s := one[string](t, eng, "SELECT body FROM posts"); s != "it's ? a 'body'" {
			t.Errorf("body %q", s)
		}
		if rep := upgrade(t, r, "head"); len(rep.Ran) != 0 {
			t.Errorf("at the head it ran %v", rep.Ran)
		}
		downgrade(t, r, "-1")
		if got := rows(t, r); !slices.Equal(got, []string{"ab2222222222"}) {
			t.Errorf("at %v", got)
		}
		ts, err := eng.Inspect(t.Context(), driver.InspectOptions{Tables: func(n string) bool { return n == "users" }})
		if err != nil || len(ts) != 1 {
			t.Fatal(ts, err)
		}
		if c := ts[0].Column("active"); c != nil {
			t.Errorf("the column stayed: %v", c)
		}
		if n := one[int](t, eng, "SELECT count(*) FROM posts"); n != 1 {
			t.Errorf("%d posts", n)
		}
		downgrade(t, r, "base")
		left := slices.DeleteFunc(tables(t, eng),
			func(n string) bool { return n == "alembic_version" || strings.HasPrefix(n, "larder_migration_") })
		if len(left) != 0 {
			t.Errorf("tables are left: %v", left)
		}
		if n := one[int](t, eng, "SELECT count(*) FROM larder_migration_applied"); n != 0 {
			t.Errorf("%d revisions are recorded", n)
		}
		upgrade(t, r, "+1")
		if got := rows(t, r); !slices.Equal(got, []string{"aa1111111111"}) {
			t.Errorf("at %v", got)
		}
	})
}

func TestVersionTableIsAlembics(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		upgrade(t, runner(t, eng, line()...), "head")
		ts, err := eng.Inspect(t.Context(),
			driver.InspectOptions{Tables: func(n string) bool { return n == "alembic_version" }})
		if err != nil || len(ts) != 1 {
			t.Fatal(ts, err)
		}
		want, err := eng.DDL().Normalize(migrate.VersionTable("alembic_version"))
		if err != nil {
			t.Fatal(err)
		}
		if d := schema.Diff(ts, []*schema.Table{want}); len(d) != 0 {
			t.Errorf("differs: %v", d)
		}
	})
}

func TestUnknownRevisionIsRefusedWithoutWriting(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		r := runner(t, eng, line()...)
		upgrade(t, r, "aa11")
		if _, err := eng.Exec(t.Context(), engine.Statement{SQL: "UPDATE alembic_version SET version_num = 'feedfacecafe'",
			Write: true}); err != nil {
			t.Fatal(err)
		}
		before := tables(t, eng)
		for _, do := range []func() error{
			func() error { _, err := r.Upgrade(t.Context(), "head"); return err },
			func() error { _, err := r.Downgrade(t.Context(), "base"); return err },
			func() error { _, err := r.Check(t.Context()); return err },
			func() error { _, err := r.Current(t.Context()); return err },
			func() error { _, err := r.Stamp(t.Context(), false, "head"); return err },
		} {
			err := do()
			if !errors.Is(err, migrate.ErrUnknownRevision) || dberr.CodeOf(err) != dberr.SchemaMismatch ||
				!strings.Contains(err.Error(), "feedfacecafe") || !strings.Contains(err.Error(), "ba3333333333") {
				t.Errorf("got %v", err)
			}
		}
		if after := tables(t, eng); !slices.Equal(before, after) {
			t.Errorf("tables %v became %v", before, after)
		}
		if s := one[string](t, eng, "SELECT version_num FROM alembic_version"); s != "feedfacecafe" {
			t.Errorf("version %s", s)
		}
		if _, err := r.Stamp(t.Context(), true, "aa11"); err != nil {
			t.Fatal(err)
		}
		if got := rows(t, r); !slices.Equal(got, []string{"aa1111111111"}) {
			t.Errorf("after a purge it is at %v", got)
		}
	})
}

func TestTheLastStatementFails(t *testing.T) {
	broken := migrate.Revision{ID: "bb3333333333", Down: []string{"ab2222222222"}, Doc: "breaks",
		Upgrade: func(ops *op.Ops) {
			tags := schema.Define("tags")
			tags.String("id", 36).PrimaryKey()
			tags.Text("label")
			ops.CreateTable(tags)
			ops.BulkInsert("tags", []string{"id", "label"}, []any{"t1", "x"})
			ops.AddColumn("users", op.Text("bio").Null())
			ops.Execute("UPDATE {users} SET {bio} = 'same'").NoReverse()
			ops.CreateIndex("users",
				&schema.Index{Name: "uq_users_bio", Unique: true, Parts: []schema.IndexPart{{Column: "bio", Prefix: 10}}})
		},
		Downgrade: func(ops *op.Ops) {
			ops.DropIndex("users", "uq_users_bio")
			ops.DropColumn("users", "bio")
			ops.DropTable("tags")
		}}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		transactional := eng.Dialect().Has(schema.TransactionalDDL)
		r := runner(t, eng, createUsers, addPosts, broken)
		upgrade(t, r, "ab22")
		before := tables(t, eng)
		_, err := r.Upgrade(t.Context(), "head")
		if dberr.CodeOf(err) != dberr.AlreadyExists {
			t.Fatalf("got %v", err)
		}
		var s *migrate.StoppedError
		if !errors.As(err, &s) || s.Revision != "bb3333333333" {
			t.Fatalf("got %v", err)
		}
		if got := rows(t, r); !slices.Equal(got, []string{"ab2222222222"}) {
			t.Errorf("at %v", got)
		}
		if transactional {
			if len(s.Applied) != 0 || !strings.Contains(err.Error(), "nothing of this revision remains") {
				t.Errorf("stands %v: %v", s.Applied, err)
			}
			if after := tables(t, eng); !slices.Equal(before, after) {
				t.Errorf("tables %v became %v", before, after)
			}
		} else {
			if len(s.Applied) < 4 || !strings.Contains(s.Applied[0], "tags") {
				t.Errorf("stands %q", s.Applied)
			}
			f, err := r.Check(t.Context())
			if err != nil || len(f.HalfApplied) != 1 || f.HalfApplied[0].Error != "already_exists" {
				t.Errorf("check: %+v %v", f, err)
			}
			if p, err := r.Plan(t.Context(), migrate.Up, "head"); err != nil || len(p.Warnings) != 1 {
				t.Errorf("plan: %+v %v", p, err)
			}
			if _, err := r.Downgrade(t.Context(), "base"); !errors.Is(err, migrate.ErrHalfApplied) {
				t.Errorf("downgrade past a half-applied revision: %v", err)
			}
			if _, err := r.Upgrade(t.Context(), "head"); dberr.CodeOf(err) != dberr.AlreadyExists {
				t.Errorf("without a fix: %v", err)
			}
		}
		// The cause is removed: the data is put right, or the part that was
		// not run is.
		fixed := broken
		fixed.Upgrade = func(ops *op.Ops) {
			broken.Upgrade(ops)
			ops.Execute("UPDATE {tags} SET {label} = ?", "late").NoReverse()
		}
		if _, err := eng.Exec(t.Context(), engine.Statement{SQL: "DELETE FROM users WHERE id = 'u2'",
			Write: true}); err != nil {
			t.Fatal(err)
		}
		r = runner(t, eng, createUsers, addPosts, fixed)
		rep := upgrade(t, r, "head")
		if len(rep.Ran) != 1 || rep.Ran[0].Resumed == transactional {
			t.Errorf("ran %+v", rep.Ran)
		}
		if n := one[int](t, eng, "SELECT count(*) FROM tags WHERE label = 'late'"); n != 1 {
			t.Errorf("%d tags", n)
		}
		f, err := r.Check(t.Context())
		if err != nil || !f.OK() {
			t.Errorf("check: %+v %v", f, err)
		}
		downgrade(t, r, "-1")
		if got := rows(t, r); !slices.Equal(got, []string{"ab2222222222"}) {
			t.Errorf("at %v", got)
		}
	})
}

func TestRepairUndoes(t *testing.T) {
	broken := migrate.Revision{ID: "bb3333333333", Down: []string{"ab2222222222"},
		Upgrade: func(ops *op.Ops) {
			ops.RenameColumn("users", "name", "title")
			ops.AddColumn("users", op.Text("bio").Null())
			ops.Execute("UPDATE {users} SET {bio} = {title}").NoReverse()
			ops.RenameTable("posts", "notes")
			ops.AlterColumn("users", "email").Type(schema.Type{Kind: schema.Text})
			ops.Execute("INSERT INTO {users} ({id}, {email}) VALUES ('u1', 'again')").NoReverse()
		}}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		r := runner(t, eng, createUsers, addPosts, broken)
		upgrade(t, r, "ab22")
		before := snapshotOf(t, eng)
		if _, err := r.Upgrade(t.Context(), "head"); dberr.CodeOf(err) != dberr.AlreadyExists {
			t.Fatalf("got %v", err)
		}
		did, err := r.Repair(t.Context(), migrate.RepairOptions{Undo: true})
		if err != nil {
			t.Fatal(err)
		}
		if halfDone := !eng.Dialect().Has(schema.TransactionalDDL); halfDone != (len(did) == 1) {
			t.Errorf("did %q", did)
		}
		if d := schema.Diff(before, snapshotOf(t, eng)); len(d) != 0 {
			t.Errorf("the undo left %v", d)
		}
		if s := one[string](t, eng, "SELECT name FROM users WHERE id = 'u1'"); s != "Ada ' ? % :x {y}" {
			t.Errorf("name %q", s)
		}
		f, err := r.Check(t.Context())
		if err != nil || len(f.HalfApplied) != 0 || len(f.Behind) != 1 {
			t.Errorf("check: %+v %v", f, err)
		}
	})
}

// snapshotOf is the schema without the runner's own tables.
func snapshotOf(t testing.TB, eng *engine.Engine) []*schema.Table {
	t.Helper()
	ts, err := eng.Inspect(t.Context(), driver.InspectOptions{Tables: func(n string) bool {
		return n != "alembic_version" && !strings.HasPrefix(n, "larder_")
	}})
	if err != nil {
		t.Fatal(err)
	}
	return ts
}

// TestEverythingOnOneConnection runs all kinds of steps where there is one
// connection for all: a database in memory.
func TestEverythingOnOneConnection(t *testing.T) {
	eng := enginetest.Open(t, testdb.Memory(t).URL, engine.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := runner(t, eng, killable()...).Upgrade(ctx, "head"); err != nil {
		t.Fatal(err)
	}
	checkKillable(t, eng)
}

// TestInASchema works in a schema that is not the default one, beside another
// program's tables in that.
func TestInASchema(t *testing.T) {
	db := testdb.New(t, testdb.PostgreSQL)
	other := enginetest.Open(t, db.URL, engine.Options{})
	upgrade(t, runner(t, other, createUsers), "head")
	execute(t, other, "CREATE SCHEMA mine")
	eng := enginetest.Open(t, db.URL, engine.Options{Schema: "mine"})
	r := runner(t, eng, killable()...)
	if got := rows(t, r); len(got) != 0 {
		t.Errorf("the schema is at %v", got)
	}
	upgrade(t, r, "head")
	checkKillable(t, eng)
	if n := one[int](t, other, "SELECT count(*) FROM mine.alembic_version"); n != 1 {
		t.Errorf("%d version rows in the schema", n)
	}
	if got := rows(t, runner(t, other, createUsers)); !slices.Equal(got, []string{"aa1111111111"}) {
		t.Errorf("the other program is at %v", got)
	}
	off := offline(t, db.URL, killable()[:1]...)
	if s := sql(t, off, migrate.Up, "", "head"); !strings.Contains(s, "INSERT INTO \"counter\"") {
		t.Errorf("script %s", s)
	}
}

// TestTheLockIsWaitedFor says so while it waits, and gives up when it is told.
func TestTheLockIsWaitedFor(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		release, err := eng.Lock(t.Context(), migrate.LockName, nil)
		if err != nil {
			t.Fatal(err)
		}
		var told atomic.Int64
		r := runnerWith(t, migrate.Options{Engine: eng, Wait: 1500 * time.Millisecond, Lineages: []migrate.Lineage{{Revisions: line()}},
			Events: func(e migrate.Event) {
				if e.Kind == migrate.Waiting {
					told.Add(1)
				}
			}})
		if _, err := r.Upgrade(t.Context(), "head"); dberr.CodeOf(err) != dberr.Busy {
			t.Errorf("got %v", err)
		}
		if told.Load() == 0 {
			t.Error("nobody was told that it waits")
		}
		if err := release(); err != nil {
			t.Fatal(err)
		}
		upgrade(t, r, "head")
	})
}
