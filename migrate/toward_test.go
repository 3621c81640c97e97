package migrate_test

import (
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// A revision that stopped while it filled a column goes on when its author has
// put the value right, and can be taken back.
func TestAFillThatFailsIsPutRight(t *testing.T) {
	adds := func(fill schema.Expr, nullable bool) migrate.Revision {
		return migrate.Revision{ID: "f2", Down: []string{"k1"}, Upgrade: func(ops *op.Ops) {
			ops.AddColumn("counter", op.Text("why").Null())
			ops.AddColumn("counter", op.Integer("zero").Default(int64(0)))
			twice := op.Integer("twice")
			if nullable {
				twice = twice.Null()
			}
			ops.AddColumn("counter", twice).Fill(fill)
		}}
	}
	// A number that is too large is found when the rows are written.
	const right, wrong = "{id} * 2", "{id} * 2000000000"
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		first := killable()[0]
		for _, nullable := range []bool{false, true} {
			upgrade(t, runner(t, eng, first), "head")
			before := snapshotOf(t, eng)
			for _, undo := range []bool{true, false} {
				bad := runner(t, eng, first, adds(wrong, nullable))
				_, err := bad.Upgrade(t.Context(), "head")
				if err == nil && eng.Dialect().Has(schema.TransactionalDDL) {
					// SQLite's integers have one size.
					if _, err := bad.Downgrade(t.Context(), "k1"); err != nil {
						t.Fatal(err)
					}
				} else if dberr.CodeOf(err) == "" {
					t.Fatalf("got %v", err)
				}
				if undo {
					if _, err := bad.Repair(t.Context(), migrate.RepairOptions{Undo: true}); err != nil {
						t.Fatal(err)
					}
					if d := schema.Diff(before, snapshotOf(t, eng)); len(d) != 0 {
						t.Errorf("the undo left %v", d)
					}
				}
			}
			r := runner(t, eng, first, adds(right, nullable))
			upgrade(t, r, "head")
			if n := one[int](t, eng, "SELECT count(*) FROM counter WHERE twice = id * 2"); n != 20 {
				t.Errorf("%d counters have twice their id", n)
			}
			if f, err := r.Check(t.Context()); err != nil || !f.OK() {
				t.Errorf("check: %+v %v", f, err)
			}
			if _, err := r.Downgrade(t.Context(), "base"); err != nil {
				t.Fatal(err)
			}
		}
	})
}
