package query_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// A conversion gives the same on every engine, or is refused by name.
func TestCasts(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab := schema.Define("line")
		id, n := query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[int64](tab.Integer("n").Null())
		f, d := query.Col[float64](tab.Float("f").Null()), query.Col[query.Decimal](tab.Numeric("d", 12, 2).Null())
		flag, at := query.Col[bool](tab.Boolean("flag").Null()), query.Col[time.Time](tab.DateTime("at").Null())
		zoned, day := query.Col[time.Time](tab.DateTimeTZ("zoned").Null()), query.Col[time.Time](tab.Date("day").Null())
		u, raw := query.Col[string](tab.UUID("u").Null()), query.Col[[]byte](tab.Bytes("raw").Null())
		word, kind := query.Col[string](tab.Text("word").Null()),
			query.Col[string](tab.Enum("kind", "kinds", "a", "b").Null())
		doc := query.JSONCol(tab.JSON("doc").Null())
		create(t, eng, tab)
		when := time.Date(2024, 1, 2, 3, 4, 5, 60000, time.UTC)
		exec(t, eng, query.Insert(tab).
			Values(id.Set(1), n.Set(-5), f.Set(2.5), d.Set("-10.10"), flag.Set(true), at.Set(when), zoned.Set(when),
				day.Set(when), u.Set("0f8fad5b-d9cb-469f-a165-70867728950e"), raw.Set([]byte("ab")), word.Set("12"), kind.Set("a"), doc.Set(jsonvalue.Text(`{"n": "7.5"}`))))
		exec(t, eng, query.Insert(tab).Values(id.Set(2)))
		text := schema.Type{Kind: schema.Text}
		whole, float, boolean := schema.Type{Kind: schema.BigInt}, schema.Type{Kind: schema.Float},
			schema.Type{Kind: schema.Boolean}
		decimal := schema.Type{Kind: schema.Numeric}
		scaled := func(scale int) schema.Type { return schema.Type{Kind: schema.Numeric, Precision: 20, Scale: scale} }
		for i, c := range []struct {
			e    driver.Expr
			ty   schema.Type
			want any
		}{
			{n, text, "-5"}, {d, text, "-10.10"}, {d, schema.Type{Kind: schema.String, Length: 3}, "-10.10"},
			{d.Plus("0.205"), text, "-9.895"}, {d.Plus("0.10"), text, "-10.00"}, {d.Times("0"), text, "0.00"}, {query.Val[query.Decimal]("1.50"), text, "1.5"},
			{query.Val[query.Decimal]("100"), text, "100"}, {query.Round(d, 1), text, "-10.1"}, {query.Cast[query.Decimal](n, scaled(3)), text, "-5.000"},
			{flag, text, "true"}, {n.Eq(5).Expr(), text, "false"}, {at, text, "2024-01-02 03:04:05.000060"}, {zoned, text, "2024-01-02 03:04:05.000060"},
			{day, text, "2024-01-02"}, {u, text, "0f8fad5b-d9cb-469f-a165-70867728950e"}, {kind, text, "a"}, {word, text, "12"},
			{f, whole, int64(3)}, {f.Times(-1), whole, int64(-3)}, {f.Plus(1), whole, int64(4)}, {d.Minus("0.40"), whole, int64(-11)},
			{flag, whole, int64(1)}, {word, whole, int64(12)}, {query.Concat(word, query.Val("x")), whole, nil}, {query.Concat(word, query.Val(".7")), whole, nil},
			{query.Val(" 12"), whole, nil}, {query.Val(""), whole, nil}, {query.Val("-0012"), whole, int64(-12)}, {query.Val("99999999999999999999"), whole, nil},
			{doc.Path("n").Text(), decimal, "7.5"}, {doc.Path("n").Text(), float, 7.5}, {query.Val("1e3"), float, float64(1000)}, {query.Val("1e3"), decimal, nil},
			{query.Val("0x10"), float, nil}, {query.Val("inf"), float, nil}, {n, float, float64(-5)}, {d, float, -10.1},
			{n, decimal, "-5"}, {n, scaled(2), "-5.00"}, {d.Plus("0.05"), scaled(1), "-10.1"}, {d.Minus("0.05"), scaled(1), "-10.2"}, {f, scaled(0), "3"}, {f, scaled(2), "2.50"},
			{n, boolean, true}, {n.Plus(5), boolean, false}, {flag, boolean, true},
			{at, schema.Type{Kind: schema.Date}, time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)}, {zoned, schema.Type{Kind: schema.Date}, time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)},
			{day, schema.Type{Kind: schema.DateTime}, time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)},
			{query.Cast[string](query.Cast[time.Time](day, schema.Type{Kind: schema.DateTime}), text), text, "2024-01-02 00:00:00.000000"},
			{query.Val("0F8FAD5B-d9cb-469f-a165-70867728950e"), schema.Type{Kind: schema.UUID}, "0f8fad5b-d9cb-469f-a165-70867728950e"},
			{query.Val("0F8FAD5B"), schema.Type{Kind: schema.UUID}, nil}, {query.Val(`é\x41`), schema.Type{Kind: schema.Bytes}, []byte(`é\x41`)},
		} {
			x := query.Cast[any](c.e, c.ty)
			got, err := query.All[map[string]any](t.Context(), eng,
				query.Select(x.As("x"), x.IsNull().As("none")).From(tab).Where(id.Eq(1)))
			if err != nil || len(got) != 1 || fmt.Sprintf("%#v", got[0]["x"]) != fmt.Sprintf("%#v", c.want) {
				t.Errorf("%d: to %s: %#v, want %#v (%v, %v)", i, c.ty.Kind, got, c.want, err, unwrapped(err))
			}
		}
		for i, x := range []query.Expr[any]{query.Cast[any](d, text), query.Cast[any](flag, text), query.Cast[any](at, text),
			query.Cast[any](f, whole), query.Cast[any](word, whole),
			query.Cast[any](flag, whole), query.Cast[any](n, boolean), query.Cast[any](at,
				schema.Type{Kind: schema.Date}), query.Cast[any](f, scaled(2)), query.Cast[any](u, text)} {
			if n := all[int64](t, eng, query.Select(id).From(tab).Where(id.Eq(2), x.IsNull())); len(n) != 1 {
				t.Errorf("%d: NULL becomes something", i)
			}
		}
		for what, x := range map[string]query.Expr[any]{
			"float to text": query.Cast[any](f, text), "bytes to text": query.Cast[any](raw, text), "text to date": query.Cast[any](word, day.Def().Type),
			"text to instant": query.Cast[any](word, at.Def().Type), "text to truth": query.Cast[any](word, boolean), "float to decimal": query.Cast[any](f, decimal),
			"instant to number": query.Cast[any](at, whole), "document to number": query.Cast[any](doc, whole), "text to document": query.Cast[any](word, doc.Def().Type),
			"truth to float": query.Cast[any](flag, float), "number to bytes": query.Cast[any](n, raw.Def().Type), "number to UUID": query.Cast[any](n, u.Def().Type),
		} {
			if _, err := query.All[any](t.Context(), eng, query.Select(x.As("x")).
				From(tab)); dberr.CodeOf(err) != dberr.Invalid {
				t.Errorf("%s: %v", what, err)
			}
		}
		if got := all[string](t, eng,
			query.Select(query.Concat(word, query.ColumnOf[string](tab, "word")).As("x")).From(tab).
				Where(id.Eq(1))); got[0] != "1212" {
			t.Error(got)
		}
		price := query.Col[string](schema.ColumnDef{Column: d.Def(), Table: tab})
		if got := all[string](t, eng,
			query.Select(query.Concat(price, query.Val("!")).As("x")).From(tab).Where(id.Eq(1))); got[0] != "-10.10!" {
			t.Error("a decimal among texts:", got)
		}
	})
}
