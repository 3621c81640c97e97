package query_test

import (
	"context"
	"errors"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// Prepared statements with their values go with others in one round trip.
func TestPreparedStatementsAmongOthers(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		table := schema.Define("t")
		n := query.Col[int64](table.BigInt("n").PrimaryKey())
		s := query.Col[string](table.Text("s").Null())
		if _, err := eng.CreateTables(t.Context(), table); err != nil {
			t.Fatal(err)
		}
		insert := query.Prepare[struct{}](query.Insert(table).FromSelect(query.Select(query.Param[int64]("n").As("n"),
			query.Param[string]("s").As("s")), n, s))
		lock := query.Prepare[int64](query.Select(n).From(table).Where(n.EqTo(query.Param[int64]("n"))).ForUpdate())
		for round := range int64(3) { // the second is of texts that are kept
			err := eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
				counts, err := query.ExecAll(ctx, tx, lock.With(int64(-1)), insert.With(10*round, "one"),
					query.Update(table).Set(s.Set("two")).Where(n.Eq(10*round)), insert.With(10*round+1, "three"))
				if err == nil && (counts[1] != 1 || counts[2] != 1 || counts[3] != 1) {
					t.Errorf("%v", counts)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		got, err := query.All[string](t.Context(), eng, query.Select(s).From(table).OrderBy(n))
		if err != nil || len(got) != 6 || got[4] != "two" || got[5] != "three" {
			t.Errorf("%q, %v", got, err)
		}
		for _, st := range []query.Statement{insert.With(int64(1)), insert.With("x", "y"), insert.With()} {
			if _, err := query.ExecAll(t.Context(), eng, st); !errors.Is(err, dberr.ErrInvalid) {
				t.Errorf("%v", err)
			}
		}
	})
}
