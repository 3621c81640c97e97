package op_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// blowout declares tables whose constraints get names of more than 255
// characters by the usual patterns, and twins that differ far behind the limit.
func blowout() []*schema.Table {
	long := strings.Repeat("long_", 10) // 50 bytes; with a suffix near the limit
	cols := []string{long + "alpha", long + "beta", long + "gamma", long + "delta"}
	p := schema.Define(long + "parent")
	c := schema.Define(long + "child")
	for _, t := range []*schema.Table{p, c} {
		for _, n := range cols {
			t.Integer(n)
		}
	}
	p.PrimaryKey = &schema.PrimaryKey{Columns: cols}
	c.PrimaryKey = &schema.PrimaryKey{Columns: cols[:3]}
	c.Unique("", cols[0], cols[1], cols[2], cols[3])
	c.Unique("", cols[0], cols[1], cols[3], cols[2])
	c.ForeignKey(&schema.ForeignKey{Columns: cols, RefTable: p.Name, RefColumns: cols})
	c.Check("", schema.Expr("{"+cols[0]+"} < {"+cols[1]+"} + {"+cols[2]+"}"))
	c.Check("", schema.Expr("{"+cols[0]+"} < {"+cols[1]+"} + {"+cols[2]+"} + 1"))
	c.Index("", cols[3], cols[2], cols[1], cols[0])
	c.Index("", cols[3], cols[2], cols[0], cols[1])
	return []*schema.Table{p, c}
}

// usual are patterns as many projects have them.
var usual = &schema.Convention{
	PrimaryKey: "pk_{table}_{columns}", Unique: "uq_{table}_{columns}", ForeignKey: "fk_{table}_{columns}_{ref_table}_{ref_columns}",
	Check: "ck_{table}_{columns}", Index: "ix_{table}_{columns}",
}

// TestLongNames: names of more than 255 characters are created, found again
// and dropped, and are the same each time.
func TestLongNames(t *testing.T) {
	recordAll := func(t *testing.T) []op.Op {
		t.Helper()
		ops, err := op.RecordNamed(func(ops *op.Ops) {
			for _, tb := range blowout() {
				ops.CreateTable(tb)
			}
		}, usual)
		if err != nil {
			t.Fatal(err)
		}
		return ops
	}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		ops := recordAll(t)
		mustRun(t, eng, ops...)
		var want []*schema.Table
		for _, tb := range blowout() {
			want = append(want, usual.Apply(tb))
		}
		for _, tb := range want {
			for _, name := range namesOf(tb) {
				if len(name) > schema.NameLimit || name == "" {
					t.Errorf("name %q has %d bytes", name, len(name))
				}
			}
		}
		if d := schema.Diff(inspect(t, eng), normalize(t, eng, want)); len(d) > 0 {
			t.Errorf("it made something else:%s", lines(d))
		}
		// Each of them can be dropped by its name, and comes back.
		before := state(t, eng)
		child := want[1]
		drop := record(t, func(ops *op.Ops) {
			ops.DropForeignKey(child.Name, child.ForeignKeys[0].Name)
			for _, i := range child.Indexes {
				ops.DropIndex(child.Name, i.Name)
			}
			for _, u := range child.Uniques {
				ops.DropUnique(child.Name, u.Name)
			}
			for _, k := range child.Checks {
				ops.DropCheck(child.Name, k.Name)
			}
		})
		back, err := op.Reverse(before, drop)
		if err != nil {
			t.Fatal(err)
		}
		mustRun(t, eng, drop...)
		if left := state(t, eng).
			Table(child.Name); len(left.Indexes)+len(left.Uniques)+len(left.ForeignKeys)+len(left.Checks) != 0 {
			t.Errorf("left: %v %v %v %v", left.Indexes, left.Uniques, left.ForeignKeys, left.Checks)
		}
		mustRun(t, eng, back...)
		if d := schema.Diff(inspect(t, eng), before.Tables()); len(d) > 0 {
			t.Errorf("after the way back:%s", lines(d))
		}
		mustRun(t, eng, op.DropTable{Name: child.Name}, op.DropTable{Name: want[0].Name})
		// Without a convention the names are those of Name, or the engine's.
		plain := blowout()
		for _, i := range plain[1].Indexes {
			var cols []string
			for _, p := range i.Parts {
				cols = append(cols, p.Column)
			}
			i.Name = op.Name("ix", plain[1].Name, cols...)
		}
		mustRun(t, eng, op.CreateTable{Table: plain[0]}, op.CreateTable{Table: plain[1]})
		if d := schema.Diff(inspect(t, eng), normalize(t, eng, plain)); len(d) > 0 {
			t.Errorf("without a convention it made something else:%s", lines(d))
		}
		mustRun(t, eng, op.DropTable{Name: child.Name}, op.DropTable{Name: want[0].Name})
		// A name that the author gives is never cut.
		over := schema.Define(strings.Repeat("x", 300))
		over.Integer("id").PrimaryKey()
		switch err := run(t, eng, op.CreateTable{Table: over}); {
		case err == nil: // the engine has no limit
			if state(t, eng).Table(over.Name) == nil {
				t.Error("a table of 300 characters has another name")
			}
		case !errors.Is(err, dberr.ErrTooLarge):
			t.Errorf("a name of 300 characters: %v", err)
		}
	})
}

func namesOf(t *schema.Table) []string {
	out := []string{t.PrimaryKey.Name}
	for _, u := range t.Uniques {
		out = append(out, u.Name)
	}
	for _, f := range t.ForeignKeys {
		out = append(out, f.Name)
	}
	for _, k := range t.Checks {
		out = append(out, k.Name)
	}
	for _, i := range t.Indexes {
		out = append(out, i.Name)
	}
	return out
}

// TestConvention: names that operations are given, and those they keep.
func TestConvention(t *testing.T) {
	c := &schema.Convention{PrimaryKey: "{table}_key", Unique: "{table}_{column}_u",
		ForeignKey: "{table}_{column}_to_{ref_table}_{ref_columns}", Check: "{table}_{columns}_c",
		Index: "{table}_{columns}_i"}
	ops, err := op.RecordNamed(func(ops *op.Ops) {
		tb := schema.Define("t")
		tb.Integer("id").PrimaryKey()
		tb.String("a", 10).Unique()
		tb.Check("", "{a} <> '{b}' AND {id} > 0")
		tb.Check("", "{a} <> 'x' AND {id} > 1")
		tb.Check("given", "{id} > 2")
		tb.Index("", "a")
		ops.CreateTable(tb)
		ops.AddColumn("t", op.Integer("p").Null().Unique().References("parent", "id", schema.Cascade))
		ops.AddUnique("t", "", "a", "p")
		ops.AddUnique("t", "mine", "p")
		ops.AddForeignKey("t", schema.ForeignKey{Columns: []string{"a"}, RefTable: "q", RefColumns: []string{"x", "y"}})
		ops.AddCheck("t", "", "{p} > 0")
		ops.SetPrimaryKey("t", "", "id", "a")
		ops.CreateIndex("t", &schema.Index{Parts: []schema.IndexPart{{Expr: "lower({a})"}, {Column: "p"}}})
		ops.Batch("t", func(ops *op.Ops) { ops.AddCheck("t", "", "{id} > 5") })
		ops.OutsideTx(func(ops *op.Ops) { ops.CreateIndex("t", schema.Define("").Index("", "p")) })
	}, c)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for o := range op.All(ops) {
		switch o := o.(type) {
		case op.CreateTable:
			got = append(got, namesOf(o.Table)...)
		case op.AddUnique:
			got = append(got, o.Unique.Name)
		case op.AddForeignKey:
			got = append(got, o.ForeignKey.Name)
		case op.AddCheck:
			got = append(got, o.Check.Name)
		case op.SetPrimaryKey:
			got = append(got, o.Key.Name)
		case op.CreateIndex:
			got = append(got, o.Index.Name)
		}
	}
	want := []string{"t_key", "t_a_u", "t_a_id_c", "t_a_id_c_2", "given", "t_a_i", "t_p_u", "t_p_to_parent_id", "t_a_u",
		"mine", "t_a_to_q_x_y", "t_p_c", "t_key", "t_lower_a_p_i", "t_id_c", "t_p_i"}
	if !slices.Equal(got, want) {
		t.Errorf("names\n%q, wanted\n%q", got, want)
	}
	for _, bad := range []schema.Convention{{Index: "ix_{table"}, {Check: "ck_{name}"}, {PrimaryKey: "{}"}} {
		if _, err := op.RecordNamed(nil, &bad); !errors.Is(err, dberr.ErrInvalid) ||
			!strings.Contains(err.Error(), "{columns}") {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
