package query_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// Statements that are sent together do what they do one by one, and one that fails
// keeps those behind it from being run.
func TestStatementsAreSentTogether(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		table := schema.Define("pair")
		id := query.Col[string](table.Text("id").Key(20).PrimaryKey())
		n := query.Col[int64](table.BigInt("n").Null())
		table.JSON("doc").Null()
		create(t, eng, table)
		type row struct {
			ID  string         `db:"id"`
			N   *int64         `db:"n"`
			Doc jsonvalue.JSON `db:"doc"`
		}
		seven := int64(7)
		some := []query.Statement{
			query.InsertRows(table, []row{{ID: "a", N: &seven, Doc: jsonvalue.Text(`{"é":"😀"}`)}, {ID: "b"}}),
			query.Update(table).Set(n.Set(8)).Where(id.In("a", "b", "c")),
			query.Delete(table).Where(id.Eq("nothing")),
			query.Insert(table).Row(row{ID: "a", N: &seven}).OnConflict(id).DoUpdate(n),
			query.Insert(table).FromSelect(query.Select(query.Concat(id, query.Val("2")).As("id"), n).From(table).Where(id.Eq("a")), id, n),
		}
		send := func(sts ...query.Statement) (counts []int64, err error) {
			err = eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
				counts, err = query.ExecAll(ctx, tx, sts...)
				return err
			})
			return counts, err
		}
		for range 3 { // the first time it is prepared
			counts, err := send(some...)
			if err != nil {
				t.Fatal(err, unwrapped(err))
			}
			if counts[0] != 2 || counts[1] != 2 || counts[2] != 0 || counts[4] != 1 {
				t.Errorf("counts are %d", counts)
			}
			got := all[row](t, eng, query.SelectFrom(table).OrderBy(id))
			if len(got) != 3 || *got[0].N != 7 || got[0].Doc.String() != `{"é":"😀"}` || *got[1].N != 7 || *got[2].N != 8 {
				t.Errorf("rows are %+v", got)
			}
			if _, err := query.ExecAll(t.Context(), eng, query.Delete(table).Where(n.Eq(7)),
				query.Delete(table).Where(n.Eq(8))); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			var seen []string
			remove := eng.Observe(failures{&seen})
			_, err := send(query.Insert(table).Row(row{ID: "x"}).Named("first"),
				query.Insert(table).Row(row{ID: "x"}).Named("second"), query.Delete(table).AllRows().Named("third"))
			remove()
			if !errors.Is(err, dberr.ErrAlreadyExists) {
				t.Errorf("a key that comes twice: %v", err)
			}
			if slices.Contains(seen, "first") || !slices.Contains(seen, "second") {
				t.Errorf("what has failed is %q", seen)
			}
		}
		if got := all[row](t, eng, query.SelectFrom(table)); len(got) != 0 {
			t.Errorf("rows are left: %+v", got)
		}
		// Of a table that changes meanwhile no plan is left.
		if _, err := send(some[0], some[1]); err != nil {
			t.Fatal(err)
		}
		if _, err := eng.Exec(t.Context(), engine.Statement{SQL: "ALTER TABLE pair DROP COLUMN doc",
			Write: true}); err != nil {
			t.Fatal(err)
		}
		if _, err := send(some[0], some[1]); !errors.Is(err, dberr.ErrSchemaMismatch) {
			t.Errorf("a column that is gone: %v", err)
		}
		if counts, err := send(query.Delete(table).AllRows(), query.Insert(table).Values(id.Set("y"))); err != nil ||
			counts[0] != 2 || counts[1] != 1 {
			t.Errorf("after the change: %d, %v", counts, err)
		}
	})
}

// failures collects the names of the statements that fail.
type failures struct{ names *[]string }

func (failures) Before(ctx context.Context, _ *engine.Event) context.Context { return ctx }

func (f failures) After(_ context.Context, e *engine.Event) {
	if e.Err != nil && e.Name != "" {
		*f.names = append(*f.names, e.Name)
	}
}
