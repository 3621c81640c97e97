package op_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// rich is a table whose column a has every facet, with all that can hang on a
// column.
func rich() []*schema.Table {
	p := parent()
	t := schema.Define("t")
	t.Integer("id").PrimaryKey()
	t.String("a", 40).Default("it's").Comment("what it's for")
	t.Integer("n").Null().Comment("number")
	t.JSON("doc").Null()
	t.Integer("p_id").Null().References("p", "id", schema.SetNull)
	t.Integer("twice").Null().Generated("{n} * 2", true)
	t.Index("ix_t_a", "a", "n DESC")
	i := t.Index("ix_t_lower")
	i.Parts, i.Unique, i.Where = []schema.IndexPart{{Expr: "lower({a})"}}, true, "{a} IS NOT NULL"
	t.Unique("uq_t", "a", "id")
	t.Check("ck_t_a", "{a} <> 'nothing'")
	t.Check("ck_t_n", "{n} > 0")
	return []*schema.Table{p, t}
}

func makeRich(t *testing.T, eng *engine.Engine) {
	t.Helper()
	for _, tb := range rich() {
		mustRun(t, eng, op.CreateTable{Table: tb})
	}
	must(t, eng, "INSERT INTO {p} ({id}) VALUES (1)")
	for n := 1; n <= 3; n++ {
		must(t, eng, "INSERT INTO {t} ({id}, {a}, {n}, {doc}, {p_id}) VALUES (?, ?, ?, ?, 1)", n, fmt.Sprintf("A%d", n),
			n, `{"k": "v"}`)
	}
}

// TestFacets changes one facet of a column; the others, and all that hangs on
// the column, are as they were, and the rows too.
func TestFacets(t *testing.T) {
	col := func(tables []*schema.Table, name string) *schema.Column { return tables[1].Column(name) }
	for _, c := range []struct {
		name string
		ops  func(ops *op.Ops)
		want func(tables []*schema.Table)
	}{
		{"type", func(ops *op.Ops) { ops.AlterColumn("t", "a").Type(schema.Type{Kind: schema.String, Length: 60}) },
			func(ts []*schema.Table) { col(ts, "a").Type.Length = 60 }},
		{"nullable", func(ops *op.Ops) { ops.AlterColumn("t", "a").Null() }, func(ts []*schema.Table) { col(ts, "a").Nullable = true }},
		{"not null", func(ops *op.Ops) { ops.AlterColumn("t", "n").NotNull() }, func(ts []*schema.Table) { col(ts, "n").Nullable = false }},
		{"default", func(ops *op.Ops) { ops.AlterColumn("t", "a").Default(`b\'`) }, func(ts []*schema.Table) { col(ts, "a").Default.Value = `b\'` }},
		{"no default", func(ops *op.Ops) { ops.AlterColumn("t", "a").NoDefault() }, func(ts []*schema.Table) { col(ts, "a").Default = nil }},
		{"comment", func(ops *op.Ops) { ops.AlterColumn("t", "a").Comment("other") }, func(ts []*schema.Table) { col(ts, "a").Comment = "other" }},
		{"json null", func(ops *op.Ops) { ops.AlterColumn("t", "doc").NotNull() }, func(ts []*schema.Table) { col(ts, "doc").Nullable = false }},
		{"generated", func(ops *op.Ops) { ops.AlterColumn("t", "twice").Generated("{n} * 3", true) },
			func(ts []*schema.Table) { col(ts, "twice").Generated.Expr = "{n} * 3" }},
		{"base of generated", func(ops *op.Ops) { ops.AlterColumn("t", "n").Type(schema.Type{Kind: schema.BigInt}) },
			func(ts []*schema.Table) { col(ts, "n").Type.Kind = schema.BigInt }},
		{"name", func(ops *op.Ops) { ops.RenameColumn("t", "a", "title") }, func(ts []*schema.Table) {
			b := strings.NewReplacer("{a}", "{title}")
			col(ts, "a").Name = "title"
			ts[1].Indexes[0].Parts[0].Column = "title"
			ts[1].Indexes[1].Parts[0].Expr = "lower({title})"
			ts[1].Indexes[1].Where = "{title} IS NOT NULL"
			ts[1].Uniques[0].Columns[0] = "title"
			ts[1].Checks[0].Expr = schema.Expr(b.Replace(string(ts[1].Checks[0].Expr)))
		}},
		{"name of json", func(ops *op.Ops) { ops.RenameColumn("t", "doc", "meta") }, func(ts []*schema.Table) { col(ts, "doc").Name = "meta" }},
		{"name of base", func(ops *op.Ops) { ops.RenameColumn("t", "n", "size") }, func(ts []*schema.Table) {
			col(ts, "n").Name = "size"
			col(ts, "twice").Generated.Expr = "{size} * 2"
			ts[1].Indexes[0].Parts[1].Column = "size"
			ts[1].Checks[1].Expr = "{size} > 0"
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
				makeRich(t, eng)
				before := state(t, eng)
				if d := schema.Diff(before.Tables(), normalize(t, eng, rich())); len(d) > 0 {
					t.Fatalf("at first:%s", lines(d))
				}
				want := rich()
				// Names that the engine invents are those of the first declaration.
				for i, n := range normalize(t, eng, want) {
					for j, f := range n.ForeignKeys {
						want[i].ForeignKeys[j].Name = f.Name
					}
				}
				c.want(want)
				ops := record(t, c.ops)
				back, err := op.Reverse(before, ops)
				if err != nil {
					t.Fatal(err)
				}
				mustRun(t, eng, ops...)
				if d := schema.Diff(inspect(t, eng), normalize(t, eng, want)); len(d) > 0 {
					t.Errorf("after the change:%s", lines(d))
				}
				mustRun(t, eng, back...)
				if d := schema.Diff(inspect(t, eng), before.Tables()); len(d) > 0 {
					t.Errorf("after the way back:%s", lines(d))
				}
				got := strings.Join(table(t, eng, "SELECT {id}, {a}, {n}, {doc}, {p_id}, {twice} FROM {t} ORDER BY {id}", "id", "a",
					"n", "doc", "p_id", "twice"), " ")
				if want := `1|A1|1|{"k": "v"}|1|2 2|A2|2|{"k": "v"}|1|4 3|A3|3|{"k": "v"}|1|6`; got != want {
					t.Errorf("rows: %s", got)
				}
				for _, bad := range []string{
					"INSERT INTO {t} ({id}, {a}) VALUES (9, 'a1')",
					"INSERT INTO {t} ({id}, {a}) VALUES (9, 'nothing')",
					"INSERT INTO {t} ({id}, {n}) VALUES (9, -1)",
					"INSERT INTO {t} ({id}, {p_id}) VALUES (9, 77)",
				} {
					if _, err := op.Run(t.Context(), eng, bad); err == nil {
						t.Errorf("%s is taken", bad)
					}
				}
			})
		})
	}
}

func TestRenameTable(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		makeRich(t, eng)
		before := state(t, eng)
		ops := record(t, func(ops *op.Ops) {
			ops.RenameTable("t", "kept")
			ops.RenameTable("p", "owner")
			ops.AddColumn("kept", op.Text("more").Null())
		})
		back, err := op.Reverse(before, ops)
		if err != nil {
			t.Fatal(err)
		}
		mustRun(t, eng, ops...)
		now := state(t, eng)
		if f := now.Table("kept").ForeignKeys; len(f) != 1 || f[0].RefTable != "owner" {
			t.Errorf("foreign keys: %v", f)
		}
		// The old names are free again.
		for _, tb := range rich() {
			tb.Indexes, tb.Checks, tb.Uniques, tb.ForeignKeys = nil, nil, nil, nil
			tb.PrimaryKey.Name = "pk_again_" + tb.Name
			mustRun(t, eng, op.CreateTable{Table: tb})
		}
		mustRun(t, eng, op.DropTable{Name: "t"}, op.DropTable{Name: "p"})
		mustRun(t, eng, back...)
		if d := schema.Diff(inspect(t, eng), before.Tables()); len(d) > 0 {
			t.Errorf("after the way back:%s", lines(d))
		}
		if got := table(t, eng, "SELECT count(*) AS n FROM {t}", "n"); got[0] != "3" {
			t.Error(got)
		}
	})
}
