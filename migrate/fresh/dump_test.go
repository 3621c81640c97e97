package fresh_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/schema"
)

// The dumps in testdata are of databases that Open WebUI 0.12.4 made itself.

// fromDump opens a database that holds what the dump says.
func fromDump(t *testing.T, engineName string) (*engine.Engine, testdb.DB) {
	t.Helper()
	db := testdb.New(t, engineName)
	eng := enginetest.Open(t, db.URL, engine.Options{})
	text, err := os.ReadFile("testdata/" + engineName + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	err = eng.OnWriter(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
		for _, s := range statements(string(text)) {
			if _, err := conn.ExecContext(ctx, s); err != nil {
				return fmt.Errorf("%w in %s", err, s)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return eng, db
}

// statements of a dump without what concerns the session and the owner: the
// server of the test has other users.
func statements(dump string) []string {
	var lines []string
	for line := range strings.Lines(dump) {
		if strings.HasPrefix(line, "--") || strings.HasPrefix(line, `\`) || strings.HasPrefix(line, "SET ") ||
			strings.HasPrefix(line, "SELECT ") || strings.Contains(line, " OWNER TO ") {
			continue
		}
		lines = append(lines, line)
	}
	return slices.DeleteFunc(strings.Split(strings.Join(lines, ""), ";\n"),
		func(s string) bool { return strings.TrimSpace(s) == "" })
}

func created(t *testing.T, engineName string) (*engine.Engine, testdb.DB) {
	t.Helper()
	db := testdb.New(t, engineName)
	eng := enginetest.Open(t, db.URL, engine.Options{})
	create(t, eng)
	return eng, db
}

// dumped are the engines on which Open WebUI runs.
func dumped() []string {
	return slices.DeleteFunc(testdb.Engines(), func(e string) bool { return e != testdb.SQLite && e != testdb.PostgreSQL })
}

// A fresh database is what Open WebUI makes, by the inspector and by a reading
// of the catalog that shares nothing with it.
func TestAFreshDatabaseEqualsTheDump(t *testing.T) {
	for _, e := range dumped() {
		t.Run(e, func(t *testing.T) {
			theirs, _ := fromDump(t, e)
			ours, _ := created(t, e)
			a, b := inspect(t, theirs), inspect(t, ours)
			if len(a) != 48 {
				t.Errorf("%d tables in the dump, want 48", len(a))
			}
			for _, c := range schema.Diff(a, b) {
				t.Errorf("theirs to ours: %s", c)
			}
			for _, c := range schema.Diff(b, a) {
				t.Errorf("ours to theirs: %s", c)
			}
			for i := range a {
				if x, y := columnOrder(a[i]), columnOrder(b[i]); !slices.Equal(x, y) {
					t.Errorf("columns of %s: %v, want %v", a[i].Name, y, x)
				}
			}
			want, got := facts(t, theirs, e), facts(t, ours, e)
			if len(want) < 500 {
				t.Errorf("the catalog gave only %d facts", len(want))
			}
			for _, f := range missing(want, got) {
				t.Errorf("theirs alone: %s", f)
			}
			for _, f := range missing(got, want) {
				t.Errorf("ours alone: %s", f)
			}
			t.Logf("%d tables, %d facts", len(a), len(want))
		})
	}
}

func columnOrder(t *schema.Table) []string {
	var out []string
	for _, c := range t.Columns {
		out = append(out, c.Name)
	}
	return out
}

func missing(from, in []string) []string {
	return slices.DeleteFunc(slices.Clone(from), func(f string) bool { return slices.Contains(in, f) })
}

// The text that pg_dump prints is the same to the letter.
func TestAFreshDatabaseDumpsTheSame(t *testing.T) {
	if !slices.Contains(testdb.Engines(), testdb.PostgreSQL) {
		return
	}
	program, err := exec.LookPath("pg_dump")
	if err != nil {
		t.Log("no pg_dump on this machine: the catalogs were compared by TestAFreshDatabaseEqualsTheDump")
		return
	}
	dump := func(db testdb.DB) string {
		cmd := exec.CommandContext(t.Context(), program, "--schema-only", "--no-owner", "--no-privileges", "--dbname", db.URL)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		out, err := cmd.Output()
		if err != nil {
			if strings.Contains(errs.String(), "server version mismatch") {
				t.Logf("pg_dump does not fit the server: %s", errs.String())
				return ""
			}
			t.Fatalf("pg_dump: %v: %s", err, errs.String())
		}
		var lines []string
		for line := range strings.Lines(string(out)) {
			// The key that guards the dump is another one each time.
			if !strings.HasPrefix(line, `\`) {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "")
	}
	_, theirs := fromDump(t, testdb.PostgreSQL)
	_, ours := created(t, testdb.PostgreSQL)
	a, b := dump(theirs), dump(ours)
	if a == b {
		t.Logf("%d lines are equal", strings.Count(a, "\n"))
		return
	}
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			t.Fatalf("line %d differs:\ntheirs %q\nours   %q", i+1, x[i], y[min(i, len(y)-1)])
		}
	}
	t.Fatalf("ours goes on behind line %d", len(x))
}

// facts lists what the catalog of a database says, one line each, read without
// the inspector.
func facts(t *testing.T, eng *engine.Engine, engineName string) []string {
	t.Helper()
	var out []string
	err := eng.OnWriter(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
		var err error
		out, err = catalog(ctx, conn, engineName)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func catalog(ctx context.Context, q querier, engineName string) ([]string, error) {
	var out []string
	for _, query := range catalogQueries[engineName] {
		rows, err := q.QueryContext(ctx, query)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				rows.Close()
				return nil, err
			}
			if engineName == testdb.SQLite {
				out = append(out, textFacts(line)...)
			} else {
				out = append(out, line)
			}
		}
		if err := rows.Close(); err != nil {
			return nil, err
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	slices.Sort(out)
	return out, nil
}

var catalogQueries = map[string][]string{
	testdb.SQLite: {
		`SELECT 'column ' || m.name || ' ' || x.cid || ' ' || x.name || ' ' || x.type || ' ' || x."notnull" || ' ' || coalesce(x.dflt_value, '-') || ' ' || x.pk || ' ' || x.hidden
			FROM sqlite_master m, pragma_table_xinfo(m.name) x WHERE m.type = 'table'`,
		`SELECT 'key ' || m.name || ' ' || i."unique" || ' ' || i.origin || ' ' || i.partial || ' ' || CASE WHEN i.name LIKE 'sqlite_autoindex%' THEN '-' ELSE i.name END || ' ' ||
			(SELECT group_concat(coalesce(x.name, '(expression)') || ' ' || x."desc" || ' ' || x.coll || ' ' || x.key) FROM pragma_index_xinfo(i.name) x)
			FROM sqlite_master m, pragma_index_list(m.name) i WHERE m.type = 'table'`,
		`SELECT 'reference ' || m.name || ' ' || f."from" || ' ' || f."table" || ' ' || coalesce(f."to", '-') || ' ' || f.on_update || ' ' || f.on_delete || ' ' || f."match"
			FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`,
		`SELECT sql FROM sqlite_master WHERE sql IS NOT NULL`,
	},
	testdb.PostgreSQL: {
		`SELECT format('column %s %s %s %s %s %s %s %s', table_name, column_name, ordinal_position, data_type, character_maximum_length, is_nullable, column_default, collation_name)
			FROM information_schema.columns WHERE table_schema = 'public'`,
		`SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace = 'public'::regnamespace`,
		`SELECT format('index %s', indexdef) FROM pg_indexes WHERE schemaname = 'public'`,
		`SELECT format('relation %s %s %s', relname, relkind, relpersistence) FROM pg_class WHERE relnamespace = 'public'::regnamespace`,
		`SELECT format('sequence %s %s %s %s %s', sequencename, data_type, start_value, increment_by, cycle) FROM pg_sequences WHERE schemaname = 'public'`,
		`SELECT format('trigger %s %s', tgrelid::regclass, tgfoid::regproc) FROM pg_trigger`,
	},
}

// textFacts is the text of a statement of SQLite as its items, without quotes,
// case and space: "create table" gives one line for each column and constraint.
func textFacts(text string) []string {
	if !strings.HasPrefix(text, "CREATE ") {
		return []string{text}
	}
	plain := strings.ToLower(strings.NewReplacer(`"`, "", "\n", " ", "\t", " ", "`", "").Replace(text))
	head, body, _ := strings.Cut(plain, "(")
	if strings.HasPrefix(head, "create index") || strings.HasPrefix(head, "create unique") {
		return []string{squeeze(plain)}
	}
	var out []string
	depth, start := 0, 0
	for i, c := range body {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth < 0 || depth == 0 && c == ',' {
			out = append(out, squeeze(head)+" "+squeeze(body[start:i]))
			start = i + 1
		}
		if depth < 0 {
			break
		}
	}
	return out
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }
