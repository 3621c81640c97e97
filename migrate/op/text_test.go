package op_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

func people(t *testing.T, eng *engine.Engine) {
	t.Helper()
	tb := schema.Define("t")
	tb.BigInt("id").PrimaryKey()
	tb.String("a", 20)
	tb.String("b", 20).Null()
	other := schema.Define("other")
	other.BigInt("id").PrimaryKey()
	other.String("c", 20)
	mustRun(t, eng, op.CreateTable{Table: tb}, op.CreateTable{Table: other})
	must(t, eng, "INSERT INTO {t} ({id}, {a}, {b}) VALUES (1, '12', '34')")
}

// A name that no table has is an error that says it, wherever a text stands;
// nothing is changed.
func TestUnknownNames(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		people(t, eng)
		index := func(i schema.Index) op.Op { return op.CreateIndex{Table: "t", Index: &i} }
		bad := schema.Define("bad")
		bad.BigInt("id").PrimaryKey()
		bad.Check("ck", "{typo} <> 'x'")
		gen := op.String("g", 20).Generated("lower({typo})", true)
		col := op.String("n", 20).Null()
		for what, o := range map[string]op.Op{
			"update":               op.Execute{Text: op.SQLText{SQL: "UPDATE {t} SET {a} = {typo}"}},
			"delete":               op.Execute{Text: op.SQLText{SQL: "DELETE FROM {t} WHERE {typo} <> ?", Args: []any{"x"}}},
			"insert":               op.Execute{Text: op.SQLText{SQL: "INSERT INTO {t} ({id}, {typo}) VALUES (2, 'x')"}},
			"insert from select":   op.Execute{Text: op.SQLText{SQL: "INSERT INTO {other} ({id}, {c}) SELECT {id}, {typo} FROM {t}"}},
			"of another table":     op.Execute{Text: op.SQLText{SQL: "UPDATE {t} SET {a} = {c}"}},
			"fill":                 op.AddColumn{Table: "t", Column: col.Column, Fill: "lower({typo})"},
			"using":                op.AlterColumn{Table: "t", Column: "a", Facets: []schema.Facet{schema.TypeFacet}, To: *op.String("a", 30).Column, Using: "lower({typo})"},
			"generated":            op.AddColumn{Table: "t", Column: gen.Column},
			"check":                op.AddCheck{Table: "t", Check: &schema.Check{Name: "ck", Expr: "{typo} <> 'x'"}},
			"index":                index(schema.Index{Name: "ix", Parts: []schema.IndexPart{{Expr: "lower({typo})"}}}),
			"partial index":        index(schema.Index{Name: "ix", Parts: []schema.IndexPart{{Column: "a"}}, Where: "{typo} IS NOT NULL"}),
			"check of a new table": op.CreateTable{Table: bad},
		} {
			err := run(t, eng, o)
			if c := dberr.CodeOf(err); c != dberr.Invalid && c != dberr.SchemaMismatch ||
				!strings.Contains(err.Error(), "typo") && what != "of another table" {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := eng.DDL().CreateTables(bad); dberr.CodeOf(err) != dberr.Invalid {
			t.Errorf("the statements of a table: %v", err)
		}
		if _, err := op.Run(t.Context(), eng, "UPDATE {t} SET {a} = {typo}"); dberr.CodeOf(err) != dberr.SchemaMismatch ||
			!strings.Contains(err.Error(), "typo") {
			t.Errorf("a data step: %v", err)
		}
		if _, err := op.Get(t.Context(), eng, "SELECT {typo} FROM {t}"); dberr.CodeOf(err) != dberr.SchemaMismatch {
			t.Errorf("a query of a data step: %v", err)
		}
		if got := table(t, eng, "SELECT {a} FROM {t}", "a"); len(got) != 1 || got[0] != "12" {
			t.Errorf("the rows are %q", got)
		}
	})
}

func TestKnownNames(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		people(t, eng)
		for _, text := range []string{
			"UPDATE {t} SET {a} = {t}.{b} WHERE {id} = 1",
			"DELETE FROM {other} WHERE {id} IN (SELECT {x}.{id} FROM {t} AS {x} WHERE {x}.{a} = 'q')",
			"DELETE FROM {other} WHERE {c} IN (SELECT {s}.{n} FROM (SELECT {a} AS {n} FROM {t}) {s})",
			"INSERT INTO {other} ({id}, {c}) SELECT {id}, {a} AS {renamed} FROM {t}",
			"UPDATE {t} SET {a} = (SELECT max({c}) FROM {other}) WHERE EXISTS (SELECT 1 FROM {other} WHERE {other}.{id} = {t}.{id})",
		} {
			if err := run(t, eng, op.Execute{Text: op.SQLText{SQL: text}}); err != nil {
				t.Errorf("%s: %v (%v)", text, err, cause(err))
			}
		}
	})
}

// || joins texts on every engine, wherever a text stands.
func TestPipes(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		people(t, eng)
		col, gen := op.String("f", 60).Null(), op.String("g", 60).Null().Generated("{a} || '-' || {a}", true)
		mustRun(t, eng,
			op.AddColumn{Table: "t", Column: col.Column, Fill: "{a} || {b}"},
			op.AddColumn{Table: "t", Column: gen.Column},
			op.AlterColumn{Table: "t", Column: "b", Facets: []schema.Facet{schema.TypeFacet}, To: *op.Text("b").Column,
				Using: "{b} || 'u'"},
			op.AddCheck{Table: "t", Check: &schema.Check{Name: "ck", Expr: "{a} || 'x' <> '99x'"}},
			op.Execute{Text: op.SQLText{SQL: "UPDATE {t} SET {a} = {a} || '!' || ? WHERE {a} || 'x' = '12x'", Args: []any{"?"}}},
		)
		if got := table(t, eng, "SELECT {f}, {g}, {b}, {a} FROM {t}", "f", "g", "b", "a"); strings.Join(got,
			",") != "1234,12!?-12!?,34u,12!?" && strings.Join(got, ",") != "1234|12!?-12!?|34u|12!?" {
			t.Errorf("got %q", got)
		}
		if _, err := op.Run(t.Context(), eng, "INSERT INTO {t} ({id}, {a}) VALUES (2, '9' || '9')"); dberr.CodeOf(err) != dberr.Check {
			t.Errorf("the check: %v", err)
		}
		err := run(t, eng, op.AddCheck{Table: "t", Check: &schema.Check{Name: "ck2", Expr: "{a} || {id} + 1 <> ''"}})
		if dberr.CodeOf(err) != dberr.Invalid {
			t.Errorf("a || whose operand engines see in different ways: %v", err)
		}
	})
}
