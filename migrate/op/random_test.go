package op_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// randomTypes are types, and what each can become with the value it has.
var randomTypes = map[string]struct {
	ty    schema.Type
	value any
	next  []string
}{
	"int":    {schema.Type{Kind: schema.Integer}, int64(1), []string{"big", "bool", "text", "num"}},
	"big":    {schema.Type{Kind: schema.BigInt}, int64(1), []string{"int", "bool", "str"}},
	"bool":   {schema.Type{Kind: schema.Boolean}, true, []string{"int", "big"}},
	"num":    {schema.Type{Kind: schema.Numeric, Precision: 12, Scale: 2}, int64(1), []string{"int", "float"}},
	"float":  {schema.Type{Kind: schema.Float}, 1.5, []string{"num"}},
	"str":    {schema.Type{Kind: schema.String, Length: 40}, "happy", []string{"longer", "text"}},
	"longer": {schema.Type{Kind: schema.String, Length: 90}, "happy", []string{"str"}},
	"text":   {schema.Type{Kind: schema.Text, KeyLength: 50}, "1", []string{"str", "longer"}},
	"json":   {schema.Type{Kind: schema.JSON}, `{"a": "b"}`, []string{}},
	"mood":   {schema.Type{Kind: schema.Enum, Name: "mood", Values: []string{"happy", "so, so"}}, "happy", []string{"str"}},
	"time":   {schema.Type{Kind: schema.DateTime}, time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC), []string{"big"}},
}

// randomTable grows and changes by random operations.
type randomTable struct {
	rt    *rapid.T
	name  string
	kinds map[string]string // of each column that may be changed
	full  map[string]bool   // columns without NULL
	loose map[string]bool   // columns that changed in a way that, once their values are gone, cannot go back
	names int
	s     *op.State // as declared
}

func (r *randomTable) fresh(prefix string) string {
	r.names++
	return fmt.Sprintf("%s%d", prefix, r.names)
}

func (r *randomTable) table() *schema.Table { return r.s.Table(r.name) }

// pick draws a column that is good for a purpose; "" when there is none.
func (r *randomTable) pick(good func(kind string) bool) string {
	var cs []string
	for _, c := range r.table().Columns {
		if k := r.kinds[c.Name]; k != "" && good(k) {
			cs = append(cs, c.Name)
		}
	}
	if len(cs) == 0 {
		return ""
	}
	return rapid.SampledFrom(cs).Draw(r.rt, "column")
}

func anyKind(string) bool { return true }

func keyKind(k string) bool { return k != "json" }

func (r *randomTable) column(name string) *schema.Column {
	k := rapid.SampledFrom([]string{"int", "big", "bool", "num", "float", "str", "text", "json", "mood", "time"}).
		Draw(r.rt, "kind")
	c := &schema.Column{Name: name, Type: randomTypes[k].ty, Nullable: rapid.Bool().Draw(r.rt, "nullable")}
	if k == "mood" {
		c.Type.Name = r.fresh("mood_")
	}
	if rapid.Bool().Draw(r.rt, "default") && k != "json" && k != "time" {
		c.Default = &schema.Default{Value: randomTypes[k].value}
	}
	if rapid.Bool().Draw(r.rt, "comment") {
		c.Comment = "it's " + name
	}
	r.kinds[name] = k
	return c
}

// used reports whether a generated column is made of the column, or a check
// names it, which changes of type may not fit.
func (r *randomTable) used(column string) bool {
	t := r.table()
	return slices.ContainsFunc(t.Columns, func(c *schema.Column) bool {
		return c.Generated != nil && strings.Contains(string(c.Generated.Expr), "{"+column+"}")
	})
}

// next draws an operation; nil when the drawn kind does not apply.
func (r *randomTable) next() op.Op {
	t := r.table()
	switch rapid.IntRange(0, 13).Draw(r.rt, "operation") {
	case 0, 1:
		c := r.column(r.fresh("c"))
		o := op.AddColumn{Table: r.name, Column: c}
		if !c.Nullable && c.Default == nil {
			o.Fill = schema.Expr((&schema.Default{Value: randomTypes[r.kinds[c.Name]].value}).String())
			if r.kinds[c.Name] == "time" {
				o.Fill = "'2024-01-02 03:04:05'"
			}
		}
		r.full[c.Name] = !c.Nullable
		return o
	case 2:
		c := r.pick(anyKind)
		if c == "" || slices.Contains(t.PrimaryKey.Columns, c) || r.used(c) || r.loose[c] {
			return nil
		}
		delete(r.kinds, c)
		return op.DropColumn{Table: r.name, Column: c}
	case 3:
		c := r.pick(anyKind)
		if c == "" {
			return nil
		}
		to := r.fresh("r")
		r.kinds[to], r.full[to], r.loose[to] = r.kinds[c], r.full[c], r.loose[c]
		delete(r.kinds, c)
		return op.RenameColumn{Table: r.name, From: c, To: to, Owned: rapid.Bool().Draw(r.rt, "owned")}
	case 4:
		c := r.pick(anyKind)
		if c == "" || slices.Contains(t.PrimaryKey.Columns, c) {
			return nil
		}
		o := op.AlterColumn{Table: r.name, Column: c, Facets: []schema.Facet{schema.NullFacet}}
		if o.To.Nullable = !t.Column(c).Nullable; !o.To.Nullable && !r.full[c] {
			return nil
		}
		r.loose[c] = true
		return o
	case 5:
		c := r.pick(func(k string) bool { return k != "json" && k != "time" })
		if c == "" {
			return nil
		}
		o := op.AlterColumn{Table: r.name, Column: c, Facets: []schema.Facet{schema.DefaultFacet, schema.CommentFacet}}
		if t.Column(c).Default == nil {
			o.To.Default = &schema.Default{Value: randomTypes[r.kinds[c]].value}
		}
		o.To.Comment = "now " + c
		return o
	case 6:
		c := r.pick(anyKind)
		if c == "" || len(randomTypes[r.kinds[c]].next) == 0 || r.used(c) || slices.Contains(t.PrimaryKey.Columns, c) {
			return nil
		}
		if slices.ContainsFunc(t.Indexes, func(i *schema.Index) bool {
			return len(i.Parts) > 0 && strings.Contains(string(i.Parts[0].Expr), "{"+c+"}")
		}) {
			return nil
		}
		to := rapid.SampledFrom(randomTypes[r.kinds[c]].next).Draw(r.rt, "type")
		o := op.AlterColumn{Table: r.name, Column: c, Facets: []schema.Facet{schema.TypeFacet, schema.DefaultFacet},
			To: schema.Column{Type: randomTypes[to].ty}}
		r.kinds[c], r.loose[c] = to, true
		return o
	case 7:
		a, b := r.pick(keyKind), r.pick(keyKind)
		if a == "" {
			return nil
		}
		i := &schema.Index{Name: r.fresh("ix"), Parts: []schema.IndexPart{{Column: a, Desc: rapid.Bool().Draw(r.rt, "desc")}}}
		if b != a {
			i.Parts = append(i.Parts, schema.IndexPart{Column: b})
		}
		if rapid.Bool().Draw(r.rt, "where") {
			i.Where = schema.Expr("{" + a + "} IS NOT NULL")
		}
		if k := r.kinds[a]; k == "str" || k == "longer" || k == "text" {
			if rapid.Bool().Draw(r.rt, "expression") {
				i.Parts = []schema.IndexPart{{Expr: schema.Expr("lower({" + a + "})")}}
				i.Unique = rapid.Bool().Draw(r.rt, "unique")
			}
		}
		return op.CreateIndex{Table: r.name, Index: i}
	case 8:
		if len(t.Indexes) == 0 {
			return nil
		}
		return op.DropIndex{Table: r.name, Name: rapid.SampledFrom(t.Indexes).Draw(r.rt, "index").Name}
	case 9:
		if len(t.Uniques) > 0 && rapid.Bool().Draw(r.rt, "drop") {
			return op.DropUnique{Table: r.name, Name: t.Uniques[0].Name}
		}
		if c := r.pick(keyKind); c != "" {
			return op.AddUnique{Table: r.name, Unique: &schema.Unique{Name: r.fresh("uq"), Columns: []string{c, "id"}}}
		}
	case 10:
		if len(t.Checks) > 0 && rapid.Bool().Draw(r.rt, "drop") {
			return op.DropCheck{Table: r.name, Name: t.Checks[0].Name}
		}
		if c := r.pick(anyKind); c != "" {
			return op.AddCheck{Table: r.name,
				Check: &schema.Check{Name: r.fresh("ck"), Expr: schema.Expr("{" + c + "} IS NULL OR {id} > 0")}}
		}
	case 11:
		if len(t.ForeignKeys) > 0 {
			return op.DropForeignKey{Table: r.name, Name: t.ForeignKeys[0].Name}
		}
		action := rapid.SampledFrom([]schema.Action{schema.NoAction, schema.Cascade, schema.SetNull}).Draw(r.rt, "action")
		return op.AddForeignKey{Table: r.name,
			ForeignKey: &schema.ForeignKey{Name: r.fresh("fk"), Columns: []string{"p_id"}, RefTable: "p",
				RefColumns: []string{"id"}, OnDelete: action}}
	case 12:
		c := r.pick(func(k string) bool { return k == "int" || k == "big" })
		if c == "" {
			return nil
		}
		return op.AddColumn{Table: r.name, Column: &schema.Column{Name: r.fresh("g"), Type: schema.Type{Kind: schema.BigInt}, Nullable: true,
			Generated: &schema.Generated{Expr: schema.Expr("{" + c + "} + 1"), Stored: true}}}
	case 13:
		if rapid.Bool().Draw(r.rt, "table") {
			to := r.fresh("t")
			o := op.RenameTable{From: r.name, To: to, Owned: rapid.Bool().Draw(r.rt, "owned")}
			r.name = to
			return o
		}
		return op.SetComment{Table: r.name, Comment: r.fresh("comment ")}
	}
	return nil
}

// TestRandomAlterations changes a random table by random operations: what is
// there in the end is what the declaration says that had the same operations
// applied; and all of it can be undone.
func TestRandomAlterations(t *testing.T) {
	if err := flag.Set("rapid.checks", fmt.Sprint(randomChecks)); err != nil {
		t.Fatal(err)
	}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tables := 0
		rapid.Check(t, func(rt *rapid.T) {
			defer clean(t, eng)
			// A name of its own: a connection may keep statements prepared for
			// a table of the same name that is gone.
			tables++
			first := schema.Define(fmt.Sprintf("t_%d", tables))
			first.Integer("id")
			first.Primary("pk_of_t", "id")
			first.Integer("p_id").Null()
			r := &randomTable{rt: rt, name: first.Name, kinds: map[string]string{}, full: map[string]bool{},
				loose: map[string]bool{}}
			row, columns := []any{int64(1), int64(1)}, []string{"id", "p_id"}
			for range rapid.IntRange(1, 4).Draw(rt, "columns") {
				c := r.column(r.fresh("c"))
				first.Columns = append(first.Columns, c)
				columns, row = append(columns, c.Name), append(row, randomTypes[r.kinds[c.Name]].value)
				r.full[c.Name] = true
			}
			var err error
			if r.s, err = op.NewState(nil, parent(), first); err != nil {
				rt.Fatal(err)
			}
			if err := run(t, eng, op.CreateTable{Table: parent()}, op.CreateTable{Table: first},
				op.BulkInsert{Table: "p", Columns: []string{"id"}, Rows: [][]any{{int64(1)}}}, op.BulkInsert{Table: first.Name,
					Columns: columns, Rows: [][]any{row}}); err != nil {
				rt.Fatal(err)
			}
			if d := schema.Diff(inspect(t, eng), normalize(t, eng, r.s.Tables())); len(d) > 0 {
				rt.Fatalf("what was made differs from the declaration:%s", lines(d))
			}
			begin := state(t, eng)
			var ops []op.Op
			for range rapid.IntRange(1, 8).Draw(rt, "operations") {
				o := r.next()
				if o == nil {
					continue
				}
				if err := r.s.Apply(o); err != nil {
					rt.Fatalf("%v: %v", o, err)
				}
				ops = append(ops, o)
			}
			back, err := op.Reverse(begin, ops)
			if err != nil {
				rt.Fatal(err)
			}
			// In parts of random size, so that groups end in other places each time.
			for rest := ops; len(rest) > 0; {
				n := rapid.IntRange(1, len(rest)).Draw(rt, "part")
				part := rest[:n]
				if rapid.Bool().Draw(rt, "together") {
					part = op.Together(part)
				}
				if err := run(t, eng, part...); err != nil {
					rt.Fatalf("%v: %v", part, err)
				}
				rest = rest[n:]
			}
			want := normalize(t, eng, r.s.Tables())
			if d := schema.Diff(inspect(t, eng), want); len(d) > 0 {
				rt.Fatalf("%v\ndiffers from the declaration:%s", ops, lines(d))
			}
			if got := value(t, eng, "SELECT count(*) FROM "+r.name+" WHERE id = 1"); got != "1" {
				rt.Fatal("the row is gone")
			}
			if err := run(t, eng, back...); err != nil {
				rt.Fatalf("%v\nback: %v: %v", ops, back, err)
			}
			if d := schema.Diff(inspect(t, eng), begin.Tables()); len(d) > 0 {
				rt.Fatalf("%v\nand back:%s", ops, lines(d))
			}
		})
	})
}

// clean drops all tables.
func clean(t *testing.T, eng *engine.Engine) {
	t.Helper()
	mustRun(t, eng, op.FromChanges(schema.Diff(inspect(t, eng), nil))...)
}
