package migrate_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

func execute(t testing.TB, eng *engine.Engine, sql string) {
	t.Helper()
	if _, err := eng.Exec(t.Context(), engine.Statement{SQL: sql, Write: true}); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// withTables is the line with the tables that it makes as declared ones.
func withTables(f func(users, posts *schema.Table)) migrate.Lineage {
	users := usersTable()
	users.Column("email").Type.Length = 200
	users.Boolean("active").Default(true)
	users.Indexes = append(users.Indexes,
		&schema.Index{Name: "uq_users_email", Unique: true, Parts: []schema.IndexPart{{Column: "email"}}})
	posts := schema.Define("posts")
	posts.BigInt("id").PrimaryKey()
	posts.String("user_id", 36).References("users", "id", schema.Cascade)
	posts.Text("body")
	posts.Index("ix_posts_user_id", "user_id")
	if f != nil {
		f(users, posts)
	}
	return migrate.Lineage{Revisions: line(), Tables: []*schema.Table{users, posts}}
}

func checked(t testing.TB, eng *engine.Engine, ls ...migrate.Lineage) *migrate.Findings {
	t.Helper()
	f, err := runnerWith(t, migrate.Options{Engine: eng, Lineages: ls}).Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestCheck(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		f := checked(t, eng, withTables(nil))
		if len(f.Behind) != 1 || f.Behind[0].Pending != 3 || len(f.Differences) != 0 {
			t.Errorf("an empty database: %+v", f)
		}
		upgrade(t, runner(t, eng, line()...), "head")
		if f := checked(t, eng, withTables(nil)); !f.OK() {
			t.Errorf("in order: %+v", f)
		}
		// Another program's table is nobody's business when the lineage says
		// what it owns, and a difference when it owns everything.
		execute(t, eng, "CREATE TABLE spatial_ref_sys (id INTEGER)")
		if f := checked(t, eng, withTables(nil)); len(f.Differences) != 1 || f.Differences[0].Table != "spatial_ref_sys" {
			t.Errorf("with a foreign table: %+v", f)
		}
		mine := withTables(nil)
		mine.Owns = func(n string) bool { return n == "users" || n == "posts" }
		if f := checked(t, eng, mine); !f.OK() {
			t.Errorf("with a foreign table that is not owned: %+v", f)
		}
		ignoring := withTables(nil)
		ignoring.Ignore = func(_ *schema.Table, c schema.Change) bool { return c.On() == "spatial_ref_sys" }
		if f := checked(t, eng, ignoring); !f.OK() {
			t.Errorf("with a difference that is ignored: %+v", f)
		}
		drifted := withTables(func(users, posts *schema.Table) {
			users.Text("bio").Null()
			posts.Indexes = nil
		})
		drifted.Owns = mine.Owns
		f = checked(t, eng, drifted)
		var text bytes.Buffer
		if err := f.WriteText(&text); err != nil {
			t.Fatal(err)
		}
		if len(f.Differences) == 0 || !strings.Contains(text.String(), "drift: to add column users.bio ") ||
			!strings.Contains(text.String(), "ix_posts_user_id") {
			t.Errorf("with a drift: %s", text.String())
		}
		// A revision that was edited after it was applied.
		edited := mine
		edited.Revisions = line()
		edited.Revisions[0].Upgrade = func(ops *op.Ops) { createUsers.Upgrade(ops); ops.Comment("users", "who") }
		if f := checked(t, eng, edited); !slices.Equal(f.Edited, []string{"main/aa1111111111"}) {
			t.Errorf("edited: %+v", f)
		}
		did, err := runnerWith(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{edited}}).
			Repair(t.Context(), migrate.RepairOptions{AcceptEdits: true})
		if err != nil || len(did) != 1 {
			t.Errorf("did %q: %v", did, err)
		}
		if f := checked(t, eng, edited); !f.OK() {
			t.Errorf("accepted: %+v", f)
		}
	})
}

func TestWhatCannotBeUndoneIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	last := migrate.Revision{ID: "cc", Down: []string{"ba3333333333"},
		Upgrade: func(ops *op.Ops) { ops.DropTable("posts") }, Downgrade: func(ops *op.Ops) {}}
	no := migrate.Revision{ID: "dd", Down: []string{"cc"}, Irreversible: "the keys were thrown away",
		Upgrade: func(ops *op.Ops) { ops.AddColumn("users", op.Text("x").Null()) }}
	after := migrate.Revision{ID: "ee", Down: []string{"dd"},
		Upgrade: func(ops *op.Ops) { ops.AddColumn("users", op.Text("y").Null()) }}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		r := runner(t, eng, append(line(), last, no, after)...)
		upgrade(t, r, "head")
		_, err := r.Downgrade(t.Context(), "base")
		if !errors.Is(err, migrate.ErrIrreversible) || !strings.Contains(err.Error(), "the keys were thrown away") ||
			!strings.Contains(err.Error(), "dd") {
			t.Errorf("got %v", err)
		}
		if got := rows(t, r); !slices.Equal(got, []string{"ee"}) {
			t.Errorf("at %v", got)
		}
		if ts := snapshotOf(t, eng); ts[0].Column("y") == nil {
			t.Error("the last revision was undone all the same")
		}
		p, err := r.Plan(t.Context(), migrate.Up, "head")
		if err != nil || len(p.Steps) != 0 {
			t.Errorf("plan %+v %v", p, err)
		}
		downgrade(t, r, "dd")
	})
}

func TestPlanSaysWhatIsDestroyed(t *testing.T) {
	lossy := migrate.Revision{ID: "cc", Down: []string{"ba3333333333"}, Doc: "drop", Upgrade: func(ops *op.Ops) {
		ops.DropColumn("users", "name")
		ops.DropTable("posts")
		ops.Data("think", nil).NoReverse()
	}}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		r := runner(t, eng, append(line(), lossy)...)
		upgrade(t, r, "ba33")
		before := tables(t, eng)
		p, err := r.Plan(t.Context(), migrate.Up, "head")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(before, tables(t, eng)) {
			t.Error("a plan changed the database")
		}
		s := p.Steps[0]
		if want := []string{"column users.name with its values", "table posts with its rows"}; len(p.Steps) != 1 ||
			!slices.Equal(s.Loss, want) || s.Lock == "" {
			t.Errorf("plan %+v", p)
		}
		if s.Transactional != eng.Dialect().Has(schema.TransactionalDDL) {
			t.Errorf("transactional: %v", s.Transactional)
		}
		var text bytes.Buffer
		if err := p.WriteText(&text); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"upgrade ba3333333333 -> cc, drop\n", "destroys table posts with its rows",
			"DROP TABLE", "data step: think"} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("%q is not in\n%s", want, text.String())
			}
		}
	})
}

func TestSnapshotBeforeWhatDestroys(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		r := runner(t, eng, line()...)
		if rep := upgrade(t, r, "head"); rep.Snapshot != "" {
			t.Errorf("an upgrade without loss was preceded by a copy: %s", rep.Snapshot)
		}
		rep := downgrade(t, r, "aa11") // drops posts
		if file := eng.File(); (file == "") != (rep.Snapshot == "") {
			t.Fatalf("file %q, snapshot %q", file, rep.Snapshot)
		}
		if rep.Snapshot == "" {
			return
		}
		if !strings.HasPrefix(rep.Snapshot, eng.File()+".before-ba3333333333-") &&
			!strings.HasPrefix(rep.Snapshot, eng.File()+".before-ab2222222222-") || !strings.HasSuffix(rep.Snapshot, "Z.bak") {
			t.Errorf("the copy is called %s", rep.Snapshot)
		}
		// It is the database as it was: it can be put into its place.
		b, err := os.ReadFile(rep.Snapshot)
		if err != nil {
			t.Fatal(err)
		}
		restored := filepath.Join(t.TempDir(), "restored.db")
		if err := os.WriteFile(restored, b, 0o600); err != nil {
			t.Fatal(err)
		}
		old := enginetest.Open(t, "sqlite:////"+strings.TrimPrefix(restored, "/"), engine.Options{})
		if got := rows(t, runner(t, old, line()...)); !slices.Equal(got, []string{"ba3333333333"}) {
			t.Errorf("the copy is at %v", got)
		}
		if n := one[int](t, old, "SELECT count(*) FROM posts"); n != 1 {
			t.Errorf("the copy has %d posts", n)
		}
		left, err := filepath.Glob(eng.File() + "*.part")
		if err != nil || len(left) != 0 {
			t.Errorf("left behind: %v %v", left, err)
		}
		quiet := runnerWith(t, migrate.Options{Engine: eng, Snapshot: migrate.SnapshotNever,
			Lineages: []migrate.Lineage{{Revisions: line()}}})
		upgrade(t, quiet, "head")
		if rep := downgrade(t, quiet, "base"); rep.Snapshot != "" {
			t.Errorf("a copy that nobody wanted: %s", rep.Snapshot)
		}
	})
}

// TestTwoLineages has a second history that builds on the first.
func TestTwoLineages(t *testing.T) {
	extra := schema.Define("larder_extra")
	extra.String("user_id", 36).PrimaryKey().References("users", "id", schema.Cascade)
	own := migrate.Lineage{Name: "larder", VersionTable: "larder_version", Tables: []*schema.Table{extra}, Revisions: []migrate.Revision{
		{ID: "lll1", Upgrade: func(ops *op.Ops) { ops.CreateTable(extra) }},
		{ID: "lll2", Down: []string{"lll1"}, Upgrade: func(ops *op.Ops) {
			ops.Execute("INSERT INTO {larder_extra} SELECT {id} FROM {users}").Reverse("DELETE FROM {larder_extra}")
		}},
	}}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		r := runnerWith(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{withTables(nil), own}})
		if rep := upgrade(t, r, "head"); len(rep.Ran) != 5 || rep.Ran[4].Lineage != "larder" {
			t.Errorf("ran %+v", rep.Ran)
		}
		pos, err := r.Current(t.Context())
		if err != nil || len(pos) != 2 || !slices.Equal(pos[1].Rows, []string{"lll2"}) {
			t.Errorf("at %+v %v", pos, err)
		}
		if f, err := r.Check(t.Context()); err != nil || !f.OK() {
			t.Errorf("check %+v %v", f, err)
		}
		downgrade(t, r, "-1") // of the first lineage
		downgrade(t, r, "lll1")
		if got := rows(t, r); !slices.Equal(got, []string{"ab2222222222"}) {
			t.Errorf("at %v", got)
		}
		upgrade(t, r, "heads")
		if rep := downgrade(t, r, "base"); len(rep.Ran) != 5 || rep.Ran[0].Lineage != "larder" {
			t.Errorf("ran %+v", rep.Ran)
		}
		if left := snapshotOf(t, eng); len(left) != 0 {
			t.Errorf("left %v", left)
		}
		only, err := r.In("larder")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := only.Upgrade(t.Context(), "head"); err == nil {
			t.Errorf("without the first lineage: %v", err)
		}
		if _, err := r.In("none"); dberr.CodeOf(err) != dberr.Invalid {
			t.Errorf("a lineage that is not there: %v", err)
		}
	})
}

// TestWhatACutOffCreationLeaves: package fresh makes tables step by step where
// they cannot be made at once; a migration must not run on the half of them.
func TestWhatACutOffCreationLeaves(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		execute(t, eng, "CREATE TABLE larder_unfinished (id INTEGER)")
		r := runner(t, eng, line()...)
		if _, err := r.Upgrade(t.Context(), "head"); !errors.Is(err, migrate.ErrHalfApplied) {
			t.Errorf("got %v", err)
		}
		if f, err := r.Check(t.Context()); err != nil || !f.Unfinished {
			t.Errorf("check %+v %v", f, err)
		}
	})
}

// TestEnsureVersion makes the version table and nothing else, twice.
func TestEnsureVersion(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		r := runner(t, eng, line()...)
		for n := range 2 {
			made, err := r.EnsureVersion(t.Context())
			if err != nil || len(made) != 1-n {
				t.Errorf("made %v: %v", made, err)
			}
		}
		if got := tables(t, eng); !slices.Equal(got, []string{"alembic_version"}) {
			t.Errorf("tables %v", got)
		}
	})
}

// TestForeignKeysAreWatchedDuringARebuild: where the engine does not watch
// foreign keys while a table is rebuilt, a statement of the same revision that
// breaks one is found all the same.
func TestForeignKeysAreWatchedDuringARebuild(t *testing.T) {
	breaks := migrate.Revision{ID: "cc", Down: []string{"ba3333333333"}, Upgrade: func(ops *op.Ops) {
		ops.AlterColumn("users", "name").NotNull().Default("x")
		ops.Execute("UPDATE {posts} SET {user_id} = 'nobody'").NoReverse()
	}}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		r := runner(t, eng, append(line(), breaks)...)
		upgrade(t, r, "ba33")
		execute(t, eng, "UPDATE users SET name = 'b' WHERE name IS NULL")
		if _, err := r.Upgrade(t.Context(), "head"); dberr.CodeOf(err) != dberr.ForeignKey {
			t.Errorf("got %v", err)
		}
		if s := one[string](t, eng, "SELECT user_id FROM posts"); s != "u1" {
			t.Errorf("user_id is %s", s)
		}
		// The connection watches again.
		_, err := eng.Exec(t.Context(), engine.Statement{SQL: "UPDATE posts SET user_id = 'nobody'", Write: true})
		if dberr.CodeOf(err) != dberr.ForeignKey {
			t.Errorf("afterwards: %v", err)
		}
	})
}
