package migrate_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/autogen"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// expressive declares defaults and expressions in the words that people use,
// which servers keep in others.
func expressive(name string) *schema.Table {
	t := keyed(name)
	t.Numeric("price", 10, 2).Default(1.5)
	t.Integer("qty").DefaultExpr("-5")
	t.Numeric("total", 12, 2).Null().Generated("{price} * {qty}", true)
	t.String("email", 100).Key(100).Null()
	t.DateTime("starts_at").Null().Default("2024-01-01 00:00:00")
	t.DateTime("ends_at").Null().Default("2024-01-01 00:00:00.000000")
	t.Date("day").Null().Default("2024-02-03")
	t.Time("opens").Default("08:30")
	t.Time("closes").Null().Default("18:00:00.000000")
	t.Check("ck_open", "{opens} < '24:00:00' AND {closes} > '01:00:00.5'")
	t.Date("today").Null().DefaultExpr("CURRENT_DATE")
	t.DateTime("made").Null().DefaultExpr(schema.Now)
	t.String("nothing", 20).Null().DefaultExpr("NULL")
	t.String("word", 20).Null().DefaultExpr("'it''s'")
	t.Float("rate").DefaultExpr("1e3")
	t.Float("zero").Default(0.0)
	t.Boolean("live").DefaultExpr("TRUE")
	t.BigInt("sum").DefaultExpr("1 + 1")
	t.UUID("uid").Null().Default("0E37DF36-F698-11E6-8DD4-CB9CED3DF976")
	t.Bytes("bin").Null().Default("a\x01b")
	t.JSONB("prefs").Null().Default(`{"b": 1, "a":2}`)
	t.JSON("raw").Null().Default(`{"b":1,"a":2}`)
	t.Check("ck_qty", "{qty} <> 0 AND NOT ({qty} > 1000 OR {price} < 0)")
	t.Check("ck_rate", "{rate} < 1e10")
	t.Check("ck_email", "trim({email}) <> ''")
	t.Check("ck_at", "{starts_at} > '2020-01-01 00:00:00'")
	t.Check("ck_word", "{word} IN ('it''s', 'b') OR {word} LIKE 'x%'")
	t.Check("ck_cast", "CAST({qty} AS decimal(10,2)) BETWEEN -100 AND 1000")
	return t
}

// What is declared leaves nothing to do once it is made, whatever the server
// makes of its words.
func TestWhatWasDeclaredLeavesNothingToDo(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		item := expressive("item")
		if eng.Dialect().Has(schema.ExpressionIndex) {
			u := item.UniqueIndex("ux_item_email", "email")
			u.Parts = []schema.IndexPart{{Expr: "lower(trim({email}))"}}
			i := item.Index("ix_item_open", "qty")
			i.Where = "{word} <> 'done' AND {qty} > 0.5"
		}
		l := migrate.Lineage{Tables: []*schema.Table{item}}
		made := item.Clone()
		l.Revisions = []migrate.Revision{{ID: "g1", Upgrade: func(ops *op.Ops) { ops.CreateTable(made) }}}
		upgrade(t, runner(t, eng, l.Revisions...), "head")
		for _, d := range checked(t, eng, l).Differences {
			t.Errorf("made: %s", d.Text)
		}
		g, err := generator(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{l}}, autogen.Layout{}).
			Autogenerate(t.Context(), autogen.Draft{ID: "g2"}, autogen.Renames{})
		if err != nil || g != nil {
			t.Errorf("a revision was written: %+v, %v", g, err)
		}
		// A difference is still seen, and only that one.
		item.Column("price").Default = &schema.Default{Value: 2.5}
		if f := checked(t, eng, l); len(f.Differences) != 1 {
			t.Errorf("another default: %+v", f.Differences)
		}
		item.Column("price").Default = &schema.Default{Value: 1.5}
		item.Checks[0].Expr = "{qty} <> 1"
		if f := checked(t, eng, l); len(f.Differences) != 2 {
			t.Errorf("another check: %+v", f.Differences)
		}
		left, err := eng.Inspect(t.Context(), driver.InspectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range left {
			if x.Name != "item" && x.Name != "alembic_version" && !strings.HasPrefix(x.Name, "larder_") {
				t.Errorf("asking left %s", x.Name)
			}
		}
	})
}
