package op_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// addTimes is an operation of a program's own: several tables get the columns
// that all of them have.
type addTimes struct{ Tables []string }

func (o addTimes) String() string { return "add times to " + strings.Join(o.Tables, ", ") }

func (o addTimes) Record(ops *op.Ops) {
	for _, t := range o.Tables {
		ops.AddColumn(t, op.BigInt("made_at").Null())
		ops.CreateIndex(t, &schema.Index{Parts: []schema.IndexPart{{Column: "made_at"}}})
	}
}

// createView is one that this package has no word for, with a way back of its
// own.
type createView struct{ Name, Query string }

func (o createView) String() string { return "create view " + o.Name }

func (o createView) Record(ops *op.Ops) {
	ops.Execute("CREATE VIEW {" + o.Name + "} AS " + o.Query).ChangesSchema()
}

func (o createView) Undo(ops *op.Ops) {
	ops.Execute("DROP VIEW {" + o.Name + "}").ChangesSchema().NoReverse()
}

// TestCustom: operations of a program's own are made, undone, and lose what
// their parts lose.
func TestCustom(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		makeRich(t, eng)
		before := state(t, eng)
		ops := record(t, func(ops *op.Ops) {
			ops.Use(addTimes{[]string{"t", "p"}})
		})
		back, err := op.Reverse(before, ops)
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, o := range ops {
			said = append(said, o.String())
		}
		if !slices.Equal(said, []string{"add times to t, p"}) {
			t.Errorf("it says %q", said)
		}
		mustRun(t, eng, ops...)
		if s := state(t, eng); s.Table("p").IndexNamed("ix_p_made_at") == nil || s.Table("t").Column("made_at") == nil {
			t.Error("the columns are missing")
		}
		again, err := op.Reverse(state(t, eng), back)
		if err != nil {
			t.Fatal(err)
		}
		mustRun(t, eng, back...)
		if d := schema.Diff(inspect(t, eng), before.Tables()); len(d) > 0 {
			t.Errorf("after the way back:%s", lines(d))
		}
		mustRun(t, eng, again...)
		if s := state(t, eng); s.Table("p").IndexNamed("ix_p_made_at") == nil {
			t.Error("the way back of the way back does not lead there")
		}
	})
}

type dropNames struct{}

func (dropNames) String() string     { return "forget names" }
func (dropNames) Record(ops *op.Ops) { ops.DropColumn("t", "a"); ops.DropColumn("t", "n") }
func (dropNames) wrong(ops *op.Ops)  { ops.BulkInsert("t", []string{"id"}, []any{1, 2}) }

type wrong struct{ dropNames }

func (w wrong) Record(ops *op.Ops) { w.wrong(ops) }

func TestCustomRecords(t *testing.T) {
	tb := schema.Define("t")
	tb.Integer("id").PrimaryKey()
	tb.Text("a").Null()
	tb.Integer("n").Null()
	s, err := op.NewState(nil, tb)
	if err != nil {
		t.Fatal(err)
	}
	ops := record(t, func(ops *op.Ops) { ops.Use(dropNames{}) })
	loss, err := op.Loss(s, ops)
	if err != nil || !slices.Equal(loss, []string{"column t.a with its values", "column t.n with its values"}) {
		t.Errorf("loss %q, %v", loss, err)
	}
	if n := op.Count(ops); n != 2 {
		t.Errorf("%d operations", n)
	}
	if g := op.Group(ops); len(g) != 1 {
		t.Errorf("its parts are not made together: %v", g)
	}
	in := record(t, func(ops *op.Ops) { ops.Batch("t", func(ops *op.Ops) { ops.Use(dropNames{}) }) })
	if n := op.Count(in); len(in) != 1 || n != 2 {
		t.Errorf("in a batch: %v", in)
	}
	if _, err := op.Record(func(ops *op.Ops) { ops.Use(wrong{}) }); dberr.CodeOf(err) != dberr.Invalid {
		t.Errorf("what is wrong inside: %v", err)
	}
	if _, err := op.Record(func(ops *op.Ops) { ops.Batch("other", func(ops *op.Ops) { ops.Use(dropNames{}) }) }); dberr.CodeOf(err) != dberr.Invalid {
		t.Errorf("of another table: %v", err)
	}
	one := record(t, func(ops *op.Ops) { ops.Use(createView{"v", "SELECT 1"}) })
	if back, err := op.Reverse(s, one); err != nil || len(back) != 1 || !strings.Contains(back[0].String(), "DROP VIEW") {
		t.Errorf("way back %v, %v", back, err)
	}
}

// TestOutsideTxStaysOutside: what runs outside of a transaction does so on the
// way back, too.
func TestOutsideTxStaysOutside(t *testing.T) {
	s, err := op.NewState(nil)
	if err != nil {
		t.Fatal(err)
	}
	back, err := op.Reverse(s, record(t, func(ops *op.Ops) {
		ops.OutsideTx(func(ops *op.Ops) {
			ops.Execute("VACUUM").Reverse("ANALYZE")
			ops.Execute("REINDEX").NoReverse()
		})
		ops.OutsideTx(func(ops *op.Ops) { ops.Execute("VACUUM").NoReverse() })
	}))
	if err != nil || len(back) != 1 {
		t.Fatalf("%v, %v", back, err)
	}
	if o, ok := back[0].(op.OutsideTx); !ok || len(o.Ops) != 1 || !strings.Contains(o.String(), "ANALYZE") {
		t.Errorf("way back %v", back)
	}
}
