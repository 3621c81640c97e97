package migrate_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/command"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"

	"github.com/larder-db/larder/dburl"
)

// offline is a runner that writes scripts for a URL that nobody connects to.
func offline(t testing.TB, url string, revs ...migrate.Revision) *migrate.Runner {
	t.Helper()
	u, err := dburl.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	target, err := command.TargetFor(engines.All(), u)
	if err != nil {
		t.Fatal(err)
	}
	return runnerWith(t, migrate.Options{Target: target, Lineages: []migrate.Lineage{{Revisions: revs}}})
}

// feed runs a script in the engine's own shell.
func feed(t testing.TB, db testdb.DB, script string) {
	t.Helper()
	c := testdb.Client(t, db)
	c.Stdin = strings.NewReader(script)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("the shell: %v\n%s\n%s", err, out, script)
	}
}

func sql(t testing.TB, r *migrate.Runner, d migrate.Direction, from, to string) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.SQL(t.Context(), &b, d, from, to); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// rebuilt has what makes SQLite rebuild a table, and what others do in place.
var rebuilt = migrate.Revision{ID: "ca4444444444", Down: []string{"ba3333333333"}, Doc: "four",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("posts", op.Integer("stars").Default(int64(0)))
		ops.AddCheck("posts", "ck_posts_stars", "{stars} >= 0")
		ops.AlterColumn("users", "name").Type(schema.Type{Kind: schema.String, Length: 300}).Default("it's ; a \\ name")
		ops.RenameColumn("posts", "body", "text")
		ops.Execute("UPDATE {posts} SET {text} = ? WHERE {id} = ?", "a;b\n'c' \\ -- ü", 1).NoReverse()
		ops.CreateIndex("posts",
			&schema.Index{Name: "ix_posts_stars", Parts: []schema.IndexPart{{Column: "stars", Desc: true}}}, op.Concurrently)
	},
	Downgrade: func(ops *op.Ops) {
		ops.DropIndex("posts", "ix_posts_stars", op.Concurrently)
		ops.RenameColumn("posts", "text", "body")
		ops.AlterColumn("users", "name").Type(schema.Type{Kind: schema.Text}).NoDefault()
		ops.DropCheck("posts", "ck_posts_stars")
		ops.DropColumn("posts", "stars")
	}}

// TestScriptsMakeWhatARunMakes feeds scripts to psql, mysql, mariadb and
// sqlite3 and compares with a database that was migrated online.
func TestScriptsMakeWhatARunMakes(t *testing.T) {
	revs := append(line(), rebuilt)
	for _, name := range testdb.Engines() {
		t.Run(name, func(t *testing.T) {
			online, byScript := testdb.New(t, name), testdb.New(t, name)
			eng := enginetest.Open(t, online.URL, engine.Options{})
			r := runner(t, eng, revs...)
			upgrade(t, r, "head")
			off := offline(t, byScript.URL, revs...)
			feed(t, byScript, sql(t, off, migrate.Up, "", "ab22"))
			feed(t, byScript, sql(t, off, migrate.Up, "ab22", "head"))
			other := enginetest.Open(t, byScript.URL, engine.Options{})
			if d := schema.Diff(snapshotOf(t, other), snapshotOf(t, eng)); len(d) != 0 {
				t.Errorf("the script made something else: %v", d)
			}
			if got := rows(t, runner(t, other, revs...)); len(got) != 1 || got[0] != "ca4444444444" {
				t.Errorf("at %v", got)
			}
			for _, q := range []string{"SELECT name FROM users WHERE id = 'u1'", "SELECT text FROM posts WHERE id = 1"} {
				if a, b := one[string](t, eng, q), one[string](t, other, q); a != b {
					t.Errorf("%s: %q online and %q by the script", q, a, b)
				}
			}
			downgrade(t, r, "aa11")
			feed(t, byScript, sql(t, off, migrate.Down, "head", "aa11"))
			if d := schema.Diff(snapshotOf(t, other), snapshotOf(t, eng)); len(d) != 0 {
				t.Errorf("on the way down the script made something else: %v", d)
			}
			if got := rows(t, runner(t, other, revs...)); len(got) != 1 || got[0] != "aa1111111111" {
				t.Errorf("at %v", got)
			}
			var b bytes.Buffer
			if err := off.StampSQL(&b, "aa11", "head"); err != nil {
				t.Fatal(err)
			}
			feed(t, byScript, b.String())
			if got := rows(t, runner(t, other, revs...)); len(got) != 1 || got[0] != "ca4444444444" {
				t.Errorf("stamped at %v", got)
			}
		})
	}
}

func TestADataStepIsNoScript(t *testing.T) {
	r := offline(t, "postgresql://", killable()...)
	var b bytes.Buffer
	err := r.SQL(t.Context(), &b, migrate.Up, "", "head")
	if dberr.CodeOf(err) != dberr.Unsupported || !strings.Contains(err.Error(), "k2") ||
		!strings.Contains(err.Error(), "count once") {
		t.Errorf("got %v", err)
	}
}
