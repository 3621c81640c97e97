package op_test

import (
	"slices"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// A block is for the engines that have a feature, or for the others, wherever
// it stands.
func TestOnly(t *testing.T) {
	ops, err := op.Record(func(ops *op.Ops) {
		ops.Having(schema.AlterInPlace, func(ops *op.Ops) { ops.DropColumn("note", "in place") })
		ops.Lacking(schema.AlterInPlace, func(ops *op.Ops) {
			ops.DropColumn("note", "rebuilt")
			ops.Having(schema.TransactionalDDL, func(ops *op.Ops) { ops.DropColumn("note", "in a transaction") })
		})
		ops.Lacking(schema.AlterInPlace, func(ops *op.Ops) {
			ops.Batch("note", func(ops *op.Ops) { ops.DropColumn("note", "batch") })
		})
		ops.OutsideTx(func(ops *op.Ops) {
			ops.Having(schema.AlterInPlace, func(ops *op.Ops) { ops.DropColumn("note", "outside") })
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		want := []string{"in place", "outside"}
		if !eng.Dialect().Has(schema.AlterInPlace) {
			want = []string{"rebuilt", "in a transaction", "batch"}
		}
		var got []string
		for o := range op.All(op.For(eng.Dialect(), ops)) {
			got = append(got, o.(op.DropColumn).Column)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
	s, err := op.NewState(nil, note())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(ops[0]); dberr.CodeOf(err) != dberr.SchemaMismatch {
		t.Errorf("for no engine: %v", err)
	}
}
