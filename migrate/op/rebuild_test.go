package op_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// fixture is a table that much hangs on. The word in front of the predicate
// and the view are what other tools stumble over.
func fixture(where string, view bool) []string {
	out := []string{
		`CREATE TABLE p (id integer primary key autoincrement, a text, b text)`,
		`CREATE TABLE c (pid references p(id) on delete cascade)`,
		`create index ixp ON p(b) ` + where + ` b IS NOT NULL`,
		`CREATE TABLE seen (what TEXT)`,
		`CREATE TRIGGER tr AFTER INSERT ON p BEGIN INSERT INTO seen VALUES ('new ' || NEW.a); END`,
		`CREATE TRIGGER elsewhere AFTER DELETE ON c BEGIN INSERT INTO seen SELECT 'child of ' || a FROM p WHERE id = OLD.pid; END`,
	}
	if view {
		out = append(out, `CREATE VIEW v AS SELECT p.id, p.a, count(c.pid) AS n FROM p LEFT JOIN c ON c.pid = p.id GROUP BY p.id`)
	}
	for n := 1; n <= 10; n++ {
		out = append(out, fmt.Sprintf(`INSERT INTO p (a, b) VALUES ('a%d', %s)`, n, []string{"NULL", "'b'"}[n%2]),
			fmt.Sprintf(`INSERT INTO c VALUES (%d)`, n))
	}
	return append(out, `DELETE FROM p WHERE id = 10`, `DELETE FROM c WHERE pid = 10`)
}

func sqliteWith(t testing.TB, statements []string) *engine.Engine {
	t.Helper()
	eng := enginetest.Open(t, testdb.New(t, testdb.SQLite).URL, engine.Options{})
	raw(t, eng, statements...)
	return eng
}

func raw(t testing.TB, eng *engine.Engine, statements ...string) {
	t.Helper()
	err := eng.OnWriter(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
		for _, s := range statements {
			if _, err := conn.ExecContext(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s, cause(err))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(cause(err))
	}
}

// one value of one row.
func value(t testing.TB, eng *engine.Engine, query string) string {
	t.Helper()
	got := ""
	err := eng.OnWriter(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
		var v sql.NullString
		err := conn.QueryRowContext(ctx, query).Scan(&v)
		got = v.String
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return got
}

func notNull(t testing.TB) []op.Op {
	t.Helper()
	return record(t, func(ops *op.Ops) { ops.AlterColumn("p", "a").NotNull() })
}

func TestRebuildLosesNothing(t *testing.T) {
	for _, where := range []string{"WHERE", "where", "Where\n"} {
		for _, view := range []bool{false, true} {
			t.Run(fmt.Sprintf("%q view=%v", where, view), func(t *testing.T) {
				eng := sqliteWith(t, fixture(where, view))
				mustRun(t, eng, notNull(t)...)
				check := func(what, query, want string) {
					t.Helper()
					if got := value(t, eng, query); got != want {
						t.Errorf("%s: %q, want %q", what, got, want)
					}
				}
				check("rows in p", `SELECT count(*) || ' ' || min(id) || ' ' || max(id) FROM p`, "9 1 9")
				check("rows in c", `SELECT count(*) FROM c`, "9")
				check("a is not null", `SELECT "notnull" FROM pragma_table_info('p') WHERE name = 'a'`, "1")
				check("counter", `SELECT seq FROM sqlite_sequence WHERE name = 'p'`, "10")
				check("counters", `SELECT count(*) FROM sqlite_sequence`, "1")
				check("partial index", `SELECT partial FROM pragma_index_list('p') WHERE name = 'ixp'`, "1")
				check("foreign keys", `PRAGMA foreign_keys`, "1")
				check("old rules", `PRAGMA legacy_alter_table`, "0")
				check("reference", `SELECT "table" || ' ' || on_delete FROM pragma_foreign_key_list('c')`, "p CASCADE")
				check("tables left over", `SELECT count(*) FROM sqlite_schema WHERE name LIKE 'larder%'`, "0")
				if view {
					check("view", `SELECT sum(n) FROM v`, "9")
				}
				raw(t, eng, `DELETE FROM seen`, `INSERT INTO p (a) VALUES ('x')`, `DELETE FROM c WHERE pid = 1`)
				check("the number of a deleted row does not come back", `SELECT max(id) FROM p`, "11")
				check("triggers", `SELECT group_concat(what, ', ') FROM (SELECT what FROM seen ORDER BY what)`, "child of a1, new x")
				raw(t, eng, `DELETE FROM p WHERE id = 2`)
				check("cascade", `SELECT count(*) FROM c`, "7")
			})
		}
	}
}

// TestRebuildKeepsTheText has what the schema has no word for.
func TestRebuildKeepsTheText(t *testing.T) {
	eng := sqliteWith(t, []string{
		"CREATE TABLE w (k TEXT COLLATE NOCASE NOT NULL ON CONFLICT IGNORE, n INTEGER CHECK (n <> 7) CONSTRAINT big CHECK (n < 100),\n" +
			" twice INTEGER GENERATED ALWAYS AS (n * 2) STORED, half INTEGER AS (n / 2), self TEXT REFERENCES w (k) MATCH SIMPLE DEFERRABLE INITIALLY DEFERRED,\n" +
			" PRIMARY KEY (k), CONSTRAINT u UNIQUE (n, k) ON CONFLICT REPLACE /* last */) WITHOUT ROWID, STRICT",
		`CREATE INDEX expr ON w (lower(k) COLLATE RTRIM DESC, n) WHERE n IN (1, 2)`,
		`INSERT INTO w (k, n, self) VALUES ('A', 1, 'A'), ('b', 2, 'a')`,
	})
	before := state(t, eng)
	ops := record(t, func(ops *op.Ops) {
		ops.Batch("w", func(ops *op.Ops) {
			ops.AlterColumn("w", "n").Default(5).NotNull()
			ops.AddCheck("w", "", "{n} > -1")
		})
	})
	back, err := op.Reverse(before, ops)
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, eng, ops...)
	text := value(t, eng, `SELECT sql FROM sqlite_schema WHERE name = 'w'`)
	for _, want := range []string{"NOT NULL ON CONFLICT IGNORE", "COLLATE NOCASE", "CONSTRAINT big CHECK (n < 100)",
		"half INTEGER AS (n / 2)",
		"MATCH SIMPLE DEFERRABLE INITIALLY DEFERRED", "ON CONFLICT REPLACE", "WITHOUT ROWID, STRICT", "DEFAULT 5", `CONSTRAINT "ck_w_n" CHECK`} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %s", want, text)
		}
	}
	if got := value(t, eng, `SELECT group_concat(k || n || twice || half || self, ' ') FROM w`); got != "A120A b241a" {
		t.Error(got)
	}
	if got := value(t, eng, `SELECT sql FROM sqlite_schema WHERE name = 'expr'`); got != `CREATE INDEX expr ON w (lower(k) COLLATE RTRIM DESC, n) WHERE n IN (1, 2)` {
		t.Error(got)
	}
	mustRun(t, eng, back...)
	if d := schema.Diff(inspect(t, eng), before.Tables()); len(d) > 0 {
		t.Errorf("after the way back:%s", lines(d))
	}
}

// TestRebuildKeepsRowNumbers, by which a full-text index knows its rows.
func TestRebuildKeepsRowNumbers(t *testing.T) {
	eng := sqliteWith(t, []string{
		`CREATE TABLE doc (id TEXT PRIMARY KEY, body TEXT)`,
		`INSERT INTO doc (rowid, id, body) VALUES (5, 'a', 'pear'), (9, 'b', 'plum')`,
		`CREATE VIRTUAL TABLE words USING fts5(body, content='doc')`,
		`INSERT INTO words (words) VALUES ('rebuild')`,
	})
	mustRun(t, eng, record(t, func(ops *op.Ops) { ops.AlterColumn("doc", "body").NotNull() })...)
	if got := value(t, eng, `SELECT d.id FROM words w JOIN doc d ON d.rowid = w.rowid WHERE words MATCH 'plum'`); got != "b" {
		t.Error(got)
	}
}

// TestRebuildRefuses what would break something, before anything is changed.
func TestRebuildRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		more []string
		ops  func(ops *op.Ops)
		want string
	}{
		"a view names the column": {[]string{`CREATE VIEW only_b AS SELECT b FROM p`}, func(ops *op.Ops) {
			ops.Batch("p", func(ops *op.Ops) { ops.DropColumn("p", "b"); ops.AlterColumn("p", "a").NotNull() })
		}, "view only_b"},
		"a trigger names the column": {[]string{`CREATE TRIGGER tb AFTER UPDATE ON p BEGIN INSERT INTO seen VALUES (NEW.b); END`}, func(ops *op.Ops) {
			ops.Batch("p", func(ops *op.Ops) { ops.DropColumn("p", "b"); ops.AlterColumn("p", "a").NotNull() })
		}, "trigger tb"},
		"a trigger elsewhere names the column": {[]string{`DROP VIEW v`, `DROP TRIGGER tr`}, func(ops *op.Ops) {
			ops.Batch("p", func(ops *op.Ops) { ops.DropColumn("p", "a"); ops.AlterColumn("p", "b").Default("x") })
		}, "trigger elsewhere"},
		"rows refer to the table": {nil, func(ops *op.Ops) { ops.DropTable("p") }, "rows of table c"},
		"a view reads the table":  {[]string{`DELETE FROM c`, `CREATE VIEW all_p AS SELECT * FROM p`}, func(ops *op.Ops) { ops.DropTable("p") }, "view"},
		"a row has no value":      {[]string{`UPDATE p SET a = NULL WHERE id = 3`}, func(ops *op.Ops) { ops.AlterColumn("p", "a").NotNull() }, "column p.a has rows without a value"},
		"rows refer to nothing": {[]string{`CREATE TABLE other (id INTEGER PRIMARY KEY)`, `INSERT INTO other VALUES (1)`}, func(ops *op.Ops) {
			ops.AddForeignKey("other",
				schema.ForeignKey{Columns: []string{"id"}, RefTable: "missing", RefColumns: []string{"id"}})
		}, ""},
		"a value is no number": {nil, func(ops *op.Ops) { ops.AlterColumn("p", "a").Type(schema.Type{Kind: schema.BigInt}) }, "no BIGINT"},
		"a value is no JSON":   {nil, func(ops *op.Ops) { ops.AlterColumn("p", "a").Type(schema.Type{Kind: schema.JSON}) }, "no JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			eng := sqliteWith(t, append(fixture("WHERE", true), c.more...))
			before := dump(t, eng)
			err := run(t, eng, record(t, c.ops)...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error: %v", err)
			}
			if after := dump(t, eng); after != before {
				t.Errorf("something is changed:\n%s\nwas\n%s", after, before)
			}
			if got := value(t, eng, `PRAGMA foreign_keys`); got != "1" {
				t.Error("foreign keys are off")
			}
		})
	}
}

// TestRebuildWithOrphans: rows that referred to nothing before do not stop it.
func TestRebuildWithOrphans(t *testing.T) {
	eng := sqliteWith(t, append(fixture("WHERE", true), `PRAGMA foreign_keys = OFF`, `INSERT INTO c VALUES (77)`,
		`PRAGMA foreign_keys = ON`,
		`CREATE VIEW broken AS SELECT gone FROM p`))
	mustRun(t, eng, notNull(t)...)
	if got := value(t, eng, `SELECT count(*) FROM c`); got != "10" {
		t.Error(got)
	}
}

// TestRebuildNeedsForeignKeysOff: a runner that forgets is told so.
func TestRebuildNeedsForeignKeysOff(t *testing.T) {
	eng := sqliteWith(t, fixture("WHERE", true))
	s := state(t, eng)
	steps, err := op.Compile(notNull(t)[0], s, op.Target{Dialect: eng.Dialect(), DDL: eng.DDL()})
	if err != nil {
		t.Fatal(err)
	}
	script := steps[0].Script
	if !slices.Contains(script.Before, "PRAGMA foreign_keys = OFF") {
		t.Fatalf("before: %q", script.Before)
	}
	script.Before = nil
	err = eng.OnWriter(t.Context(),
		func(ctx context.Context, conn *sql.Conn) error { return runScript(ctx, eng, conn, script) })
	if dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), "PRAGMA foreign_keys = OFF") {
		t.Errorf("error: %v", err)
	}
	if got := value(t, eng, `SELECT count(*) FROM c`); got != "9" {
		t.Error(got)
	}
}

// dump is all that a database holds.
func dump(t testing.TB, eng *engine.Engine) string {
	t.Helper()
	var b strings.Builder
	err := eng.OnWriter(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
		queries := []string{`SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1`,
			`SELECT name || ' ' || seq FROM sqlite_sequence`}
		rows, err := conn.QueryContext(ctx,
			`SELECT m.name, group_concat('coalesce(quote("' || x.name || '"), '''')', ' || '','' || ') FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) x WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' GROUP BY 1`)
		if err != nil {
			return err
		}
		for rows.Next() {
			var table, columns string
			if err := rows.Scan(&table, &columns); err != nil {
				return err
			}
			queries = append(queries, fmt.Sprintf(`SELECT '%s ' || %s FROM "%s" ORDER BY 1`, table, columns, table))
		}
		if err := rows.Close(); err != nil {
			return err
		}
		for _, q := range queries {
			rows, err := conn.QueryContext(ctx, q)
			if err != nil {
				return fmt.Errorf("%s: %w", q, err)
			}
			for rows.Next() {
				var s string
				if err := rows.Scan(&s); err != nil {
					return err
				}
				b.WriteString(s + "\n")
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// killAt names the variable that makes this program a child of
// TestRebuildKilled: it kills itself ahead of a statement.
const killAt = "LARDER_TEST_KILL_AT"

func TestMain(m *testing.M) {
	if at := os.Getenv(killAt); at != "" {
		os.Exit(killedChild(at, os.Getenv("LARDER_TEST_URL")))
	}
	os.Exit(m.Run())
}

// killedChild runs the change and kills itself ahead of the statement of that
// number; behind the last one, ahead of the commit; then behind the commit.
func killedChild(at, url string) int {
	n, err := strconv.Atoi(at)
	if err != nil {
		return 3
	}
	die := func(now int) {
		if now == n {
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				_ = self.Kill() // nothing of this process runs on
			}
			select {}
		}
	}
	ctx := context.Background()
	err = func() error {
		eng, err := engine.Open(ctx, url, engine.Options{Drivers: engines.All()})
		if err != nil {
			return err
		}
		defer eng.Close()
		live, err := eng.Inspect(ctx, driver.InspectOptions{})
		if err != nil {
			return err
		}
		s, err := op.NewState(eng.DDL(), live...)
		if err != nil {
			return err
		}
		ops, err := op.Record(func(ops *op.Ops) { ops.AlterColumn("p", "a").NotNull() })
		if err != nil {
			return err
		}
		return eng.OnWriter(ctx, func(ctx context.Context, conn *sql.Conn) error {
			steps, err := op.Compile(ops[0], s, op.Target{Dialect: eng.Dialect(), DDL: eng.DDL(), Extras: func(table string) (driver.Extras, error) {
				return eng.DDL().Extras(ctx, conn, driver.InspectOptions{}, table)
			}})
			if err != nil {
				return err
			}
			script := steps[0].Script
			for _, b := range script.Before {
				if _, err := conn.ExecContext(ctx, b); err != nil {
					return err
				}
			}
			tx, err := conn.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			err = driver.RunStatements(ctx, tx, script,
				driver.RunOptions{Each: func(now int, _ driver.ScriptStatement) error { die(now); return nil }})
			if err != nil {
				return err
			}
			die(len(script.Statements))
			if err := tx.Commit(); err != nil {
				return err
			}
			die(len(script.Statements) + 1)
			return nil
		})
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 4
	}
	return 0
}

func TestRebuildKilled(t *testing.T) {
	db := testdb.New(t, testdb.SQLite)
	eng := enginetest.Open(t, db.URL, engine.Options{})
	raw(t, eng, fixture("where", true)...)
	before := dump(t, eng)
	kills, done := 0, false
	for n := 0; !done; n++ {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", killAt, n), "LARDER_TEST_URL="+db.URL)
		out, err := cmd.CombinedOutput()
		killed := false
		var x *exec.ExitError
		if errors.As(err, &x) {
			killed = !x.Exited() || x.ExitCode() == 1 // by a signal, or by what takes its place on Windows
		}
		if err != nil && !killed {
			t.Fatalf("killed ahead of statement %d: %v: %s", n, err, out)
		}
		if killed {
			kills++
		} else {
			done = true
		}
		// A new process finds either the old database, whole, or the new one.
		again := enginetest.Open(t, db.URL, engine.Options{})
		now := dump(t, again)
		changed := strings.Contains(value(t, again, `SELECT sql FROM sqlite_schema WHERE name = 'p'`), "NOT NULL")
		if !changed && now != before {
			t.Fatalf("killed ahead of statement %d:\n%s\nwas\n%s", n, now, before)
		}
		if got := value(t, again,
			`SELECT (SELECT count(*) FROM p) || ' ' || (SELECT count(*) FROM c) || ' ' || (SELECT seq FROM sqlite_sequence) || ' ' || (SELECT sum(n) FROM v)`); got != "9 9 10 9" {
			t.Fatalf("killed ahead of statement %d: %s", n, got)
		}
		if got := value(t, again, `PRAGMA integrity_check`); got != "ok" {
			t.Fatal(got)
		}
		if killed && changed {
			// Behind the commit. The next run, from the old state, is the one that ends.
			done = true
		}
	}
	if kills < 10 {
		t.Errorf("only %d kills", kills)
	}
	t.Logf("%d kills", kills)
}
