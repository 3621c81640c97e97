package query_test

import (
	"fmt"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

type bills struct {
	t     *schema.Table
	id    query.Column[int64]
	who   query.Column[string]
	price query.Column[query.Decimal]
	long  query.Column[query.Decimal]
	doc   query.JSONColumn
}

func newBills(t *testing.T, eng *engine.Engine) bills {
	t.Helper()
	tab := schema.Define("bill")
	b := bills{tab, query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[string](tab.String("who", 20)),
		query.Col[query.Decimal](tab.Numeric("price", 12, 2).Null()),
		query.Col[query.Decimal](tab.Numeric("long", 38, 10).Null()), query.JSONCol(tab.JSON("doc").Null())}
	create(t, eng, tab)
	return b
}

func (b bills) put(t *testing.T, eng *engine.Engine, id int64, who string, price, long query.Decimal) {
	t.Helper()
	exec(t, eng, query.Insert(b.t).
		Values(b.id.Set(id), b.who.Set(who), b.price.Set(price), b.long.Set(long),
			b.doc.Set(jsonvalue.Text(`{"n":`+string(price)+`}`))))
}

func dec(t *testing.T, eng *engine.Engine, st query.Reader) string {
	t.Helper()
	d, err := query.Value[query.Decimal](t.Context(), eng, st)
	switch {
	case err != nil:
		t.Errorf("%v (%v)", err, unwrapped(err))
		return "error"
	case d == nil:
		return "NULL"
	}
	return string(*d)
}

func TestDecimalsAreExact(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		b := newBills(t, eng)
		for i, p := range []query.Decimal{"0.10", "0.20", "10.10", "-3.05", "9999999999.99", "0.00"} {
			b.put(t, eng, int64(i), []string{"a", "b"}[i%2], p, p+"00000001")
		}
		b.put(t, eng, 6, "a", "1", "1234567890123456789012345678.0123456789")
		exec(t, eng, query.Insert(b.t).Values(b.id.Set(7), b.who.Set("c")))
		exec(t, eng, query.Update(b.t).Set(b.long.Set("0.5")).Where(b.id.Eq(5)))
		sel := func(e query.Expr[query.Decimal], c ...query.Cond) query.SelectStmt {
			return query.Select(e.As("x")).From(b.t).Where(c...)
		}
		one := b.id.Eq(0)
		for i, c := range []struct {
			st   query.Reader
			want string
		}{
			{query.Select(b.price).From(b.t).Where(b.id.Eq(2)), "10.10"},
			{query.Select(b.price).From(b.t).Where(b.id.Eq(5)), "0.00"},
			{query.Select(b.price).From(b.t).Where(b.id.Eq(7)), "NULL"},
			{query.Select(b.long).From(b.t).Where(b.id.Eq(6)), "1234567890123456789012345678.0123456789"},
			{query.Select(b.long).From(b.t).Where(b.id.Eq(5)), "0.5000000000"},
			{sel(b.price.Plus("0.20"), one), "0.30"}, {sel(b.price.Minus("0.30"), one), "-0.20"}, {sel(b.price.Times("3"), one), "0.30"},
			{sel(b.price.Plus("0.005"), one), "0.105"}, {sel(b.price.Times("1.1"), one), "0.11"}, {sel(b.price.Times("0.01"), one), "0.001"},
			{sel(query.Add[query.Decimal](b.price, b.price), b.id.Eq(1)), "0.40"}, {sel(query.Sub[query.Decimal](b.price, b.price), one), "0.00"},
			{sel(query.Mul[query.Decimal](b.price, b.price), b.id.Eq(3)), "9.3025"}, {sel(b.long.Plus("0.0000000001"), b.id.Eq(6)), "1234567890123456789012345678.0123456790"},
			{sel(query.Sum[query.Decimal](b.price)), "10000000008.34"}, {sel(query.Sum[query.Decimal](b.price), b.id.Lt(2)), "0.30"}, {sel(query.Sum[query.Decimal](b.price), b.id.Gt(100)), "NULL"},
			{sel(query.Sum[query.Decimal](b.price.Plus("0.1")), b.id.Lt(2)), "0.50"}, {sel(query.Sum[query.Decimal](b.long), b.id.In(0, 6)), "1234567890123456789012345678.1123456790"},
			{sel(query.Min[query.Decimal](b.price)), "-3.05"}, {sel(query.Max[query.Decimal](b.price)), "9999999999.99"}, {sel(query.Max[query.Decimal](b.long)), "1234567890123456789012345678.0123456789"},
			{sel(query.Min[query.Decimal](b.long)), "-3.0500000001"},
			{sel(query.AvgTo(b.price, 4), b.id.Lt(3)), "3.4667"}, {sel(query.AvgTo(b.price, 2), b.id.In(0, 1)), "0.15"}, {sel(query.AvgTo(b.price, 1), b.id.In(0, 1)), "0.2"},
			{sel(query.AvgTo(b.price, 0), b.id.Eq(3)), "-3"}, {sel(query.AvgTo(b.price, 2), b.id.Eq(7)), "NULL"},
			{sel(b.price.IfNull("5.50"), b.id.Eq(7)), "5.50"}, {sel(query.Coalesce[query.Decimal](b.price, query.Val(query.Decimal("1.50"))), b.id.Eq(7)), "1.50"},
			{sel(query.Val(query.Decimal("1.50")), one), "1.5"}, {sel(query.Case[query.Decimal]().When(b.price.Gt("0.1"), "1").Else("2.25"), one), "2.25"},
			{sel(query.Sum[query.Decimal](b.doc.Path("n").Numeric()), b.id.Lt(4)), "7.35"}, {sel(query.Max[query.Decimal](b.doc.Path("n").Numeric()), b.id.Lt(4)), "10.1"},
			{query.Union(query.Select(b.price).From(b.t).Where(b.id.Eq(2)), query.Select(b.price).From(b.t).Where(b.id.Eq(2))), "10.10"},
			{query.Update(b.t).Set(b.who.Set("a")).Where(b.id.Eq(2)).Returning(b.price), "10.10"},
		} {
			if got := dec(t, eng, c.st); got != c.want {
				t.Errorf("%d is %s, want %s", i, got, c.want)
			}
		}
		f, err := query.Value[float64](t.Context(), eng,
			query.Select(query.Avg[query.Decimal](b.price).As("x")).From(b.t).Where(b.id.Lt(2)))
		if err != nil || f == nil || *f != 0.15 {
			t.Errorf("average %v, %v", f, err)
		}
		tenth := query.Decimal("0.1")
		for i, c := range []struct {
			c    query.Cond
			want int64
		}{
			{b.price.Plus("0.20").Eq("0.3"), 1}, {b.price.Eq("10.1"), 1}, {b.price.In("0.1", "10.100"), 2}, {b.price.Between("0.1", "10.1"), 4}, {b.price.Gt("9.5"), 2},
			{b.price.Lt("0.005"), 2}, {b.long.Gt("1234567890123456789012345678.0123456788"), 1}, {b.price.NotDistinctFrom(&tenth), 1},
			{query.Tuple(b.id, b.price).In([]any{int64(2), query.Decimal("10.1")}), 1}, {query.NullIf[query.Decimal](b.price, "10.1").IsNull(), 2},
		} {
			if n, err := query.Count(t.Context(), eng, query.Select(b.id).From(b.t).Where(c.c)); err != nil || n != c.want {
				t.Errorf("condition %d: %d rows, want %d, %v", i, n, c.want, err)
			}
		}
		type group struct {
			Who string         `db:"who"`
			Sum *query.Decimal `db:"sum"`
			Min *string        `db:"min"`
		}
		var got string
		for _, g := range all[group](t, eng, query.Select(b.who, query.Sum[query.Decimal](b.price).As("sum"),
			query.Min[query.Decimal](b.price).As("min")).From(b.t).
			GroupBy(b.who).Having(query.CountAll().Gt(1)).OrderBy(b.who)) {
			got += fmt.Sprintf("%s %s %s, ", g.Who, *g.Sum, *g.Min)
		}
		if want := "a 10000000011.19 0.10, b -2.85 -3.05, "; got != want {
			t.Errorf("groups %s, want %s", got, want)
		}
	})
}

func TestDecimalsAreStoredWithTheirScale(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		b := newBills(t, eng)
		b.put(t, eng, 1, "a", "0.10", "0.1")
		for range 9 {
			exec(t, eng, query.Update(b.t).Set(b.price.SetTo(b.price.Plus("0.10"))).Where(b.id.Eq(1)))
		}
		read := func() string { return dec(t, eng, query.Select(b.price).From(b.t).Where(b.id.Eq(1))) }
		if got := read(); got != "1.00" {
			t.Errorf("ten times 0.10 is %s", got)
		}
		for _, c := range []struct{ to, times, want query.Decimal }{{"10.10", "1.1", "11.11"}, {"0.05", "0.1", "0.01"},
			{"-0.05", "0.1", "-0.01"}, {"0.04", "0.1", "0.00"}, {"2.50", "1", "2.50"}} {
			exec(t, eng, query.Update(b.t).Set(b.price.Set(c.to)).Where(b.id.Eq(1)))
			exec(t, eng, query.Update(b.t).Set(b.price.SetTo(b.price.Times(c.times))).Where(b.id.Eq(1)))
			if got := read(); got != string(c.want) {
				t.Errorf("%s times %s is stored as %s, want %s", c.to, c.times, got, c.want)
			}
		}
		exec(t, eng, query.Update(b.t).Set(b.price.Set("9999999999.99")).Where(b.id.Eq(1)))
		if _, err := query.Exec(t.Context(), eng, query.Update(b.t).Set(b.price.SetTo(b.price.Plus("1"))).
			Where(b.id.Eq(1))); err == nil {
			t.Errorf("a number of 13 digits is stored as %s", read())
		}
		exec(t, eng, query.Insert(b.t).Values(b.id.Set(1), b.who.Set("b"), b.price.Set("0.20")).OnConflict(b.id).
			DoUpdateSet(b.price.SetTo(query.Sub[query.Decimal](b.price, query.Excluded(b.price)))))
		if got := read(); got != "9999999999.79" {
			t.Errorf("the upsert stores %s", got)
		}
		// A check sees a number, and so does SQL that is written by hand.
		tab := schema.Define("ticket")
		id, price := query.Col[int64](tab.BigInt("id").PrimaryKey()),
			query.Col[query.Decimal](tab.Numeric("price", 8, 2).Default("9.90"))
		tab.Check("ticket_price", "{price} > 0 AND {price} < 100")
		create(t, eng, tab)
		exec(t, eng, query.Insert(tab).Values(id.Set(1)))
		exec(t, eng, query.Insert(tab).Values(id.Set(2), price.Set("10.10")))
		for _, p := range []query.Decimal{"100.00", "0", "-1"} {
			if _, err := query.Exec(t.Context(), eng, query.Insert(tab).Values(id.Set(3), price.Set(p))); err == nil {
				t.Errorf("the check lets %s through", p)
			}
		}
		if n, err := query.Count(t.Context(), eng, query.Select(id).From(tab).
			Where(query.RawCond("{price} > ? AND {price} < 10.5", query.Decimal("9.9")))); err != nil || n != 1 {
			t.Errorf("by hand: %d rows, %v", n, err)
		}
		if got := dec(t, eng, query.Select(query.Sum[query.Decimal](price).As("x")).From(tab)); got != "20.00" {
			t.Errorf("the sum with a default is %s", got)
		}
	})
}

func TestDecimalsOfOlderRows(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		b := newBills(t, eng)
		for i, v := range []string{"10.1", "'10.10'", "10.10", "10.1"} {
			exec(t, eng, query.Text("put", true, "INSERT INTO {bill} ({id}, {who}, {price}) VALUES (?, 'a', ?)", int64(i),
				query.Raw[string](exprOf(v))))
		}
		if n, err := query.Count(t.Context(), eng, query.Select(b.id).From(b.t).
			Where(b.price.Eq("10.1"))); err != nil || n != 4 {
			t.Errorf("%d of 4, %v", n, err)
		}
		if got := dec(t, eng, query.Select(query.Sum[query.Decimal](b.price).As("x")).From(b.t)); got != "40.40" {
			t.Errorf("the sum is %s", got)
		}
		for _, got := range all[string](t, eng, query.Select(b.price).From(b.t)) {
			if got != "10.10" {
				t.Errorf("read %s", got)
			}
		}
	})
}
