package drivertest

import (
	"strings"

	"github.com/larder-db/larder/schema"
)

// zoo is a set of tables for each thing that a table can have. Tables of one
// entry belong together; names differ between entries.
func zoo() map[string][]*schema.Table {
	z := map[string][]*schema.Table{}

	kinds := schema.Define("zoo_kinds")
	kinds.BigInt("id").PrimaryKey()
	kinds.String("string_0", 0).Null()
	kinds.String("string_50", 50).Null()
	kinds.Text("text_n").Null()
	kinds.Integer("integer_n").Null()
	kinds.BigInt("bigint_n").Null()
	kinds.Typed("smallint_n", schema.Type{Kind: schema.SmallInt}).Null()
	kinds.Boolean("boolean_n").Null()
	kinds.Float("float_n").Null()
	kinds.Numeric("numeric_n", 10, 2).Null()
	kinds.Numeric("numeric_any", 0, 0).Null()
	kinds.Date("date_n").Null()
	kinds.Time("time_n").Null()
	kinds.Typed("time_3", schema.Type{Kind: schema.Time, Precision: 3}).Null()
	kinds.DateTime("datetime_n").Null()
	kinds.Typed("datetime_3", schema.Type{Kind: schema.DateTime, Precision: 3}).Null()
	kinds.Typed("datetime_tz", schema.Type{Kind: schema.DateTime, WithZone: true}).Null()
	kinds.JSON("json_n").Null()
	kinds.JSONB("jsonb_n").Null()
	kinds.Bytes("bytes_n").Null()
	kinds.UUID("uuid_n").Null()
	kinds.Typed("enum_n", schema.Type{Kind: schema.Enum, Name: "zoo_mood", Values: []string{"sad", "so, so", "it's fine", "ü"}}).Null()
	kinds.Typed("enum_unnamed", schema.Type{Kind: schema.Enum, Values: []string{"a", "b"}})
	z["kinds"] = []*schema.Table{kinds}

	required := schema.Define("zoo_required")
	for _, c := range kinds.Columns {
		r := c.Clone()
		r.Nullable = false
		if r.Type.Kind == schema.Enum {
			r.Type.Name = ""
		}
		required.Columns = append(required.Columns, r)
	}
	required.Primary("", "id")
	z["required"] = []*schema.Table{required}

	defaults := schema.Define("zoo_defaults")
	defaults.BigInt("id").PrimaryKey()
	defaults.Boolean("yes").Default(true)
	defaults.Boolean("no").Default(false)
	defaults.Boolean("spelled").Default("1")
	defaults.BigInt("zero").Default(int64(0))
	defaults.BigInt("negative").Default(int64(-5))
	defaults.BigInt("biggest").Default(int64(9223372036854775807))
	defaults.Integer("of_int").Default(7)
	defaults.Float("half").Default(0.5)
	defaults.Float("whole").Default(int64(3))
	defaults.Numeric("price", 10, 2).Default(1.25)
	defaults.String("word", 20).Default("context")
	defaults.String("empty", 20).Default("")
	defaults.String("quoted", 60).Default(`it's "so" \ and {x} and ; -- no`)
	defaults.String("unicode", 20).Default("ü 🙂")
	defaults.Text("long").Default("text")
	defaults.JSON("document").Default("{}")
	defaults.JSON("list").Null().Default(`["a", {"b": "it's"}]`)
	defaults.Time("opens").Default("08:30")
	defaults.Time("closes").Default("18:00:00.250000")
	defaults.DateTime("now").DefaultExpr(schema.Now)
	defaults.DateTime("maybe_now").Null().DefaultExpr(schema.Now)
	z["defaults"] = []*schema.Table{defaults}

	keys := schema.Define("zoo_keys")
	keys.String("a", 0).Key(50)
	keys.String("b", 0).Key(50)
	keys.Text("c").Key(50).Null()
	keys.BigInt("d").Null()
	keys.Primary("zoo_keys_pk", "b", "a")
	keys.Unique("", "c")
	keys.Unique("zoo_keys_named", "c", "d")
	keys.Unique("", "d", "c", "a")
	z["keys"] = []*schema.Table{keys}

	none := schema.Define("zoo_nokey")
	none.Text("a").Null()
	z["no key"] = []*schema.Table{none}

	parent := schema.Define("zoo_parent")
	parent.String("id", 0).Key(40).PrimaryKey()
	parent.String("part", 0).Key(40)
	parent.Unique("zoo_parent_pair", "id", "part")
	child := schema.Define("zoo_child")
	child.BigInt("id").PrimaryKey()
	child.String("p1", 0).Key(40).Null().References("zoo_parent", "id", schema.Cascade)
	child.String("p2", 0).Key(40).Null().References("zoo_parent", "id", schema.SetNull)
	child.String("p3", 0).Key(40).References("zoo_parent", "id", schema.Restrict)
	child.String("p4", 0).Key(40).References("zoo_parent", "id", schema.NoAction)
	child.String("part", 0).Key(40).Null()
	child.BigInt("up").Null()
	child.ForeignKey(&schema.ForeignKey{Name: "zoo_child_pair", Columns: []string{"p1", "part"}, RefTable: "zoo_parent", RefColumns: []string{"id", "part"}, OnUpdate: schema.Cascade})
	child.ForeignKey(&schema.ForeignKey{Name: "zoo_child_up", Columns: []string{"up"}, RefTable: "zoo_child", RefColumns: []string{"id"}, OnDelete: schema.SetNull})
	child.ForeignKey(&schema.ForeignKey{Name: "zoo_child_late", Columns: []string{"p2"}, RefTable: "zoo_parent", RefColumns: []string{"id"}, Deferrable: true})
	child.Index("zoo_child_p4", "p4", "up")
	// The one that is referred to comes second: the order is for the engine to find.
	z["foreign keys"] = []*schema.Table{child, parent}

	one, two := schema.Define("zoo_circle_one"), schema.Define("zoo_circle_two")
	one.BigInt("id").PrimaryKey()
	one.BigInt("two").Null().References("zoo_circle_two", "id", schema.SetNull)
	two.BigInt("id").PrimaryKey()
	two.BigInt("one").Null().References("zoo_circle_one", "id", schema.Cascade)
	z["circle"] = []*schema.Table{one, two}

	checks := schema.Define("zoo_checks")
	checks.BigInt("id").PrimaryKey()
	checks.BigInt("a").Null()
	checks.BigInt("b").Null()
	checks.String("s", 30).Null()
	checks.Numeric("n", 10, 2).Null()
	checks.Boolean("f").Null()
	checks.Check("zoo_ck_xor", "({a} IS NULL) <> ({b} IS NULL)")
	checks.Check("zoo_ck_and", "{a} > 0 AND {b} < 10 OR NOT ({a} = 3)")
	checks.Check("zoo_ck_in", "{s} IN ('a', 'it''s', 'ü')")
	checks.Check("zoo_ck_notin", "{a} NOT IN (1, 2, 3)")
	checks.Check("zoo_ck_between", "{a} BETWEEN 1 AND 100")
	checks.Check("zoo_ck_like", "{s} LIKE 'a%'")
	checks.Check("zoo_ck_func", "lower({s}) = {s}")
	checks.Check("zoo_ck_coalesce", "coalesce({a}, {b}, 0) >= 0")
	checks.Check("zoo_ck_arith", "({a} + {b}) * 2 <> {a} - 1")
	checks.Check("zoo_ck_case", "CASE WHEN {a} > 0 THEN {b} ELSE 1 END > 0")
	checks.Check("zoo_ck_numeric", "{n} > 0")
	checks.Check("zoo_ck_negative", "{a} > -5")
	checks.Check("zoo_ck_flag", "{f} AND NOT {f} OR NOT ({a} > 1 AND ({s} LIKE 'x' OR {b} IS NULL))")
	checks.Check("zoo_ck_bare", "{f}")
	checks.Check("zoo_ck_not", "NOT {f}")
	checks.Check("zoo_ck_braces", "{s} <> '{}'")
	checks.Check("", "{b} <> 77")
	checks.Check("", "{a} <> {b}")
	z["checks"] = []*schema.Table{checks}

	indexes := schema.Define("zoo_indexes")
	indexes.BigInt("id").PrimaryKey()
	indexes.String("a", 0).Key(60).Null()
	indexes.String("b", 0).Key(60).Null()
	indexes.BigInt("n").Null()
	indexes.Boolean("f").Null()
	indexes.Text("long").Null()
	indexes.Index("zoo_ix_plain", "a")
	indexes.Index("zoo_ix_desc", "n DESC", "a", "b DESC")
	indexes.Index("zoo_ix_unique", "b").Unique = true
	indexes.Index("zoo_ix_partial", "n").Where = "{n} IS NOT NULL"
	indexes.Index("zoo_ix_partial2", "a", "n").Where = "{f} AND {n} > 5"
	w := indexes.Index("zoo_ix_partial_unique", "a", "n")
	w.Unique, w.Where = true, "{n} > 5"
	w = indexes.Index("zoo_ix_not_null", "n", "b")
	w.Unique, w.Where = true, "{n} IS NOT NULL"
	indexes.Index("zoo_ix_include", "n", "f").Include = []string{"id"}
	indexes.Indexes = append(indexes.Indexes,
		&schema.Index{Name: "zoo_ix_lower", Unique: true, Parts: []schema.IndexPart{{Expr: "lower({a})"}},
			Where: "{a} IS NOT NULL"},
		&schema.Index{Name: "zoo_ix_mixed", Parts: []schema.IndexPart{{Column: "n"}, {Expr: "upper({b})", Desc: true}}},
		&schema.Index{Name: "zoo_ix_sum", Parts: []schema.IndexPart{{Expr: "{n} + 1"}}},
		&schema.Index{Name: "zoo_ix_prefix", Parts: []schema.IndexPart{{Column: "long", Prefix: 20}}})
	z["indexes"] = []*schema.Table{indexes}

	generated := schema.Define("zoo_generated")
	generated.BigInt("id").PrimaryKey()
	generated.BigInt("a").Null()
	generated.BigInt("b").Null()
	generated.BigInt("total").Null().Generated("{a} + {b}", true)
	generated.BigInt("twice").Null().Generated("{a} * 2", false)
	generated.Index("zoo_generated_total", "total")
	z["generated"] = []*schema.Table{generated}

	for name, ty := range map[string]schema.Kind{"zoo_serial": schema.Integer, "zoo_bigserial": schema.BigInt} {
		numbered := schema.Define(name)
		numbered.Typed("id", schema.Type{Kind: ty}).Identity().PrimaryKey()
		numbered.Text("a").Null()
		z[name] = []*schema.Table{numbered}
	}
	never := schema.Define("zoo_noreuse")
	never.Integer("id").Identity().PrimaryKey()
	never.Column("id").Identity.NoReuse = true
	never.Text("a").Null()
	z["no reuse"] = []*schema.Table{never}
	standard := schema.Define("zoo_standard")
	standard.Integer("id").Identity().PrimaryKey()
	standard.Column("id").Identity.Standard = "ALWAYS"
	z["standard identity"] = []*schema.Table{standard}

	comments := schema.Define("zoo_comments")
	comments.Comment = `about it's "things" \ ü`
	comments.BigInt("id").PrimaryKey().Comment("it's the key")
	comments.Text("a").Null().Comment(`epoch, "seconds" \`)
	comments.BigInt("b").Null()
	comments.Index("zoo_comments_b", "b").Comment = "why it's here"
	z["comments"] = []*schema.Table{comments}

	odd := schema.Define("zoo select; Order \"by\"`'")
	odd.BigInt("group").PrimaryKey()
	odd.Text("key").Key(20).Null()
	odd.Text("Usage").Key(20).Null()
	odd.Text("with space").Key(20).Null()
	odd.Text(`q"u'o` + "`te").Key(20).Null()
	odd.Text("ünï").Key(20).Null()
	odd.Unique("zoo_odd unique", "key", "with space")
	odd.Index("zoo_odd Index", "Usage", `q"u'o`+"`te")
	odd.Check("zoo_odd check", "{with space} <> {ünï}")
	z["odd names"] = []*schema.Table{odd}

	long := schema.Define("zoo_" + strings.Repeat("l", 59))
	long.BigInt(strings.Repeat("c", 63)).PrimaryKey()
	long.BigInt(strings.Repeat("d", 63)).Null().References(long.Name, strings.Repeat("c", 63), schema.Cascade)
	long.BigInt("e").Null()
	long.Unique("", strings.Repeat("d", 63))
	long.Unique("", strings.Repeat("d", 63), "e")
	long.Check("", schema.Expr("{"+strings.Repeat("d", 63)+"} > 0"))
	long.Index("zoo_"+strings.Repeat("i", 59), "e")
	z["long names"] = []*schema.Table{long}

	var wide = schema.Define("zoo_wide")
	wide.BigInt("id").PrimaryKey()
	for i := range 60 {
		wide.Text("t" + strings.Repeat("x", i+1)).Null()
	}
	z["wide"] = []*schema.Table{wide}
	return z
}
