package op_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// randomFacets are what columns of a kind may have as a default, and the conditions
// that checks and partial indexes may make of them.
var randomFacets = map[schema.Kind]struct {
	values     []any
	exprs      []schema.Expr
	conditions []string
}{
	schema.Integer: {[]any{int64(0), int64(7), int64(-3)}, []schema.Expr{"-5", "(1 + 2)"},
		[]string{"{c} > 0", "{c} BETWEEN 1 AND 5", "{c} IN (1, 2, 3)", "{c} <> -1", "({c} > 1 AND {c} < 9) OR {c} = 0"}},
	schema.BigInt:   {[]any{int64(0), int64(9007199254740993)}, nil, []string{"{c} >= 0", "{c} % 2 = 0", "NOT ({c} = 5)"}},
	schema.SmallInt: {[]any{int64(1)}, nil, []string{"{c} < 100"}},
	schema.Boolean:  {[]any{true, false}, nil, []string{"{c}", "NOT {c}"}},
	schema.Float:    {[]any{1.5, -0.25, 1e10, 1e-7}, nil, []string{"{c} < 1e10", "{c} * 2 > 0.5"}},
	schema.Numeric:  {[]any{int64(1), 1.5}, nil, []string{"{c} >= 0.5", "{c} + 1 < 100"}},
	schema.String: {[]any{"", "it's", `a\b`, "NULL", "0", "ü{x}"}, nil,
		[]string{"{c} <> ''", "trim({c}) <> ''", "length({c}) > 2", "{c} IN ('a', 'b')", "lower({c}) = {c}", "{c} LIKE 'a%'",
			`{c} <> 'a\b'`}},
	schema.Text: {[]any{"", "two\nlines"}, nil, []string{"{c} <> 'x'", "coalesce({c}, 'a') <> 'b'"}},
	schema.Date: {[]any{"2024-01-01"}, []schema.Expr{"CURRENT_DATE"},
		[]string{"{c} > '2020-01-01'", "{c} NOT IN ('2020-01-01', '2021-02-03')"}},
	schema.DateTime: {[]any{"2024-01-01 00:00:00", "2024-01-01 01:02:03.000004"}, []schema.Expr{schema.Now},
		[]string{"{c} > '2020-01-01 00:00:00'", "{c} IN ('2020-01-01 00:00:00', '2021-02-03 04:05:06.000007')"}},
	schema.Time: {[]any{"00:00:00", "01:02:03.000004", "23:59:59.999999"}, nil,
		[]string{"{c} > '06:30:00'", "{c} IN ('01:02:03', '12:00:00.5')", "{c} BETWEEN '01:00:00' AND '02:00:00'"}},
	schema.JSON:  {[]any{`{"b": 1, "a": 2}`, "[]"}, nil, nil},
	schema.JSONB: {[]any{`{"b":1,"a":2}`}, nil, nil},
	schema.UUID:  {[]any{"6BA7B810-9DAD-11D1-80B4-00C04FD430C8"}, nil, nil},
	schema.Bytes: {nil, nil, nil},
	schema.Enum:  {[]any{"new"}, nil, []string{"{c} <> 'done'", "{c} IN ('new', 'it''s')"}},
}

// randomKinds are those that columns are drawn from.
var randomKinds = []schema.Type{
	{Kind: schema.Integer}, {Kind: schema.BigInt}, {Kind: schema.SmallInt}, {Kind: schema.Boolean}, {Kind: schema.Float},
	{Kind: schema.Numeric, Precision: 12, Scale: 2}, {Kind: schema.Numeric, Precision: 10, Scale: 4}, {Kind: schema.String, Length: 40},
	{Kind: schema.String, Length: 90}, {Kind: schema.Text}, {Kind: schema.Text, KeyLength: 50}, {Kind: schema.Date}, {Kind: schema.DateTime},
	{Kind: schema.Time}, {Kind: schema.DateTime, WithZone: true}, {Kind: schema.JSON}, {Kind: schema.JSONB}, {Kind: schema.UUID}, {Kind: schema.Bytes},
	{Kind: schema.Enum, Values: []string{"new", "done", "it's"}},
}

// randomNext is what a type can become where nothing depends on the column.
var randomNext = map[schema.Kind][]schema.Type{
	schema.Integer:  {{Kind: schema.BigInt}, {Kind: schema.Numeric, Precision: 12, Scale: 2}, {Kind: schema.Text}},
	schema.BigInt:   {{Kind: schema.Integer}, {Kind: schema.String, Length: 40}},
	schema.SmallInt: {{Kind: schema.Integer}},
	schema.Boolean:  {{Kind: schema.Integer}},
	schema.Float:    {{Kind: schema.Numeric, Precision: 12, Scale: 2}},
	schema.Numeric:  {{Kind: schema.Float}, {Kind: schema.Numeric, Precision: 14, Scale: 4}},
	schema.String:   {{Kind: schema.Text}, {Kind: schema.String, Length: 60}},
	schema.Text:     {{Kind: schema.String, Length: 90}, {Kind: schema.JSON}},
	schema.DateTime: {{Kind: schema.DateTime, WithZone: true}, {Kind: schema.DateTime}},
	schema.Time:     {{Kind: schema.String, Length: 40}},
	schema.JSON:     {{Kind: schema.Text}},
	schema.Enum:     {{Kind: schema.String, Length: 40}},
}

// randomSchema grows and changes tables as people declare them.
type randomSchema struct {
	rt     *rapid.T
	prefix string // of all names: a connection may keep statements prepared for tables that are gone
	names  int
	tables []*schema.Table

	// Columns whose type was changed. What two changes come to, as of a number to
	// JSON by way of a text, may have no rule, and people have to say it with Using.
	retyped []*schema.Column
}

func (r *randomSchema) name(kind string) string {
	r.names++
	return fmt.Sprintf("%s_%s%d", r.prefix, kind, r.names)
}

func (r *randomSchema) yes(label string) bool { return rapid.Bool().Draw(r.rt, label) }

// few is true once in n.
func (r *randomSchema) few(n int, label string) bool {
	return rapid.IntRange(1, n).Draw(r.rt, label) == 1
}

func draw[T any](r *randomSchema, of []T, label string) T {
	return rapid.SampledFrom(of).Draw(r.rt, label)
}

// table declares one with a key, columns, and what is made of them.
func (r *randomSchema) table() {
	t := schema.Define(r.name("t"))
	switch rapid.IntRange(0, 4).Draw(r.rt, "key") {
	case 0, 1:
		t.Integer("id").Identity().PrimaryKey()
	case 2:
		t.String("id", 36).PrimaryKey()
	case 3:
		t.BigInt("id")
		t.Primary(r.name("pk"), "id")
	case 4:
		t.Integer("id")
		t.String("part", 20)
		t.Primary("", "id", "part")
	}
	if r.few(3, "commented") {
		t.Comment = "it's " + t.Name
	}
	r.tables = append(r.tables, t)
	for range rapid.IntRange(1, 6).Draw(r.rt, "columns") {
		r.column(t)
	}
	for range rapid.IntRange(0, 4).Draw(r.rt, "extras") {
		r.extra(t)
	}
}

func (r *randomSchema) column(t *schema.Table) {
	ty := draw(r, randomKinds, "type")
	c := t.Typed(r.name("c"), ty).Column
	if ty.Kind == schema.Enum {
		c.Type.Name = r.name("enum")
	}
	c.Nullable = r.yes("nullable")
	c.Default = r.defaultOf(c)
	if r.few(4, "comment") {
		c.Comment = draw(r, []string{"it's", `a\b`, "ü"}, "text")
	}
}

func (r *randomSchema) defaultOf(c *schema.Column) *schema.Default {
	f := randomFacets[c.Type.Kind]
	switch {
	case c.Nullable && r.few(8, "null"):
		return &schema.Default{Expr: "NULL"}
	case len(f.exprs) > 0 && r.few(4, "expression"):
		return &schema.Default{Expr: draw(r, f.exprs, "default")}
	case len(f.values) > 0 && r.yes("default"):
		return &schema.Default{Value: draw(r, f.values, "value")}
	}
	return nil
}

// plain are the columns that things can be made of.
func plain(t *schema.Table, good func(c *schema.Column) bool) (out []*schema.Column) {
	for _, c := range t.Columns {
		if c.Generated == nil && c.Identity == nil && !strings.Contains(c.Name, "_ref") && (good == nil || good(c)) {
			out = append(out, c)
		}
	}
	return out
}

func keyable(c *schema.Column) bool {
	switch c.Type.Kind {
	case schema.JSON, schema.JSONB, schema.Bytes:
		return false
	case schema.Text:
		return c.Type.KeyLength > 0
	}
	return true
}

// condition says something about a column; "" where there is none to speak of.
func (r *randomSchema) condition(t *schema.Table) schema.Expr {
	cs := plain(t, func(c *schema.Column) bool { return len(randomFacets[c.Type.Kind].conditions) > 0 })
	if len(cs) == 0 {
		return ""
	}
	c := draw(r, cs, "column")
	e := strings.ReplaceAll(draw(r, randomFacets[c.Type.Kind].conditions, "condition"), "{c}", "{"+c.Name+"}")
	if r.few(3, "or null") {
		e = "{" + c.Name + "} IS NULL OR (" + e + ")"
	}
	return schema.Expr(e)
}

// extra adds something that is made of columns.
func (r *randomSchema) extra(t *schema.Table) {
	keys := plain(t, keyable)
	texts := plain(t, func(c *schema.Column) bool { return c.Type.Kind == schema.String })
	numbers := plain(t, func(c *schema.Column) bool { return c.Type.Kind == schema.Integer || c.Type.Kind == schema.BigInt })
	switch rapid.IntRange(0, 6).Draw(r.rt, "extra") {
	case 0, 1:
		if len(keys) == 0 {
			return
		}
		i := &schema.Index{Name: r.name("ix"), Unique: r.few(3, "unique")}
		for _, c := range rapid.SliceOfNDistinct(rapid.SampledFrom(keys), 1, min(3, len(keys)),
			func(c *schema.Column) string { return c.Name }).Draw(r.rt, "parts") {
			i.Parts = append(i.Parts, schema.IndexPart{Column: c.Name, Desc: r.few(4, "desc")})
		}
		if r.few(3, "partial") {
			i.Where = r.condition(t)
		}
		t.Indexes = append(t.Indexes, i)
	case 2:
		if len(texts) == 0 {
			return
		}
		e := draw(r, []string{"lower({c})", "lower(trim({c}))"}, "expression")
		e = strings.ReplaceAll(e, "{c}", "{"+draw(r, texts, "column").Name+"}")
		t.Indexes = append(t.Indexes,
			&schema.Index{Name: r.name("ix"), Unique: r.yes("unique"), Parts: []schema.IndexPart{{Expr: schema.Expr(e)}}})
	case 3:
		if len(keys) == 0 {
			return
		}
		u := &schema.Unique{Columns: []string{draw(r, keys, "column").Name, "id"}}
		if r.yes("named") {
			u.Name = r.name("uq")
		}
		if slices.ContainsFunc(t.Uniques, func(o *schema.Unique) bool { return slices.Equal(o.Columns, u.Columns) }) ||
			u.Columns[0] == "id" {
			return
		}
		t.Uniques = append(t.Uniques, u)
	case 4:
		if e := r.condition(t); e != "" {
			k := &schema.Check{Expr: e}
			if r.few(4, "unnamed") && !slices.ContainsFunc(t.Checks, func(o *schema.Check) bool { return o.Name == "" }) {
				k.Name = ""
			} else {
				k.Name = r.name("ck")
			}
			t.Checks = append(t.Checks, k)
		}
	case 5:
		r.foreign(t)
	case 6:
		g := &schema.Column{Name: r.name("g"), Nullable: true}
		switch {
		case len(numbers) > 0 && r.yes("number"):
			g.Type = schema.Type{Kind: schema.BigInt}
			g.Generated = &schema.Generated{Expr: schema.Expr("{" + draw(r, numbers, "column").Name + "} + 1"), Stored: true}
		case len(texts) > 0:
			g.Type = schema.Type{Kind: schema.String, Length: 200}
			g.Generated = &schema.Generated{Expr: schema.Expr("lower({" + draw(r, texts, "column").Name + "})"), Stored: true}
		default:
			return
		}
		t.Columns = append(t.Columns, g)
	}
}

// foreign adds a foreign key, to any table whose key is one column.
func (r *randomSchema) foreign(t *schema.Table) {
	var to []*schema.Table
	for _, o := range r.tables {
		if len(o.PrimaryKey.Columns) == 1 {
			to = append(to, o)
		}
	}
	if len(to) == 0 {
		return
	}
	ref := draw(r, to, "to")
	f := &schema.ForeignKey{RefTable: ref.Name, RefColumns: []string{"id"},
		OnDelete: draw(r, []schema.Action{schema.NoAction, schema.Cascade, schema.SetNull, schema.Restrict}, "on delete")}
	if r.yes("named") {
		f.Name = r.name("fk")
	}
	c := t.Typed(r.name("ref"), ref.Column("id").Type).Null()
	f.Columns = []string{c.Column.Name}
	t.ForeignKeys = append(t.ForeignKeys, f)
}

// used reports whether anything is made of a column.
func (r *randomSchema) used(t *schema.Table, column string) bool {
	in := "{" + column + "}"
	return slices.Contains(t.PrimaryKey.Columns, column) ||
		slices.ContainsFunc(t.Columns, func(c *schema.Column) bool {
			return c.Generated != nil && strings.Contains(string(c.Generated.Expr), in)
		}) ||
		slices.ContainsFunc(t.Checks, func(k *schema.Check) bool { return strings.Contains(string(k.Expr), in) }) ||
		slices.ContainsFunc(t.Uniques, func(u *schema.Unique) bool { return slices.Contains(u.Columns, column) }) ||
		slices.ContainsFunc(t.ForeignKeys, func(f *schema.ForeignKey) bool { return slices.Contains(f.Columns, column) }) ||
		slices.ContainsFunc(t.Indexes, func(i *schema.Index) bool {
			return strings.Contains(string(i.Where), in) || slices.ContainsFunc(i.Parts, func(p schema.IndexPart) bool {
				return p.Column == column || strings.Contains(string(p.Expr), in)
			})
		})
}

// change changes the declaration.
func (r *randomSchema) change() {
	t := draw(r, r.tables, "table")
	switch rapid.IntRange(0, 9).Draw(r.rt, "change") {
	case 0:
		r.table()
	case 1:
		if len(r.tables) > 1 {
			r.drop(t)
		}
	case 2, 3:
		r.column(t)
	case 4, 5:
		r.extra(t)
	case 6:
		r.dropColumn(t)
	case 7:
		r.alter(t)
	case 8:
		r.dropExtra(t)
	case 9:
		t.Comment = r.name("comment ")
	}
}

func (r *randomSchema) drop(t *schema.Table) {
	r.tables = slices.DeleteFunc(r.tables, func(o *schema.Table) bool { return o == t })
	for _, o := range r.tables {
		o.ForeignKeys = slices.DeleteFunc(o.ForeignKeys, func(f *schema.ForeignKey) bool { return f.RefTable == t.Name })
	}
}

func (r *randomSchema) dropColumn(t *schema.Table) {
	if len(t.Columns) == 1 {
		return
	}
	c := draw(r, t.Columns, "column")
	if !r.used(t, c.Name) {
		t.Columns = slices.DeleteFunc(t.Columns, func(o *schema.Column) bool { return o == c })
	}
}

func (r *randomSchema) alter(t *schema.Table) {
	cs := plain(t, func(c *schema.Column) bool { return !slices.Contains(t.PrimaryKey.Columns, c.Name) })
	if len(cs) == 0 {
		return
	}
	c := draw(r, cs, "column")
	switch rapid.IntRange(0, 3).Draw(r.rt, "facet") {
	case 0:
		c.Nullable = !c.Nullable
		if !c.Nullable && c.Default != nil && c.Default.Expr == "NULL" {
			c.Default = nil
		}
	case 1:
		c.Default = r.defaultOf(c)
	case 2:
		c.Comment = r.name("now ")
	case 3:
		if next := randomNext[c.Type.Kind]; len(next) > 0 && !r.used(t, c.Name) && !slices.Contains(r.retyped, c) {
			r.retyped = append(r.retyped, c)
			c.Type, c.Default = draw(r, next, "type"), nil
			c.Default = r.defaultOf(c)
		}
	}
}

func (r *randomSchema) dropExtra(t *schema.Table) {
	switch {
	case len(t.Indexes) > 0 && r.yes("index"):
		t.Indexes = t.Indexes[1:]
	case len(t.Uniques) > 0 && r.yes("unique"):
		t.Uniques = t.Uniques[1:]
	case len(t.Checks) > 0 && r.yes("check"):
		t.Checks = t.Checks[1:]
	case len(t.ForeignKeys) > 0:
		t.ForeignKeys = t.ForeignKeys[1:]
	}
}

// toward makes the database what is declared now, of what was declared before,
// and returns how.
func (r *randomSchema) toward(t *testing.T, eng *engine.Engine, what string, was []*schema.Table) []op.Op {
	t.Helper()
	ops := op.FromChanges(schema.Diff(was, r.tables), was...)
	if err := run(t, eng, ops...); err != nil {
		r.rt.Fatalf("%s: %v: %v", what, ops, err)
	}
	if d := schema.Diff(inspect(t, eng), normalize(t, eng, r.tables)); len(d) > 0 {
		r.rt.Fatalf("%s: %v\ndiffers from the declaration:%s", what, ops, lines(d))
	}
	return ops
}

// clones are copies.
func clones(tables []*schema.Table) []*schema.Table {
	out := make([]*schema.Table, len(tables))
	for i, t := range tables {
		out[i] = t.Clone()
	}
	return out
}

// TestRandomSchemas declares random tables and makes them, changes the
// declaration and makes that of them, and goes back: each time nothing differs.
func TestRandomSchemas(t *testing.T) {
	if err := flag.Set("rapid.checks", fmt.Sprint(randomSchemas)); err != nil {
		t.Fatal(err)
	}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		n := 0
		rapid.Check(t, func(rt *rapid.T) {
			defer clean(t, eng)
			n++
			r := &randomSchema{rt: rt, prefix: fmt.Sprintf("x%d", n)}
			for range rapid.IntRange(1, 4).Draw(rt, "tables") {
				r.table()
			}
			r.toward(t, eng, "create", nil)
			begin := inspect(t, eng)
			was := clones(r.tables)
			declared, err := op.NewState(nil, was...)
			if err != nil {
				rt.Fatal(err)
			}
			for range rapid.IntRange(1, 6).Draw(rt, "changes") {
				r.change()
			}
			ops := r.toward(t, eng, "change", was)
			back, err := op.Reverse(declared, ops)
			if err != nil {
				rt.Fatalf("%v: %v", ops, err)
			}
			if err := run(t, eng, back...); err != nil {
				rt.Fatalf("%v\nback: %v: %v", ops, back, err)
			}
			if d := schema.Diff(inspect(t, eng), begin); len(d) > 0 {
				rt.Fatalf("%v\nand back: %v:%s", ops, back, lines(d))
			}
		})
	})
}
