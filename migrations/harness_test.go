package migrations_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrations"
	"github.com/larder-db/larder/schema"
)

// The databases in testdata/revisions were made by Open WebUI 0.12.4 itself:
// one at a revision, filled with rows, and the same after its own migrations
// took it to the head.

// runner is a runner over the whole history. notices may be nil.
func runner(t testing.TB, eng *engine.Engine, o migrations.Options, notices *[]string) *migrate.Runner {
	t.Helper()
	r, err := migrate.New(migrate.Options{
		Engine: eng, Snapshot: migrate.SnapshotNever,
		Lineages: []migrate.Lineage{{VersionTable: "alembic_version", Revisions: migrations.History(o)}},
		Events: func(e migrate.Event) {
			if e.Kind == migrate.Notice && notices != nil {
				*notices = append(*notices, e.Text)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func upgrade(t testing.TB, eng *engine.Engine, target string) {
	t.Helper()
	if _, err := runner(t, eng, migrations.Options{}, nil).Upgrade(t.Context(), target); err != nil {
		t.Fatalf("upgrade to %s: %v", target, err)
	}
}

func downgrade(t testing.TB, eng *engine.Engine, target string) {
	t.Helper()
	if _, err := runner(t, eng, migrations.Options{}, nil).Downgrade(t.Context(), target); err != nil {
		t.Fatalf("downgrade to %s: %v", target, err)
	}
}

// ids are the revisions in order.
func ids() []string {
	var out []string
	for _, r := range migrations.All() {
		out = append(out, r.ID)
	}
	return out
}

// fixtures are the revisions at which there are databases, in the order of the
// history.
func fixtures(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir("testdata/revisions")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	order := ids()
	slices.SortFunc(out, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
	return out
}

func unpack(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sqliteFile opens a copy of a database of testdata.
func sqliteFile(t testing.TB, path string) *engine.Engine {
	t.Helper()
	return enginetest.Open(t, sqliteCopy(t, path), engine.Options{})
}

func sqliteCopy(t testing.TB, path string) (url string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "webui.db")
	if err := os.WriteFile(file, unpack(t, path), 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:///" + file
}

// postgres opens a database with a dump of testdata.
func postgres(t testing.TB, path string) *engine.Engine {
	t.Helper()
	return enginetest.Open(t, postgresCopy(t, path), engine.Options{})
}

func postgresCopy(t testing.TB, path string) (url string) {
	t.Helper()
	db := testdb.New(t, testdb.PostgreSQL)
	var script bytes.Buffer
	for line := range strings.Lines(string(unpack(t, path))) {
		if !strings.HasPrefix(line, `\restrict`) && !strings.HasPrefix(line, `\unrestrict`) {
			script.WriteString(line)
		}
	}
	psql := testdb.Client(t, db)
	psql.Stdin = &script
	if out, err := psql.CombinedOutput(); err != nil {
		t.Fatalf("load %s: %v\n%s", path, err, out)
	}
	return db.URL
}

// atRevision opens a database with the rows of a fixture at its revision.
func atRevision(t testing.TB, engineName, id string) *engine.Engine {
	t.Helper()
	return enginetest.Open(t, copyAt(t, engineName, id), engine.Options{})
}

// copyAt makes a database with the rows of a fixture at its revision. On
// engines that Open WebUI does not run on, the history makes the tables and
// the rows come from the file.
func copyAt(t testing.TB, engineName, id string) (url string) {
	t.Helper()
	dir := "testdata/revisions/" + id
	switch engineName {
	case testdb.SQLite:
		return sqliteCopy(t, dir+"/webui.db.gz")
	case testdb.PostgreSQL:
		return postgresCopy(t, dir+"/pg.sql.gz")
	}
	url = testdb.New(t, engineName).URL
	eng := enginetest.Open(t, url, engine.Options{})
	upgrade(t, eng, id)
	copyRows(t, sqliteFile(t, dir+"/webui.db.gz"), eng)
	return url
}

// copyRows copies the rows of all tables, referred ones first.
func copyRows(t testing.TB, from, to *engine.Engine) {
	t.Helper()
	tables, _ := schema.Sorted(live(t, to))
	source := live(t, from)
	for _, tab := range tables {
		i := slices.IndexFunc(source, func(s *schema.Table) bool { return s.Name == tab.Name })
		if i < 0 {
			continue
		}
		src := source[i]
		var columns []string
		for _, c := range src.Columns {
			if tab.Column(c.Name) == nil {
				t.Fatalf("%s has no column %s", tab.Name, c.Name)
			}
			columns = append(columns, c.Name)
		}
		rows := values(t, from, src, columns)
		_, err := engine.BulkInsert(t.Context(), to, tab.Name, columns, func(yield func([]any, error) bool) {
			for _, row := range rows {
				out := make([]any, len(row))
				for i, v := range row {
					if v == nil {
						continue
					}
					c := tab.Column(columns[i])
					enc, err := to.Dialect().Encode(src.Column(columns[i]).Type, asGo(src.Column(columns[i]), v))
					if err != nil {
						yield(nil, fmt.Errorf("%s.%s: %w", tab.Name, c.Name, err))
						return
					}
					out[i] = enc
				}
				if !yield(out, nil) {
					return
				}
			}
		})
		if err != nil {
			t.Fatalf("copy %s: %v", tab.Name, err)
		}
	}
}

func asGo(c *schema.Column, v any) any {
	switch c.Type.Kind {
	case schema.Boolean:
		return truth(v)
	case schema.DateTime, schema.Date:
		if s, ok := v.(string); ok {
			for _, l := range []string{"2006-01-02 15:04:05.999999", time.DateOnly, time.RFC3339Nano} {
				if at, err := time.Parse(l, s); err == nil {
					return at
				}
			}
		}
	case schema.JSON, schema.Text, schema.String:
		return text(v)
	}
	return v
}

func truth(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case int64:
		return v != 0
	}
	return text(v) == "1"
}

func text(v any) string {
	switch v := v.(type) {
	case []byte:
		return string(v)
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05.999999")
	}
	return fmt.Sprint(v)
}

// live inspects a database, without the version table and our own tables.
func live(t testing.TB, eng *engine.Engine) []*schema.Table {
	t.Helper()
	tables, err := eng.Inspect(t.Context(), driver.InspectOptions{Tables: func(n string) bool {
		return n != "alembic_version" && !strings.HasPrefix(n, "larder_")
	}})
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

// sameSchema compares two schemas, and the order of columns.
func sameSchema(t testing.TB, what string, want, got []*schema.Table) {
	t.Helper()
	for _, c := range schema.Diff(got, want) {
		t.Errorf("%s: to be done: %s", what, c)
	}
	for _, c := range schema.Diff(want, got) {
		if _, ok := c.(schema.DropColumn); !ok {
			continue
		}
		t.Errorf("%s: not there: %s", what, c)
	}
}

func sameOrder(t testing.TB, what string, want, got []*schema.Table) {
	t.Helper()
	order := func(tab *schema.Table) (out []string) {
		for _, c := range tab.Columns {
			out = append(out, c.Name)
		}
		return out
	}
	for _, w := range want {
		for _, g := range got {
			if g.Name == w.Name && !slices.Equal(order(w), order(g)) {
				t.Errorf("%s: columns of %s are %v, want %v", what, w.Name, order(g), order(w))
			}
		}
	}
}

// values reads all rows of a table.
func values(t testing.TB, eng *engine.Engine, tab *schema.Table, columns []string) [][]any {
	t.Helper()
	var list []string
	for _, c := range columns {
		b, err := eng.Dialect().AppendIdent(nil, c)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, string(b))
	}
	name, err := eng.Dialect().AppendIdent(nil, tab.Name)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := eng.Query(t.Context(), engine.Statement{SQL: "SELECT " + strings.Join(list, ", ") + " FROM " + string(name)})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out [][]any
	for rows.Next() {
		row, dest := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			dest[i] = &row[i]
		}
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// content is the rows of a database: by table, each row as text, sorted. JSON
// is compared by value; with generated, ids that were made up and times that
// were the present are not told apart.
func content(t testing.TB, eng *engine.Engine, generated bool) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, tab := range live(t, eng) {
		var columns []string
		for _, c := range tab.Columns {
			// An engine without indexes over expressions has a column instead.
			if c.Generated == nil {
				columns = append(columns, c.Name)
			}
		}
		list := []string{}
		for _, row := range values(t, eng, tab, columns) {
			o := map[string]string{}
			for i, v := range row {
				o[columns[i]] = cell(tab.Column(columns[i]), v, generated)
			}
			b, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, string(b))
		}
		slices.Sort(list)
		out[tab.Name] = list
	}
	return out
}

// recent is about when the fixtures were made.
const recent = 1790000000

func cell(c *schema.Column, v any, generated bool) string {
	if v == nil {
		return "NULL"
	}
	switch c.Type.Kind {
	case schema.Boolean:
		return fmt.Sprint(truth(v))
	case schema.DateTime, schema.Date:
		if s := strings.TrimSuffix(text(asGo(c, v)), " 00:00:00"); !generated {
			return s
		}
		return "a time"
	case schema.JSON:
		dec := json.NewDecoder(strings.NewReader(text(v)))
		dec.UseNumber()
		var doc any
		if err := dec.Decode(&doc); err != nil {
			return "no JSON: " + text(v)
		}
		b, err := json.Marshal(doc)
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	if n, ok := v.(int64); ok && generated && (n > recent && n < 1<<32 || c.Name == "created_at" && n > recent*1e9) {
		return "now"
	}
	s := text(v)
	if generated && uuid.MatchString(s) {
		return "a UUID"
	}
	return s
}

// sameContent compares what content gave.
func sameContent(t testing.TB, what string, want, got map[string][]string, ignore func(table, row string) bool) {
	t.Helper()
	tables := map[string]bool{}
	for n := range want {
		tables[n] = true
	}
	for n := range got {
		tables[n] = true
	}
	for n := range tables {
		for _, row := range minus(want[n], got[n]) {
			if ignore == nil || !ignore(n, row) {
				t.Errorf("%s: %s lacks %s", what, n, row)
			}
		}
		for _, row := range minus(got[n], want[n]) {
			if ignore == nil || !ignore(n, row) {
				t.Errorf("%s: %s has %s", what, n, row)
			}
		}
	}
}

// minus is what a has that b has not, counting.
func minus(a, b []string) []string {
	count := map[string]int{}
	for _, s := range b {
		count[s]++
	}
	var out []string
	for _, s := range a {
		if count[s]--; count[s] < 0 {
			out = append(out, s)
		}
	}
	return out
}

// run runs a statement written as package op describes.
func run(t testing.TB, eng *engine.Engine, sql string, args ...any) {
	t.Helper()
	if _, err := op.Run(t.Context(), eng, sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// ask returns the first column of a query, as text.
func ask(t testing.TB, eng *engine.Engine, column, sql string, args ...any) []string {
	t.Helper()
	rows, err := op.Get(context.WithoutCancel(t.Context()), eng, sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	out := []string{}
	for _, r := range rows {
		if r.Null(column) {
			out = append(out, "NULL")
			continue
		}
		out = append(out, r.Text(column))
	}
	return out
}
