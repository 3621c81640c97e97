package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer"
)

// zoo has a column of every kind, keys of every sort, tables that refer to
// each other in a circle and to themselves, and one without a key.
func zoo() []*schema.Table {
	kinds := schema.Define("kinds")
	kinds.BigInt("id").PrimaryKey()
	kinds.String("s", 20).Null()
	kinds.Text("t").Null()
	kinds.Integer("i").Null()
	kinds.SmallInt("si").Null()
	kinds.Boolean("b").Null()
	kinds.Float("f").Null()
	kinds.Numeric("n", 30, 10).Null()
	kinds.Date("d").Null()
	kinds.DateTime("dt").Null()
	kinds.JSON("j").Null()
	kinds.JSONB("jb").Null()
	kinds.Bytes("x").Null()
	kinds.UUID("u").Null()
	kinds.Time("clock").Null()
	pair := schema.Define("pair")
	pair.Text("a").Key(40)
	pair.BigInt("b")
	pair.Text("order").Null()
	pair.Primary("pair_pkey", "a", "b")
	loose := schema.Define("loose")
	loose.Text("what").Null()
	tree := schema.Define("tree")
	tree.BigInt("id").PrimaryKey()
	tree.BigInt("parent").Null().References("tree", "id", schema.Cascade)
	egg := schema.Define("egg")
	egg.BigInt("id").PrimaryKey()
	egg.BigInt("hen").Null().References("hen", "id", schema.NoAction)
	hen := schema.Define("hen")
	hen.BigInt("id").PrimaryKey()
	hen.BigInt("egg").Null().References("egg", "id", schema.NoAction)
	return []*schema.Table{egg, hen, kinds, loose, pair, tree}
}

func zooRows() map[string][][]any {
	noon := time.Date(2026, 2, 3, 12, 30, 15, 123456000, time.UTC)
	out := map[string][][]any{
		"kinds": {
			{int64(1), "short", "日本 🎉 e\u0301", int64(-5), int64(7), true, 0.1, "12345678901234567890.0123456789", noon, noon,
				`{"b":1.0,"a":[null,18446744073709551617]}`, `{"b":1,"a":"x"}`, []byte{0, 1, 255}, "01234567-89ab-cdef-0123-456789abcdef", "23:59:59.999999"},
			{int64(2), nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil},
			{int64(3), "", "tab\tline\nback\\slash", int64(1<<31 - 1), int64(-32768), false, -1e300, "-0.5", noon, noon, "null", "null", []byte{}, nil, "00:00:00"},
			{int64(4), "a", "a ", int64(0), int64(0), false, 1.0, "0", nil, nil, "1.50", "[1,2]", nil, nil, "08:30"},
		},
		"pair":  {{"a", int64(2), "x"}, {"a", int64(10), nil}, {"A", int64(1), "y"}, {"ä", int64(1), "z"}},
		"loose": {{"one"}, {"one"}, {nil}},
		"tree":  {{int64(1), int64(3)}, {int64(2), nil}, {int64(3), int64(2)}},
		"egg":   {{int64(1), nil}, {int64(2), nil}},
		"hen":   {{int64(1), int64(1)}, {int64(2), int64(1)}},
	}
	for i := range 3000 {
		out["loose"] = append(out["loose"], []any{strings.Repeat("x", i%50)})
		out["pair"] = append(out["pair"], []any{fmt.Sprintf("k%d", i%7), int64(100 + i), "row"})
	}
	return out
}

func fill(t *testing.T, eng *engine.Engine, tables []*schema.Table) {
	t.Helper()
	create(t, eng, tables)
	for _, tab := range tables {
		var rows [][]any
		for _, r := range zooRows()[tab.Name] {
			row := make([]any, len(r))
			for i, v := range r {
				var err error
				if row[i], err = eng.Dialect().Encode(tab.Columns[i].Type, v); err != nil {
					t.Fatal(err)
				}
			}
			rows = append(rows, row)
		}
		if tab.Name == "tree" {
			slices.Reverse(rows) // the one that is referred to goes first
			rows[0], rows[1] = rows[1], rows[0]
		}
		var columns []string
		for _, c := range tab.Columns {
			columns = append(columns, c.Name)
		}
		for _, r := range rows[:min(len(rows), 4)] {
			if _, err := engine.BulkInsert(t.Context(), eng, tab.Name, columns, engine.BulkRows([][]any{r})); err != nil {
				t.Fatalf("%s: %v", tab.Name, err)
			}
		}
		if len(rows) > 4 {
			if _, err := engine.BulkInsert(t.Context(), eng, tab.Name, columns, engine.BulkRows(rows[4:])); err != nil {
				t.Fatalf("%s: %v", tab.Name, err)
			}
		}
	}
	if _, err := eng.Exec(t.Context(), engine.Statement{SQL: "UPDATE egg SET hen = 2 WHERE id = 1",
		Write: true}); err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T, eng *engine.Engine, tables []*schema.Table) {
	t.Helper()
	statements, err := eng.DDL().CreateTables(tables...)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := eng.Exec(t.Context(), engine.Statement{SQL: s, Write: true}); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func move(t *testing.T, from, to *engine.Engine, o transfer.Options) *transfer.Report {
	t.Helper()
	var rep *transfer.Report
	err := transfer.Snapshot(t.Context(), from, func(ctx context.Context, src transfer.Source) error {
		run, err := transfer.Begin(ctx, to, "copy", o)
		if err != nil {
			return err
		}
		if rep, err = run.Copy(ctx, src); err != nil {
			return err
		}
		return run.Finish(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func TestEveryKindOfColumnIsMovedBetweenAllEngines(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, from *engine.Engine) {
		fill(t, from, zoo())
		for _, e := range testdb.Engines() {
			t.Run("to "+e, func(t *testing.T) {
				to := enginetest.Open(t, testdb.New(t, e).URL, engine.Options{})
				create(t, to, zoo())
				rep := move(t, from, to, transfer.Options{BatchBytes: 20_000})
				if !rep.Clean() || rep.Totals().Written != 6018 {
					t.Errorf("%+v", rep.Totals())
				}
				for _, r := range rep.Tables {
					if !r.Verified || len(r.Differences) > 0 {
						t.Errorf("%+v", r)
					}
				}
				if u, err := transfer.LookUnfinished(t.Context(), to); u != nil || err != nil {
					t.Errorf("finished, and %+v, %v", u, err)
				}
				// A value that changes is found, whatever its kind.
				for _, s := range []string{"UPDATE kinds SET f = 0.1000001 WHERE id = 1", "UPDATE kinds SET i = -6 WHERE id = 1",
					"DELETE FROM tree WHERE id = 1",
					"INSERT INTO tree (id) VALUES (9)", "UPDATE egg SET hen = 1 WHERE id = 1"} {
					if _, err := to.Exec(t.Context(), engine.Statement{SQL: s, Write: true}); err != nil {
						t.Fatal(err)
					}
				}
				err := transfer.Snapshot(t.Context(), from, func(ctx context.Context, src transfer.Source) error {
					rep, err := transfer.Verify(ctx, src, to, transfer.Options{})
					if err != nil {
						return err
					}
					var got []string
					for _, r := range rep.Tables {
						for _, d := range r.Differences {
							got = append(got, r.Table+": "+d.String())
						}
					}
					slices.Sort(got)
					want := []string{"egg: row id 1 has other values in hen", "kinds: row id 1 has other values in i, f",
						"tree: row id 1 is missing", "tree: row id 9 is there and should not be"}
					if !slices.Equal(got, want) {
						t.Errorf("%q", got)
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			})
		}
	})
}

// Tables that nobody has declared are made as they are found.
func TestTablesAreMadeAsTheyAreFound(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, from *engine.Engine) {
		fill(t, from, zoo())
		found, err := from.Inspect(t.Context(), driver.InspectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		shapes, err := transfer.Portable(found, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range testdb.Engines() {
			t.Run("to "+e, func(t *testing.T) {
				to := enginetest.Open(t, testdb.New(t, e).URL, engine.Options{})
				create(t, to, shapes)
				if rep := move(t, from, to, transfer.Options{}); !rep.Clean() {
					t.Errorf("%+v", rep.Totals())
				}
			})
		}
	})
}

// A server plans the first queries with what it knows of the rows that it has been given.
func TestTheTargetKnowsHowManyRowsItHas(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, to *engine.Engine) {
		from := enginetest.Open(t, testdb.New(t, testdb.SQLite).URL, engine.Options{})
		fill(t, from, zoo())
		create(t, to, zoo())
		var looked []string
		defer to.Observe(engine.AfterFunc(func(_ context.Context, ev *engine.Event) {
			if strings.HasPrefix(ev.SQL, "ANALYZE ") {
				looked = append(looked, ev.SQL)
			}
		}))()
		move(t, from, to, transfer.Options{})
		if want := to.DDL().Analyze("pair"); want != "" && !slices.Contains(looked, want) || want == "" && looked != nil {
			t.Errorf("it ran %q", looked)
		}
		if to.Dialect().Engine() != dburl.PostgreSQL { // InnoDB may have looked by itself
			return
		}
		rows, err := to.Query(t.Context(), engine.Statement{SQL: "SELECT reltuples::bigint FROM pg_class WHERE relname = 'pair'"})
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var n int64
		for rows.Next() {
			if err := rows.Scan(&n); err != nil {
				t.Fatal(err)
			}
		}
		if n <= 0 {
			t.Errorf("it knows of %d rows", n)
		}
	})
}

// changing is a source that becomes another one when it is read again.
func TestASourceThatHasChangedBeginsAnew(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, to *engine.Engine) {
		from := enginetest.Open(t, testdb.New(t, testdb.SQLite).URL, engine.Options{})
		fill(t, from, zoo())
		create(t, to, zoo())
		stop := errors.New("stop")
		err := transfer.Snapshot(t.Context(), from, func(ctx context.Context, src transfer.Source) error {
			run, err := transfer.Begin(ctx, to, "copy", transfer.Options{BatchBytes: 1000})
			if err != nil {
				return err
			}
			ctx, cancel := context.WithCancelCause(ctx)
			defer cancel(nil)
			_, err = run.Copy(ctx, cut{src, func() { cancel(stop) }})
			return err
		})
		if err == nil {
			t.Fatal("it was not cut off")
		}
		u, err := transfer.LookUnfinished(t.Context(), to)
		if err != nil || u == nil || u.Copied || u.Rows == 0 {
			t.Fatalf("%+v, %v", u, err)
		}
		if _, err := from.Exec(t.Context(), engine.Statement{SQL: "UPDATE kinds SET t = 'changed' WHERE id = 2",
			Write: true}); err != nil {
			t.Fatal(err)
		}
		rep := move(t, from, to, transfer.Options{Resume: true})
		if !rep.Restarted || !rep.Clean() {
			t.Errorf("restarted: %v, %+v", rep.Restarted, rep.Totals())
		}
		if _, err := transfer.Begin(t.Context(), to, "copy", transfer.Options{}); err != nil {
			t.Fatal(err)
		}
		for _, o := range []transfer.Options{{Resume: true, Tables: []string{"kinds"}}, {Resume: true, Part: "some of it"}} {
			_, err = transfer.Begin(t.Context(), to, "copy", o)
			if !errors.Is(err, dberr.ErrConflict) || !strings.Contains(err.Error(), "another selection (all)") {
				t.Errorf("%v", err)
			}
		}
	})
}

// A run that was cut off when all rows were there says so.
func TestARunThatHadBroughtEverythingSaysSo(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, to *engine.Engine) {
		from := enginetest.Open(t, testdb.New(t, testdb.SQLite).URL, engine.Options{})
		fill(t, from, zoo())
		create(t, to, zoo())
		var first, again *transfer.Report
		for _, o := range []transfer.Options{{}, {Resume: true}} {
			err := transfer.Snapshot(t.Context(), from, func(ctx context.Context, src transfer.Source) error {
				run, err := transfer.Begin(ctx, to, "copy", o)
				if err == nil {
					first = again
					again, err = run.Copy(ctx, src)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		was, is := first.Totals(), again.Totals()
		if was.Written == 0 || is.Kept != was.Written || is.Written != was.Written || is.Read != was.Read {
			t.Errorf("%+v, and taken up %+v", was, is)
		}
	})
}

// cut is a source that ends in the middle of a table.
type cut struct {
	transfer.Source
	now func()
}

func (c cut) Rows(ctx context.Context, t *schema.Table) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		n := 0
		for row, err := range c.Source.Rows(ctx, t) {
			if n++; t.Name == "pair" && n == 1500 {
				c.now()
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

func TestTheTargetIsOneMomentOfASourceInUse(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, from *engine.Engine) {
		fill(t, from, zoo())
		to := enginetest.Open(t, testdb.New(t, testdb.SQLite).URL, engine.Options{})
		create(t, to, zoo())
		err := transfer.Snapshot(t.Context(), from, func(ctx context.Context, src transfer.Source) error {
			run, err := transfer.Begin(ctx, to, "copy", transfer.Options{})
			if err != nil {
				return err
			}
			writes := 0
			_, err = run.Copy(ctx, busy{src, func(table string) {
				for _, s := range []string{"UPDATE kinds SET t = 'later'", "DELETE FROM tree WHERE id = 1",
					"INSERT INTO loose VALUES ('later')",
					fmt.Sprintf("INSERT INTO pair (a, b) VALUES ('%s', %d)", table, writes)} {
					if _, err := from.Exec(t.Context(), engine.Statement{SQL: s, Write: true}); err != nil {
						t.Error(err)
					}
					writes++
				}
			}})
			if writes < 10 {
				t.Errorf("only %d writes", writes)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for query, want := range map[string]int64{"SELECT count(*) FROM kinds WHERE t = 'later'": 0,
			"SELECT count(*) FROM tree":  3,
			"SELECT count(*) FROM loose": 3003, "SELECT count(*) FROM pair": 3004} {
			rows, err := to.Query(t.Context(), engine.Statement{SQL: query})
			if err != nil {
				t.Fatal(err)
			}
			var n int64
			if rows.Next() {
				_ = rows.Scan(&n)
			}
			if err := rows.Close(); err != nil || n != want {
				t.Errorf("%s: %d, want %d (%v)", query, n, want, err)
			}
		}
	})
}

// busy is a source whose database is written to while it is read.
type busy struct {
	transfer.Source
	write func(table string)
}

func (b busy) Rows(ctx context.Context, t *schema.Table) iter.Seq2[[]any, error] {
	b.write(t.Name)
	return b.Source.Rows(ctx, t)
}
