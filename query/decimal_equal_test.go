package query_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/query"
)

// Equal decimals are one wherever rows are compared, however they came about: read,
// calculated, bound, taken from a document, short or longer than a double holds.
func TestEqualDecimalsAreOne(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		b := newBills(t, eng)
		// price + 0.15, price - 0.15 and price * 2 have trailing zeros for some rows and not for others.
		for i, p := range []query.Decimal{"10.15", "10.30", "0.10", "10.45", "5.15"} {
			b.put(t, eng, int64(i), "a", p, "1234567890123456789012345678.1")
		}
		exec(t, eng, query.Update(b.t).Set(b.long.Set("1234567890123456789012345677.95")).Where(b.id.Eq(1)))
		long := query.Add[query.Decimal](b.long, query.Case[query.Decimal]().When(b.id.Eq(1), "0.15").Else("0"))
		same := query.Case[query.Decimal]().
			WhenTo(b.id.Eq(0), b.price.Plus("0.15")).WhenTo(b.id.Eq(1), b.price).
			WhenTo(b.id.Eq(2), b.price.Plus("10.2")).WhenTo(b.id.Eq(3), b.price.Minus("0.15")).Else(query.Decimal("10.3"))
		read := func(st query.Query) []string {
			type row struct {
				X query.Decimal `db:"x"`
			}
			var out []string
			for _, r := range all[row](t, eng, st) {
				out = append(out, string(r.X))
			}
			slices.Sort(out)
			return out
		}
		from := func(e query.Expr[query.Decimal], ids ...int64) query.SelectStmt {
			return query.Select(e.As("x")).From(b.t).Where(b.id.In(ids...))
		}
		for name, e := range map[string]query.Expr[query.Decimal]{
			"case": same, "long": long,
			"member": query.Case[query.Decimal]().WhenTo(b.id.Eq(1), b.doc.Path("n").Numeric()).Else(query.Decimal("10.30")),
			"round":  query.Round[query.Decimal](query.Add[query.Decimal](same, query.Val(query.Decimal("0.001"))), 2),
		} {
			if got := read(from(e, 0, 1, 2, 3, 4).Distinct()); len(got) != 1 {
				t.Errorf("%s: DISTINCT has %v", name, got)
			}
			if got := read(query.Union(from(e, 0), from(e, 1), from(e, 2), from(e, 3), from(e, 4))); len(got) != 1 {
				t.Errorf("%s: UNION has %v", name, got)
			}
			if got := read(query.Except(from(e, 0), from(e, 1))); len(got) != 0 {
				t.Errorf("%s: EXCEPT has %v", name, got)
			}
			if got := read(query.Intersect(from(e, 3), from(e, 1))); len(got) != 1 {
				t.Errorf("%s: INTERSECT has %v", name, got)
			}
			if got := read(query.Select(e.As("x")).From(b.t).GroupBy(e.As("x"))); len(got) != 1 {
				t.Errorf("%s: GROUP BY has %v", name, got)
			}
			if n, err := query.Value[int64](t.Context(), eng, query.Select(query.CountDistinct(e).As("n")).From(b.t)); err != nil || *n != 1 {
				t.Errorf("%s: COUNT(DISTINCT) is %v, %v", name, n, err)
			}
			type place struct {
				R int64 `db:"r"`
			}
			if got := all[place](t, eng, query.Select(query.RowNumber().PartitionBy(e).OrderBy(b.id).As("r")).From(b.t).OrderBy(b.id)); fmt.Sprint(got) != "[{1} {2} {3} {4} {5}]" {
				t.Errorf("%s: the partitions are %v", name, got)
			}
			if n, err := query.Count(t.Context(), eng, query.Select(b.id).From(b.t).Where(e.InQuery(from(e, 1)))); err != nil || n != 5 {
				t.Errorf("%s: IN has %d rows, %v", name, n, err)
			}
		}
	})
}
