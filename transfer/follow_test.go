package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer"
	"github.com/larder-db/larder/transfer/canon"
	"github.com/larder-db/larder/transfer/policy"
)

// named has names that no two rows share.
func named() *schema.Table {
	t := schema.Define("named")
	t.BigInt("id").PrimaryKey()
	t.String("name", 40).Null()
	t.Unique("named_name", "name")
	return t
}

// edits are what people do to the zoo between two rounds. They leave what they
// refer to in order.
func edits(random *rand.Rand, n int) []string {
	id := func() int { return 10 + random.IntN(12) }
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for range n {
		switch i := id(); random.IntN(13) {
		case 0:
			add("DELETE FROM kinds WHERE id = %d", i)
			add("INSERT INTO kinds (id, t, i, f, j) VALUES (%d, 'é %d', %d, 0.5, '{\"a\":[%d]}')", i, random.IntN(9), random.IntN(3), random.IntN(9))
		case 1:
			add("UPDATE kinds SET t = NULL, n = 1.5, i = i + 1 WHERE id = %d", i)
		case 2:
			add("DELETE FROM pair WHERE b = %d", 100+random.IntN(3000))
		case 3:
			add("UPDATE pair SET a = 'moved' WHERE b = %d", 100+random.IntN(3000)) // another key
		case 4:
			add("INSERT INTO loose (what) VALUES ('%d')", random.IntN(3))
		case 5:
			add("DELETE FROM loose WHERE what = '%d'", random.IntN(3))
		case 6: // a new root for what was below
			add("UPDATE tree SET parent = NULL WHERE parent = %d", i)
			add("DELETE FROM tree WHERE id = %d", i)
			add("INSERT INTO tree (id, parent) VALUES (%d, 2)", i)
			add("UPDATE tree SET parent = %d WHERE id = 1", i)
		case 7:
			add("UPDATE tree SET parent = 2 WHERE parent = %d", i)
			add("DELETE FROM tree WHERE id = %d", i)
		case 8: // a hen and an egg that hold each other
			add("UPDATE egg SET hen = NULL WHERE hen = %d OR id = %d", i, i)
			add("UPDATE hen SET egg = NULL WHERE egg = %d OR id = %d", i, i)
			add("DELETE FROM egg WHERE id = %d", i)
			add("DELETE FROM hen WHERE id = %d", i)
			add("INSERT INTO egg (id) VALUES (%d)", i)
			add("INSERT INTO hen (id, egg) VALUES (%d, %d)", i, i)
			add("UPDATE egg SET hen = %d WHERE id = %d", i, i)
		case 9:
			add("UPDATE egg SET hen = NULL WHERE hen = %d OR id = %d", i, i)
			add("UPDATE hen SET egg = NULL WHERE egg = %d OR id = %d", i, i)
			add("DELETE FROM hen WHERE id = %d", i)
			add("DELETE FROM egg WHERE id = %d", i)
		case 10:
			add("DELETE FROM named WHERE id = %d OR name = 'n%d'", i, i+1)
			add("INSERT INTO named (id, name) VALUES (%d, 'n%d')", i, i+1)
		case 11: // one name for another row
			add("UPDATE named SET name = NULL WHERE id = %d", i)
			add("UPDATE named SET name = 'other' WHERE name = 'n%d'", i+1)
			add("UPDATE named SET name = 'n%d' WHERE id = %d", i+1, i)
			add("DELETE FROM named WHERE name = 'other'")
		case 12: // two rows change places
			add("DELETE FROM named WHERE id < 3")
			add("INSERT INTO named (id, name) VALUES (1, '%s')", []string{"x", "y"}[len(out)%2])
			add("INSERT INTO named (id, name) VALUES (2, '%s')", []string{"y", "x"}[(len(out)+1)%2])
		}
	}
	return out
}

func run(t *testing.T, eng *engine.Engine, statements []string) {
	t.Helper()
	err := eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
		for _, s := range statements {
			if _, err := tx.Exec(ctx, engine.Statement{SQL: s, Write: true}); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// catchUp is one round, and a comparison when it was quiet.
func catchUp(t *testing.T, r *transfer.Run, from *engine.Engine) (round *transfer.Round, equal bool) {
	t.Helper()
	err := transfer.Snapshot(t.Context(), from, func(ctx context.Context, src transfer.Source) error {
		var err error
		if round, _, err = r.CatchUp(ctx, src); err != nil || !round.Quiet() {
			return err
		}
		rep, err := r.Compare(ctx)
		equal = err == nil && rep.Equal()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return round, equal
}

// A run follows a source that goes on being changed, from and to every engine
// (SQLite is on the other side), also when it is cut off and taken up, and ends equal to it.
func TestARunFollowsItsSource(t *testing.T) {
	tables := append(zoo(), named())
	for _, fromEngine := range testdb.Engines() {
		enginetest.Each(t, func(t *testing.T, to *engine.Engine) {
			if fromEngine != testdb.SQLite && to.URL().Backend != testdb.SQLite {
				t.Skip("SQLite is on one side")
			}
			from := enginetest.Open(t, testdb.New(t, fromEngine).URL, engine.Options{})
			fill(t, from, tables)
			create(t, to, tables)
			random := rand.New(rand.NewPCG(1, 7))
			var r *transfer.Run
			err := transfer.Snapshot(t.Context(), from, func(ctx context.Context, src transfer.Source) error {
				var err error
				if r, err = transfer.Begin(ctx, to, "copy", transfer.Options{}); err != nil {
					return err
				}
				run(t, from, edits(random, 30)) // behind the back of the moment that is copied
				_, err = r.Copy(ctx, src)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			for n := range 8 {
				round, equal := catchUp(t, r, from)
				if n == 0 && round.Quiet() {
					t.Error("nothing was found to have changed")
				}
				if equal {
					t.Fatal("the rounds cannot be quiet yet")
				}
				if err := r.Finish(t.Context()); !errors.Is(err, dberr.ErrConflict) {
					t.Errorf("finished while it follows: %v", err)
				}
				if n == 4 { // as a program would that was killed
					if r, err = transfer.Begin(t.Context(), to, "copy", transfer.Options{Resume: true}); err != nil || !r.Copied() ||
						!r.Following() {
						t.Fatalf("taken up: %v", err)
					}
				}
				run(t, from, edits(random, 30))
			}
			equal := false
			for range 5 { // what went with other rows is found by the round after
				if _, equal = catchUp(t, r, from); equal {
					break
				}
			}
			if !equal {
				t.Fatal("the rounds do not become quiet")
			}
			if err := r.Finish(t.Context()); err != nil {
				t.Fatal(err)
			}
			_ = transfer.Snapshot(t.Context(), from, func(ctx context.Context, src transfer.Source) error {
				rep, err := transfer.Verify(ctx, src, to, transfer.Options{})
				if err != nil || !rep.Clean() {
					t.Errorf("%v %+v", err, rep)
				}
				return nil
			})
		})
	}
}

// More than fits into a round is brought by several.
func TestMuchHasChanged(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, to *engine.Engine) {
		from := enginetest.Open(t, testdb.New(t, testdb.SQLite).URL, engine.Options{})
		tables := zoo()
		fill(t, from, tables)
		create(t, to, tables)
		var r *transfer.Run
		err := transfer.Snapshot(t.Context(), from, func(ctx context.Context, src transfer.Source) error {
			var err error
			if r, err = transfer.Begin(ctx, to, "copy", transfer.Options{}); err != nil {
				return err
			}
			_, err = r.Copy(ctx, src)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 12 {
			run(t, from, []string{fmt.Sprintf("INSERT INTO kinds (id, t) VALUES (%d, '%s')", 100+i, strings.Repeat("é", 2<<20))})
		}
		run(t, from, []string{"DELETE FROM kinds WHERE id = 2"})
		rounds := 0
		for equal := false; !equal && rounds < 9; rounds++ {
			round, is := catchUp(t, r, from)
			if equal = is; rounds == 0 && (round.Whole || round.Deleted > 0 || round.Inserted == 0) {
				t.Errorf("the first round: %+v", round)
			}
		}
		if rounds != 3 {
			t.Errorf("%d rounds", rounds)
		}
		if err := r.Finish(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// read counts how often the tables of a source are read.
type read struct {
	transfer.Source
	times int
}

func (r *read) Rows(ctx context.Context, t *schema.Table) iter.Seq2[[]any, error] {
	r.times++
	return r.Source.Rows(ctx, t)
}

// A row that a rule keeps back is no difference, and the comparison in the end has
// the sums of the round before it: the source is not read again.
func TestWhatARuleKeepsBackDoesNotKeepARunFromItsEnd(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, to *engine.Engine) {
		from := enginetest.Open(t, testdb.New(t, testdb.SQLite).URL, engine.Options{})
		tables := zoo()
		fill(t, from, tables)
		create(t, to, tables)
		run(t, from, []string{`INSERT INTO kinds (id, j) VALUES (50, '{"a":')`})
		o := transfer.Options{Rules: policy.Rules{canon.InvalidJSON: policy.Skip},
			Quarantine: func() (io.WriteCloser, error) { return kept{}, nil }}
		err := transfer.Snapshot(t.Context(), from, func(ctx context.Context, src transfer.Source) error {
			r, err := transfer.Begin(ctx, to, "copy", o)
			if err != nil {
				return err
			}
			if _, err := r.Copy(ctx, src); err != nil {
				return err
			}
			counted := &read{Source: src}
			round, _, err := r.CatchUp(ctx, counted)
			if err != nil {
				return err
			}
			before := counted.times
			rep, err := r.Compare(ctx)
			if err != nil {
				return err
			}
			if !round.Quiet() || !rep.Equal() || rep.Totals().Skipped != 1 || counted.times != before {
				t.Errorf("%+v %+v, read %d times, and %d when they were compared", round, rep.Totals(), before, counted.times)
			}
			if _, err := r.Compare(ctx); !errors.Is(err, dberr.ErrConflict) {
				t.Errorf("without another round: %v", err)
			}
			return r.Finish(ctx)
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// kept is a file that nobody reads.
type kept struct{}

func (kept) Write(p []byte) (int, error) { return len(p), nil }
func (kept) Close() error                { return nil }
