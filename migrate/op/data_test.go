package op_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// texts are what statements and literals stumble over.
var texts = []string{"it's", `back\slash`, "100%", "what?", ":x and $1", `{"a": "{b}"}`, "-- no comment", "",
	"é\u200d🙂", `""`, "a\nb"}

func docs(t *testing.T, eng *engine.Engine, rows int) {
	t.Helper()
	tb := schema.Define("doc")
	tb.String("owner", 10)
	tb.BigInt("n")
	tb.JSON("meta").Null()
	tb.Text("path").Null()
	tb.Primary("", "owner", "n")
	var all [][]any
	for n := range rows {
		all = append(all, []any{[]string{"A", "a", "é"}[n%3], int64(n), fmt.Sprintf(`{"path": "p%d"}`, n)})
	}
	mustRun(t, eng, op.CreateTable{Table: tb},
		op.BulkInsert{Table: "doc", Columns: []string{"owner", "n", "meta"}, Rows: all})
}

func scanPaths(size int) func(ctx context.Context, d *op.Data) error {
	return func(ctx context.Context, d *op.Data) error {
		return d.Rows(ctx, op.Scan{Table: "doc", Columns: []string{"meta", "path"}, Size: size},
			func(ctx context.Context, c *op.Chunk) error {
				if len(c.Rows) > size {
					return fmt.Errorf("%d rows in a chunk of %d", len(c.Rows), size)
				}
				for _, r := range c.Rows {
					if !r.Null("path") {
						return fmt.Errorf("row %d comes again", r.Int("n"))
					}
					path := strings.TrimSuffix(strings.TrimPrefix(r.Text("meta"), `{"path": "`), `"}`)
					if err := c.Update(ctx, r, op.Values{"path": path}); err != nil {
						return err
					}
				}
				return nil
			})
	}
}

func checkPaths(t *testing.T, eng *engine.Engine, rows int) {
	t.Helper()
	got := table(t, eng, "SELECT {n}, {path} FROM {doc} ORDER BY {n}", "n", "path")
	if len(got) != rows {
		t.Fatalf("%d rows", len(got))
	}
	for n, s := range got {
		if s != fmt.Sprintf("%d|p%d", n, n) {
			t.Fatalf("row %d: %s", n, s)
		}
	}
}

// TestDataInTx runs a step inside one transaction; when it fails, nothing of
// it stays.
func TestDataInTx(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		docs(t, eng, 1001)
		s := state(t, eng)
		boom := errors.New("boom")
		step := func(f func(ctx context.Context, d *op.Data) error) error {
			return eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
				d, err := op.NewData(op.DataOptions{Queryer: tx, State: s})
				if err != nil {
					return err
				}
				return f(ctx, d)
			})
		}
		err := step(func(ctx context.Context, d *op.Data) error { return errors.Join(scanPaths(100)(ctx, d), boom) })
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		if got := table(t, eng, "SELECT count(*) AS n FROM {doc} WHERE {path} IS NOT NULL", "n"); got[0] != "0" {
			t.Fatalf("%s rows have a path", got[0])
		}
		if err := step(scanPaths(100)); err != nil {
			t.Fatal(cause(err))
		}
		checkPaths(t, eng, 1001)
	})
}

// TestDataBatched runs a step that is stopped again and again, and goes on
// where it was.
func TestDataBatched(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		const rows = 1000
		docs(t, eng, rows)
		s := state(t, eng)
		kept, runs, told := op.Progress{}, 0, []op.Progress(nil)
		stop := errors.New("stopped")
		for {
			runs++
			chunks := 0
			d, err := op.NewData(op.DataOptions{Queryer: eng, Batched: true, State: s, Cursor: kept.Cursor,
				Save: func(_ context.Context, _ engine.Queryer, p op.Progress) error {
					if chunks++; chunks == 4 {
						return stop // with the chunk's transaction
					}
					kept = p
					return nil
				},
				Progress: func(p op.Progress) { told = append(told, p) },
			})
			if err != nil {
				t.Fatal(err)
			}
			err = func() error {
				if err := scanPaths(70)(t.Context(), d); err != nil {
					return err
				}
				// A second scan of the same step, with a predicate.
				return d.Rows(t.Context(),
					op.Scan{Table: "doc", Key: []string{"n", "owner"}, Where: "{n} < ? AND {path} = 'p3' -- here", Args: []any{10}},
					func(ctx context.Context, c *op.Chunk) error {
						return c.Update(ctx, c.Rows[0], op.Values{"meta": nil})
					})
			}()
			if err == nil {
				break
			}
			if !errors.Is(err, stop) {
				t.Fatal(cause(err))
			}
			if runs > 20 {
				t.Fatal("it does not end")
			}
		}
		checkPaths(t, eng, rows)
		if runs < 5 {
			t.Errorf("%d runs", runs)
		}
		if got := table(t, eng, "SELECT {n} FROM {doc} WHERE {meta} IS NULL", "n"); len(got) != 1 || got[0] != "3" {
			t.Errorf("second scan: %v", got)
		}
		if p := told[len(told)-2]; p.Done != rows || p.Total != rows {
			t.Errorf("progress: %+v", p)
		}
	})
}

// TestDataBounds: a chunk is bounded by bytes; wrong use of rows fails the step.
func TestDataBounds(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		docs(t, eng, 20)
		must(t, eng, "UPDATE {doc} SET {path} = ?", strings.Repeat("x", 100_000))
		d, err := op.NewData(op.DataOptions{Queryer: eng, Batched: true, State: state(t, eng)})
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		err = d.Rows(t.Context(), op.Scan{Table: "doc", Columns: []string{"path"}, Bytes: 250_000},
			func(_ context.Context, c *op.Chunk) error {
				if len(c.Rows) > 3 {
					t.Errorf("%d rows in a chunk", len(c.Rows))
				}
				seen += len(c.Rows)
				return nil
			})
		if err != nil || seen != 20 {
			t.Fatalf("%d rows, %v", seen, err)
		}
		for name, f := range map[string]func(ctx context.Context, c *op.Chunk) error{
			"column not read": func(_ context.Context, c *op.Chunk) error { _ = c.Rows[0].Text("meta"); return nil },
			"no integer":      func(_ context.Context, c *op.Chunk) error { _ = c.Rows[0].Int("path"); return nil },
			"no such column":  func(ctx context.Context, c *op.Chunk) error { return c.Update(ctx, c.Rows[0], op.Values{"nope": 1}) },
		} {
			d, err := op.NewData(op.DataOptions{Queryer: eng, Batched: true, State: state(t, eng)})
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Rows(t.Context(), op.Scan{Table: "doc", Columns: []string{"path"}, Size: 1}, f); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		bare := schema.Define("bare")
		bare.Text("x").Null()
		mustRun(t, eng, op.CreateTable{Table: bare})
		d, err = op.NewData(op.DataOptions{Queryer: eng, Batched: true, State: state(t, eng)})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"bare", "missing"} {
			if err := d.Rows(t.Context(), op.Scan{Table: name}, nil); err == nil || dberr.CodeOf(err) == dberr.Internal {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestBulkInsert puts 10,000 rows in and takes them out again.
func TestBulkInsert(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tb := schema.Define("t")
		tb.BigInt("id").PrimaryKey()
		tb.Text("x").Null()
		tb.JSON("j").Null()
		tb.Boolean("b")
		mustRun(t, eng, op.CreateTable{Table: tb},
			op.BulkInsert{Table: "t", Columns: []string{"id", "b"}, Rows: [][]any{{int64(-1), true}}})
		rows := make([][]any, 10_000)
		for n := range rows {
			x := texts[n%len(texts)]
			rows[n] = []any{int64(n), x, fmt.Sprintf(`{"k": %q}`, strings.ToValidUTF8(x, "")), n%2 == 0}
		}
		ops := []op.Op{op.BulkInsert{Table: "t", Columns: []string{"id", "x", "j", "b"}, Rows: rows}}
		back, err := op.Reverse(state(t, eng), ops)
		if err != nil {
			t.Fatal(err)
		}
		mustRun(t, eng, ops...)
		got, err := op.Get(t.Context(), eng, "SELECT {id}, {x}, {j}, {b} FROM {t} WHERE {id} >= 0 ORDER BY {id}")
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(rows) {
			t.Fatalf("%d rows", len(got))
		}
		for n, r := range got {
			if r.Text("x") != rows[n][1] || r.Text("j") != rows[n][2] || r.Bool("b") != rows[n][3] {
				t.Fatalf("row %d: %q %q %v", n, r.Text("x"), r.Text("j"), r.Bool("b"))
			}
		}
		mustRun(t, eng, back...)
		if got := table(t, eng, "SELECT {id} FROM {t}", "id"); len(got) != 1 || got[0] != "-1" {
			t.Errorf("%d rows are left", len(got))
		}
	})
}

// TestExecute has the same text on every engine, bound and as a script.
func TestExecute(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tb := schema.Define("t")
		tb.BigInt("id").PrimaryKey()
		tb.Text("order").Null()
		mustRun(t, eng, op.CreateTable{Table: tb})
		s := state(t, eng)
		for n, x := range texts {
			literal := "'" + strings.ReplaceAll(x, "'", "''") + "'"
			ops := record(t, func(ops *op.Ops) {
				ops.Execute("INSERT INTO {t} ({id}, {order}) VALUES (?, ?)", 2*n, x).Reverse("DELETE FROM {t} WHERE {id} = ?", 2*n)
				ops.Execute("INSERT INTO {t} ({id}, {order}) VALUES (?, "+literal+")", 2*n+1).NoReverse()
			})
			mustRun(t, eng, ops...)
			if got := table(t, eng, fmt.Sprintf("SELECT {order} FROM {t} WHERE {id} IN (%d, %d)", 2*n, 2*n+1),
				"order"); len(got) != 2 || got[0] != x || got[1] != x {
				t.Errorf("%q: %q", x, got)
			}
			steps, err := op.Compile(ops[0], s, op.Target{Dialect: eng.Dialect(), DDL: eng.DDL(), Literal: true})
			if err != nil {
				t.Fatal(err)
			}
			must(t, eng, "DELETE FROM {t} WHERE {id} = ?", 2*n)
			raw(t, eng, steps[0].Statements[0].SQL)
			if got := table(t, eng, fmt.Sprintf("SELECT {order} FROM {t} WHERE {id} = %d", 2*n),
				"order"); len(got) != 1 || got[0] != x {
				t.Errorf("script of %q: %q", x, got)
			}
			back, err := op.Reverse(s, ops)
			if err != nil || len(back) != 1 {
				t.Fatal(back, err)
			}
			mustRun(t, eng, back...)
		}
		if got := table(t, eng, "SELECT count(*) AS n FROM {t}", "n"); got[0] != fmt.Sprint(len(texts)) {
			t.Error(got)
		}
		mustRun(t, eng, record(t, func(ops *op.Ops) {
			ops.Execute("DELETE FROM {t}").When(schema.PartialIndex, "").When(schema.Comments, "DELETE FROM {t} WHERE {id} < 0")
		})...)
		want := fmt.Sprint(len(texts))
		if got := table(t, eng, "SELECT count(*) AS n FROM {t}", "n"); got[0] != want {
			t.Errorf("the variant did not count: %s rows", got)
		}
		for _, fine := range []string{"SELECT ';' AS {a;b}", "SELECT 1 ;; ", "SELECT 1 /* ; x */", "SELECT 1 -- ; x",
			"SELECT 1; -- that's all"} {
			if _, err := op.Get(t.Context(), eng, fine); err != nil {
				t.Errorf("%s: %v", fine, err)
			}
		}
		for _, bad := range []string{"SELECT 'x", "SELECT {x", "SELECT ?", "SELECT 1", "DELETE FROM {t}; DELETE FROM {t}",
			"SELECT 'it''s;' -- a;b\n; /* ; */ SELECT 2"} {
			args := []any{}
			if bad == "SELECT 1" {
				args = append(args, 1)
			}
			if _, err := op.Run(t.Context(), eng, bad, args...); !errors.Is(err, dberr.ErrInvalid) {
				t.Errorf("%s: %v", bad, err)
			}
		}
	})
}

// TestGuards: what is there already, or gone already, is left alone.
func TestGuards(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		makeRich(t, eng)
		before := state(t, eng)
		ops := record(t, func(ops *op.Ops) {
			ops.CreateTable(parent(), op.IfNotExists)
			ops.DropTable("missing", op.IfExists)
			ops.AddColumn("t", op.Text("a"), op.IfNotExists)
			ops.DropColumn("t", "missing", op.IfExists)
			ops.CreateIndex("t", &schema.Index{Name: "ix_t_a", Parts: []schema.IndexPart{{Column: "id"}}}, op.IfNotExists)
			ops.DropIndex("t", "missing", op.IfExists)
		})
		mustRun(t, eng, ops...)
		if d := schema.Diff(inspect(t, eng), before.Tables()); len(d) > 0 {
			t.Errorf("changed:%s", lines(d))
		}
		back, err := op.Reverse(before, ops)
		if err != nil || len(back) > 0 {
			t.Errorf("there is something to undo: %v, %v", back, err)
		}
		for _, f := range []func(ops *op.Ops){
			func(ops *op.Ops) { ops.CreateTable(parent()) },
			func(ops *op.Ops) { ops.DropTable("missing") },
			func(ops *op.Ops) { ops.AddColumn("t", op.Text("a")) },
			func(ops *op.Ops) { ops.DropColumn("t", "missing") },
			func(ops *op.Ops) { ops.DropColumn("t", "id") },
			func(ops *op.Ops) { ops.DropColumn("t", "n") },
			func(ops *op.Ops) { ops.RenameColumn("t", "a", "id") },
			func(ops *op.Ops) { ops.RenameTable("t", "p") },
			func(ops *op.Ops) { ops.DropUnique("t", "missing") },
			func(ops *op.Ops) { ops.DropForeignKey("t", "missing") },
			func(ops *op.Ops) { ops.DropCheck("t", "missing") },
			func(ops *op.Ops) { ops.AddCheck("t", "ck_t_a", "{id} > 0") },
		} {
			ops := record(t, f)
			if err := run(t, eng, ops...); err == nil || dberr.CodeOf(err) == dberr.Internal {
				t.Errorf("%v: %v", ops, err)
			}
		}
		if d := schema.Diff(inspect(t, eng), before.Tables()); len(d) > 0 {
			t.Errorf("changed:%s", lines(d))
		}
	})
}

// TestAddColumnToRows: what rows that exist get is said, or the change is refused.
func TestAddColumnToRows(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		makeRich(t, eng)
		before := state(t, eng)
		if err := run(t, eng, record(t, func(ops *op.Ops) { ops.AddColumn("t", op.Text("must")) })...); err == nil {
			t.Error("a column without a value is added to rows")
		}
		if d := schema.Diff(inspect(t, eng), before.Tables()); len(d) > 0 {
			t.Errorf("changed:%s", lines(d))
		}
		ops := record(t, func(ops *op.Ops) {
			ops.AddColumn("t", op.Text("must")).Fill("lower({a})")
			ops.AddColumn("t", op.JSON("extra")).Fill(`'{"new": true}'`)
			ops.AddColumn("t", op.Integer("at").Default(int64(7)))
			ops.AddColumn("t", op.Integer("self").Null().References("t", "id", schema.Cascade))
			ops.AddColumn("t", op.BigInt("only").Null().Unique())
			ops.AddColumn("t", op.DateTime("made").DefaultExpr(schema.Now))
		})
		mustRun(t, eng, ops...)
		got := table(t, eng, "SELECT {must}, {extra}, {at}, {self} FROM {t} ORDER BY {id}", "must", "extra", "at", "self")
		if want := `a1|{"new": true}|7|-`; len(got) != 3 || got[0] != want {
			t.Errorf("%q", got)
		}
		now := state(t, eng)
		want, err := op.NewState(eng.DDL(), before.Tables()...)
		if err != nil {
			t.Fatal(err)
		}
		if err := want.Apply(ops...); err != nil {
			t.Fatal(err)
		}
		if d := schema.Diff(now.Tables(), want.Tables()); len(d) > 0 {
			t.Errorf("the state differs from the database:%s", lines(d))
		}
		back, err := op.Reverse(before, ops)
		if err != nil {
			t.Fatal(err)
		}
		mustRun(t, eng, back...)
		if d := schema.Diff(inspect(t, eng), before.Tables()); len(d) > 0 {
			t.Errorf("after the way back:%s", lines(d))
		}
	})
}

// TestConcurrently: the index is made outside of a transaction where the engine
// wants that.
func TestConcurrently(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		makeRich(t, eng)
		before := state(t, eng)
		ops := record(t, func(ops *op.Ops) {
			ops.CreateIndex("t", &schema.Index{Parts: []schema.IndexPart{{Column: "p_id"}, {Column: "id", Desc: true}}},
				op.Concurrently)
			ops.OutsideTx(func(ops *op.Ops) { ops.DropIndex("t", "ix_t_a") })
		})
		back, err := op.Reverse(before, ops)
		if err != nil {
			t.Fatal(err)
		}
		mustRun(t, eng, ops...)
		if state(t, eng).Table("t").IndexNamed("ix_t_p_id_id") == nil {
			t.Error("there is no index")
		}
		mustRun(t, eng, back...)
		if d := schema.Diff(inspect(t, eng), before.Tables()); len(d) > 0 {
			t.Errorf("after the way back:%s", lines(d))
		}
	})
}
