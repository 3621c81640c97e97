package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
)

// inserts are statements that insert items, without values.
func inserts(ids ...int) []engine.Statement {
	out := make([]engine.Statement, len(ids))
	for i, id := range ids {
		out[i] = engine.Statement{Write: true, SQL: fmt.Sprintf("INSERT INTO item (id, name) VALUES (%d, 'x')", id)}
	}
	return out
}

// A transaction that begins late is one from its first statement on, whatever that is:
// what follows is undone with it, and the connection is none the worse for it.
func TestLateTransactions(t *testing.T) {
	enginetest.EachAndMemory(t, lateTransactions)
	for _, mode := range []string{"exec", "simple_protocol", "cache_describe"} {
		t.Run("postgresql "+mode, func(t *testing.T) {
			lateTransactions(t, enginetest.Open(t, testdb.New(t, testdb.PostgreSQL).URL+"&default_query_exec_mode="+mode,
				engine.Options{}))
		})
	}
}

func lateTransactions(t *testing.T, eng *engine.Engine) {
	table(t, eng)
	all := func(ids ...int) func(context.Context, *engine.Tx) error {
		return func(ctx context.Context, tx *engine.Tx) error {
			_, err := tx.ExecAll(ctx, inserts(ids...)...)
			return err
		}
	}
	enough := errors.New("enough")
	next := 0
	for _, first := range []struct {
		name string
		run  func(ctx context.Context, tx *engine.Tx) error
		rows int64
		code dberr.Code // of what it fails with
	}{
		{"nothing", func(context.Context, *engine.Tx) error { return nil }, 0, ""},
		{"statements together", all(101, 102), 2, ""},
		{"one statement", all(103), 1, ""},
		{"a statement with values", func(ctx context.Context, tx *engine.Tx) error { return insert(ctx, tx, 104) }, 1, ""},
		{"a query", func(ctx context.Context, tx *engine.Tx) error {
			_, err := readNumber(ctx, tx, "SELECT count(*) FROM item")
			return err
		}, 0, ""},
		{"many rows", func(ctx context.Context, tx *engine.Tx) error {
			_, err := engine.BulkInsert(ctx, tx, "item", []string{"id", "name"},
				engine.BulkRows([][]any{{105, "x"}, {106, "x"}}))
			return err
		}, 2, ""},
		{"a savepoint", func(ctx context.Context, tx *engine.Tx) error {
			return tx.InTx(ctx, engine.TxOptions{}, all(107, 108))
		}, 2, ""},
		{"a key twice", all(109, 109), 0, dberr.AlreadyExists},
		{"a key twice, behind others", all(110, 111, 111, 112), 0, dberr.AlreadyExists},
		{"no statement", func(ctx context.Context, tx *engine.Tx) error {
			_, err := tx.ExecAll(ctx, append(inserts(113), engine.Statement{SQL: "SELEKT 1", Write: true})...)
			return err
		}, 0, dberr.Invalid},
	} {
		before := count(t, eng)
		run := func(end error) error {
			return eng.InTx(t.Context(), engine.TxOptions{Late: true}, func(ctx context.Context, tx *engine.Tx) error {
				if err := first.run(ctx, tx); err != nil {
					return err
				}
				next++
				if err := insert(ctx, tx, next); err != nil {
					return err
				}
				return end
			})
		}
		err := run(enough)
		if first.code == "" && !errors.Is(err, enough) || first.code != "" && dberr.CodeOf(err) != first.code {
			t.Errorf("%s first, undone: %v", first.name, err)
		}
		if n := count(t, eng); n != before {
			t.Errorf("%s first, undone: %d rows are left", first.name, n-before)
		}
		if err := run(nil); dberr.CodeOf(err) != first.code {
			t.Errorf("%s first: %v", first.name, err)
		}
		want := before
		if first.code == "" {
			want += first.rows + 1
		}
		if n := count(t, eng); n != want {
			t.Errorf("%s first: %d rows, not %d", first.name, n, want)
		}
	}
	if err := eng.InTx(t.Context(), engine.TxOptions{Late: true},
		func(context.Context, *engine.Tx) error { return nil }); err != nil {
		t.Errorf("nothing is run: %v", err)
	}
}
