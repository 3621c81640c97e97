package op_test

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// pair is a schema before and after a change.
type pair struct{ before, after []*schema.Table }

// one makes a pair of a table "t" with an id and whatever the functions add.
func one(before, after func(t *schema.Table)) pair {
	build := func(f func(t *schema.Table)) []*schema.Table {
		t := schema.Define("t")
		t.Integer("id").PrimaryKey()
		if f != nil {
			f(t)
		}
		return []*schema.Table{parent(), t}
	}
	return pair{build(before), build(after)}
}

func parent() *schema.Table {
	p := schema.Define("p")
	p.Integer("id").PrimaryKey()
	return p
}

// column makes a pair of a table whose column a changes.
func column(before, after func(t *schema.Table) schema.ColumnDef) pair {
	return one(func(t *schema.Table) { before(t) }, func(t *schema.Table) { after(t) })
}

func typed(before, after schema.Type) pair {
	col := func(ty schema.Type) func(t *schema.Table) schema.ColumnDef {
		return func(t *schema.Table) schema.ColumnDef { return t.Typed("a", ty).Null() }
	}
	return column(col(before), col(after))
}

func str(t *schema.Table) schema.ColumnDef { return t.String("a", 50).Null() }

func strAnd(f func(t *schema.Table)) func(t *schema.Table) {
	return func(t *schema.Table) { str(t); t.String("b", 50).Null(); f(t) }
}

func none(*schema.Table) {}

func everyType(t *schema.Table) {
	t.Integer("i").Null()
	t.String("s", 50).Null()
	t.Text("x").Null()
	t.Boolean("b").Null()
	t.JSON("j").Null()
	t.DateTime("d").Null()
	t.Numeric("n", 10, 2).Null()
	t.Typed("e", schema.Type{Kind: schema.Enum, Name: "mood", Values: []string{"happy", "it's"}}).Null()
	t.Float("f").Null()
	t.UUID("u").Null()
	t.BigInt("l").Null()
	t.Time("c").Null()
}

func foreign(action schema.Action) func(t *schema.Table) {
	return func(t *schema.Table) {
		t.Integer("p_id").Null()
		t.ForeignKey(&schema.ForeignKey{Name: "fk_t_p", Columns: []string{"p_id"}, RefTable: "p", RefColumns: []string{"id"},
			OnDelete: action})
	}
}

func indexed(f func(i *schema.Index)) func(t *schema.Table) {
	return strAnd(func(t *schema.Table) { f(t.Index("ix_t", "a")) })
}

// autogenCases are the changes of testdata/autogen-cases.json.
func autogenCases() map[string]pair {
	k := func(kind schema.Kind) schema.Type { return schema.Type{Kind: kind} }
	length := func(n int) schema.Type { return schema.Type{Kind: schema.String, Length: n} }
	numeric := func(p, s int) schema.Type { return schema.Type{Kind: schema.Numeric, Precision: p, Scale: s} }
	mood := func(values ...string) schema.Type {
		return schema.Type{Kind: schema.Enum, Name: "mood", Values: values}
	}
	intNull := func(t *schema.Table) schema.ColumnDef { return t.Integer("a").Null() }
	def := func(v any) func(t *schema.Table) schema.ColumnDef {
		return func(t *schema.Table) schema.ColumnDef { return t.String("a", 50).Null().Default(v) }
	}
	now := func(t *schema.Table) schema.ColumnDef { return t.DateTime("a").Null().DefaultExpr(schema.Now) }
	plain := one(nil, nil)
	extra := schema.Define("extra")
	extra.Integer("id").PrimaryKey()
	extra.String("name", 50)
	generated := func(e schema.Expr) func(t *schema.Table) {
		return func(t *schema.Table) { t.Integer("a").Null(); t.Integer("g").Null().Generated(e, true) }
	}
	return map[string]pair{
		"no change (baseline: int,str,text,bool,json,datetime,numeric,enum,float,uuid,bigint)": one(everyType, everyType),
		"add table":                               {plain.before, append(slices.Clone(plain.before), extra)},
		"drop table":                              {append(slices.Clone(plain.before), extra), plain.before},
		"add column":                              one(none, func(t *schema.Table) { str(t) }),
		"drop column":                             one(func(t *schema.Table) { str(t) }, none),
		"rename column (a->b)":                    one(func(t *schema.Table) { str(t) }, func(t *schema.Table) { t.String("b", 50).Null() }),
		"nullable true->false":                    column(str, func(t *schema.Table) schema.ColumnDef { return t.String("a", 50) }),
		"type String(50)->String(100)":            typed(length(50), length(100)),
		"type String(50)->Text":                   typed(length(50), k(schema.Text)),
		"type Integer->BigInteger":                typed(k(schema.Integer), k(schema.BigInt)),
		"type Text->JSON":                         typed(k(schema.Text), k(schema.JSON)),
		"type Numeric(10,2)->(12,4)":              typed(numeric(10, 2), numeric(12, 4)),
		"type Integer->Boolean":                   typed(k(schema.Integer), k(schema.Boolean)),
		"type DateTime->DateTime(tz)":             typed(k(schema.DateTime), schema.Type{Kind: schema.DateTime, WithZone: true}),
		"enum add value":                          typed(mood("happy", "sad"), mood("happy", "calm", "sad", "it's")),
		"server default add":                      column(str, def("x")),
		"server default change":                   column(def("x"), def("y")),
		"server default drop":                     column(def("x"), str),
		"server default equal (expression now())": column(now, now),
		"add index":                               one(strAnd(none), indexed(func(*schema.Index) {})),
		"drop index":                              one(indexed(func(*schema.Index) {}), strAnd(none)),
		"index columns change":                    one(indexed(func(*schema.Index) {}), indexed(func(i *schema.Index) { i.Parts = append(i.Parts, schema.IndexPart{Column: "b", Desc: true}) })),
		"index unique change":                     one(indexed(func(*schema.Index) {}), indexed(func(i *schema.Index) { i.Unique = true })),
		"index expression change lower(a)->upper(a)": one(indexed(func(i *schema.Index) { i.Parts[0] = schema.IndexPart{Expr: "lower({a})"} }),
			indexed(func(i *schema.Index) { i.Parts[0] = schema.IndexPart{Expr: "upper({a})"} })),
		"partial index WHERE change": one(indexed(func(i *schema.Index) { i.Where = "{b} IS NOT NULL" }), indexed(func(i *schema.Index) { i.Where = "{b} = 'x'" })),
		"add named unique":           one(strAnd(none), strAnd(func(t *schema.Table) { t.Unique("uq_t", "a", "b") })),
		"add unnamed unique":         one(strAnd(none), strAnd(func(t *schema.Table) { t.Unique("", "a") })),
		"drop named unique":          one(strAnd(func(t *schema.Table) { t.Unique("uq_t", "a", "b") }), strAnd(none)),
		"add fk":                     one(func(t *schema.Table) { t.Integer("p_id").Null() }, foreign(schema.NoAction)),
		"drop fk":                    one(foreign(schema.NoAction), func(t *schema.Table) { t.Integer("p_id").Null() }),
		"fk ondelete change":         one(foreign(schema.NoAction), foreign(schema.Cascade)),
		"add check":                  one(func(t *schema.Table) { intNull(t) }, func(t *schema.Table) { intNull(t); t.Check("ck_t", "{a} > 0") }),
		"drop check":                 one(func(t *schema.Table) { intNull(t); t.Check("ck_t", "{a} > 0") }, func(t *schema.Table) { intNull(t) }),
		"pk change (id)->(id,a)": one(func(t *schema.Table) { t.Integer("a") }, func(t *schema.Table) {
			t.Integer("a")
			t.PrimaryKey.Columns = []string{"id", "a"}
		}),
		"column comment": column(str, func(t *schema.Table) schema.ColumnDef { return str(t).Comment("it's \\ a") }),
		"table comment":  one(none, func(t *schema.Table) { t.Comment = "it's \\ a" }),
		"column order": one(func(t *schema.Table) { t.Integer("a").Null(); t.Integer("b").Null() },
			func(t *schema.Table) { t.Integer("b").Null(); t.Integer("a").Null() }),
		"computed expression change": one(generated("{a} + 1"), generated("{a} + 2")),
		"sequence add":               one(none, func(t *schema.Table) { t.Columns[0].Identity = &schema.Identity{} }),
	}
}

// autogenNames are the changes of the data file, in its order.
func autogenNames(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("testdata/autogen-cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Cases []struct{ Change string }
	}
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range f.Cases {
		out = append(out, c.Change)
	}
	return out
}

// autogenNothing are the changes that an engine does not see, and why.
var autogenNothing = map[string]map[string]string{
	"type DateTime->DateTime(tz)": {"mysql": "DATETIME has no zone: values are UTC in both", "mariadb": "DATETIME has no zone: values are UTC in both"},
	"partial index WHERE change":  {"mysql": "a partial index that is not unique is a full one", "mariadb": "a partial index that is not unique is a full one"},
	"column comment":              {"sqlite": "SQLite keeps no comments"},
	"table comment":               {"sqlite": "SQLite keeps no comments"},
	"sequence add":                {"sqlite": "an INTEGER PRIMARY KEY numbers the rows in any case"},
}

func always(name string) bool {
	return strings.HasPrefix(name, "no change") || strings.HasPrefix(name, "server default equal") ||
		name == "column order"
}

func TestAutogen(t *testing.T) {
	cases := autogenCases()
	names := autogenNames(t)
	if len(names) != 39 || len(cases) != len(names) {
		t.Fatalf("%d changes in the file, %d here", len(names), len(cases))
	}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		for _, name := range names {
			c, ok := cases[name]
			if !ok {
				t.Fatalf("there is no case for %q", name)
			}
			t.Run(name, func(t *testing.T) {
				before, after := normalize(t, eng, c.before), normalize(t, eng, c.after)
				mustRun(t, eng, op.FromChanges(schema.Diff(nil, before))...)
				defer func() {
					mustRun(t, eng, op.FromChanges(schema.Diff(inspect(t, eng), nil))...)
					if left := inspect(t, eng); len(left) > 0 {
						t.Errorf("%d tables are left", len(left))
					}
				}()
				if d := schema.Diff(inspect(t, eng), before); len(d) > 0 {
					t.Fatalf("the unchanged baseline differs:%s", lines(d))
				}
				changes := schema.Diff(inspect(t, eng), after)
				quiet := always(name) || autogenNothing[name][eng.Dialect().Engine()] != ""
				if quiet != (len(changes) == 0) {
					t.Fatalf("differences:%s", lines(changes))
				}
				ops := op.FromChanges(changes)
				back, err := op.Reverse(state(t, eng), ops)
				if err != nil {
					t.Fatal(err)
				}
				mustRun(t, eng, ops...)
				if d := schema.Diff(inspect(t, eng), after); len(d) > 0 {
					t.Fatalf("after the change:%s", lines(d))
				}
				mustRun(t, eng, back...)
				if d := schema.Diff(inspect(t, eng), before); len(d) > 0 {
					t.Fatalf("after the way back:%s", lines(d))
				}
			})
		}
	})
}

// TestAComputedColumnAndItsSourceChange: what a generated column is made of has
// its new type when the column is added or changed, and the old one when it is
// changed back.
func TestAComputedColumnAndItsSourceChange(t *testing.T) {
	mood := schema.Type{Kind: schema.Enum, Name: "mood", Values: []string{"new", "done"}}
	text, number := schema.Type{Kind: schema.String, Length: 40}, schema.Type{Kind: schema.Integer}
	with := func(source schema.Type, e schema.Expr, more ...schema.Expr) pair {
		return one(nil, func(t *schema.Table) {
			a := t.Typed("a", source).Null()
			if source.Kind == schema.Enum {
				a.Default("new")
			}
			for i, e := range append([]schema.Expr{e}, more...) {
				if e != "" {
					t.Typed("g"+strconv.Itoa(i), schema.Type{Kind: schema.String, Length: 200}).Null().Generated(e, true)
				}
			}
		})
	}
	// A table that grows in the same change stands between the statements of the other.
	other := func(column string) *schema.Table {
		t := schema.Define("u")
		t.Integer("id").PrimaryKey()
		t.Integer(column).Null()
		return t
	}
	steps := []pair{
		{with(mood, "").after, with(text, "lower({a})").after},
		{with(number, "").after, with(text, "lower({a})").after},
		{with(text, "lower({a})").after, with(schema.Type{Kind: schema.String, Length: 80}, "lower({a})").after},
		{with(text, "lower({a})").after, with(schema.Type{Kind: schema.Text}, "upper({a})").after},
		{with(text, "lower({a})").after, with(schema.Type{Kind: schema.String, Length: 80}, "upper({a})", "lower({a})").after},
	}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		for i, c := range steps {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				before := normalize(t, eng, append(slices.Clone(c.before), other("a")))
				after := normalize(t, eng, append(slices.Clone(c.after), other("b")))
				mustRun(t, eng, op.FromChanges(schema.Diff(nil, before))...)
				ops := op.FromChanges(schema.Diff(inspect(t, eng), after))
				back, err := op.Reverse(state(t, eng), ops)
				if err != nil {
					t.Fatal(err)
				}
				mustRun(t, eng, ops...)
				if d := schema.Diff(inspect(t, eng), after); len(d) > 0 {
					t.Errorf("after the change:%s", lines(d))
				}
				mustRun(t, eng, back...)
				if d := schema.Diff(inspect(t, eng), before); len(d) > 0 {
					t.Errorf("after the way back:%s", lines(d))
				}
				mustRun(t, eng, op.FromChanges(schema.Diff(inspect(t, eng), nil))...)
			})
		}
	})
}
