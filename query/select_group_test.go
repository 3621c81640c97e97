package query_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// A column that has several values in the group is refused by name on every
// engine, and what has one is taken.
func TestColumnsBesideAggregates(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab := schema.Define("line")
		id, k, n := query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[string](tab.String("k", 9)), query.Col[int64](tab.BigInt("n"))
		create(t, eng, tab)
		exec(t, eng, query.Insert(tab).Values(id.Set(1), k.Set("a"), n.Set(5)).Values(id.Set(2), k.Set("a"), n.Set(6)))
		from := func(cols ...query.Selectable) query.SelectStmt { return query.Select(cols...).From(tab) }
		other := query.As(tab, "o")
		for what, q := range map[string]query.SelectStmt{
			"count":                from(n, query.CountAll().As("c")),
			"sum":                  from(query.Sum[int64](n).As("s"), k),
			"calculated":           from(n.Plus(1).As("x"), query.Max[int64](n).As("m")),
			"within one item":      from(query.Add[int64](n, query.CountAll()).As("x")),
			"distinct":             from(n, query.CountDistinct(k).As("c")),
			"filtered":             from(n, query.Filter(query.CountAll(), k.Eq("a")).As("c")),
			"average":              from(n, query.Avg(n).As("c")),
			"joined text":          from(n, query.JoinText(k, ",").As("c")),
			"another column":       from(k, n, query.CountAll().As("c")).GroupBy(k),
			"no aggregate at all":  from(n).GroupBy(k),
			"of the other table":   from(id, n.Of(other)).JoinItem(other, id.EqTo(id.Of(other))).GroupBy(id),
			"in a subquery":        query.Select(query.Field[int64]("d", "n")).FromItem(from(n, query.CountAll().As("c")).Subquery("d")),
			"in one of its values": from(id, query.Scalar[int64](from(n, query.CountAll().As("c"))).As("x")),
		} {
			_, err := query.All[map[string]any](t.Context(), eng, q)
			if dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), "not grouped; ") {
				t.Errorf("%s: %v", what, err)
			}
		}
		for what, q := range map[string]query.SelectStmt{
			"grouped":                from(k, query.CountAll().As("c")).GroupBy(k),
			"calculated and grouped": from(n.Plus(1).As("x"), query.CountAll().As("c")).GroupBy(n.Plus(1)),
			"of the key":             from(id, k, n, query.CountAll().As("c")).GroupBy(id),
			"two aggregates":         from(query.Max[int64](n).As("m"), query.CountDistinct(k).As("d")),
			"a window":               from(n, query.Over(query.CountAll()).As("c"), query.Over(query.Sum[int64](n)).OrderBy(id).As("s")),
			"a value of a query":     from(n, query.Scalar[int64](from(query.CountAll().As("c"))).As("x")),
			"a constant":             from(query.Val(int64(1)).As("one"), query.CountAll().As("c")),
		} {
			if _, err := query.All[map[string]any](t.Context(), eng, q); err != nil {
				t.Errorf("%s: %v (%v)", what, err, unwrapped(err))
			}
		}
	})
}
