package query_test

import (
	"fmt"
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
		id, k, n := query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[string](tab.String("k", 9)),
			query.Col[int64](tab.BigInt("n"))
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
			"ordered by it":        from(k).GroupBy(k).OrderBy(n),
			"ordered, calculated":  from(k).GroupBy(k).OrderBy(n.Plus(1).Desc()),
			"ordered, all rows":    from(query.CountAll().As("c")).OrderBy(id),
			"ordered by a count":   from(id).OrderBy(query.CountAll()),
			"having":               from(k).GroupBy(k).Having(n.Gt(1)),
			"having, all rows":     from(query.CountAll().As("c")).Having(n.Gt(1)),
			"having a count":       from(n).Having(query.CountAll().Gt(1)),
			"part of an item":      from(query.Concat(k, query.Cast[string](n, k.Def().Type)).As("x")).GroupBy(k),
			"more than the item":   from(n.Plus(2).As("x")).GroupBy(n.Plus(1)),
			"a window":             from(k, query.Over(query.Sum[int64](n)).As("c")).GroupBy(k),
			"of a subquery":        query.Select(query.Field[string]("d", "k"), query.Field[int64]("d", "n")).FromItem(from(k, n).Subquery("d")).GroupBy(query.Field[string]("d", "k")),
			"within a subquery":    from(k, query.Scalar[int64](query.Select(query.CountAll()).FromItem(other).Where(id.Of(other).LtTo(n))).As("x")).GroupBy(k),
			"within two":           from(k).GroupBy(k).Having(query.Exists(query.Select(id.Of(other)).FromItem(other).Where(query.Exists(query.Select(query.CountAll()).FromItem(query.As(tab, "p")).Where(id.Of(query.As(tab, "p")).LtTo(n)))))),
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
			"ordered by a group":     from(k).GroupBy(k).OrderBy(k.Desc(), query.CountAll(), query.Upper(k)),
			"ordered by the key":     from(id).GroupBy(id).OrderBy(k, n.Desc()),
			"having a group":         from(k).GroupBy(k).Having(k.Gt("A"), query.Sum[int64](n).Gt(1), query.Upper(k).Ne("")),
			"having alone":           from(query.CountAll().As("c")).Having(query.CountAll().Gt(0)),
			"more of a group":        from(n.Plus(1).Plus(1).As("x"), query.Add[int64](n.Plus(1), query.CountAll()).As("y")).GroupBy(n.Plus(1)),
			"windows over groups":    from(k, query.Over(query.Sum[int64](query.Sum[int64](n))).OrderBy(k).As("c")).GroupBy(k),
			"a group in a subquery":  from(k, query.Scalar[int64](query.Select(query.CountAll()).FromItem(other).Where(k.Of(other).EqTo(k))).As("x")).GroupBy(k),
			"a group of a subquery":  query.Select(query.Field[string]("d", "k"), query.CountAll().As("c")).FromItem(from(k, n).Subquery("d")).GroupBy(query.Field[string]("d", "k")).OrderBy(query.Field[string]("d", "k")),
			"by hand":                from(k, query.Raw[int64]("{n} + 1 - {n}").As("x")).GroupBy(k, n),
			"a constant":             from(query.Val(int64(1)).As("one"), query.CountAll().As("c")),
		} {
			if _, err := query.All[map[string]any](t.Context(), eng, q); err != nil {
				t.Errorf("%s: %v (%v)", what, err, unwrapped(err))
			}
		}
	})
}

// What is about single rows has no aggregates, and what is about groups has groups.
func TestAggregatesWhereTheyCannotBe(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab := schema.Define("line")
		id, n := query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[int64](tab.BigInt("n"))
		create(t, eng, tab)
		exec(t, eng, query.Insert(tab).Values(id.Set(1), n.Set(5)).Values(id.Set(2), n.Set(5)))
		from := func() query.SelectStmt { return query.Select(id).From(tab) }
		for what, st := range map[string]query.Statement{
			"where":             from().Where(query.CountAll().Gt(0)),
			"where, deep":       from().Where(query.Or(n.Eq(1), query.Sum[int64](n).Plus(1).Gt(3))),
			"group":             query.Select(query.CountAll().As("c")).From(tab).GroupBy(query.Max[int64](n)),
			"update":            query.Update(tab).Set(n.Set(1)).Where(query.Max[int64](n).Eq(5)),
			"delete":            query.Delete(tab).Where(query.CountAll().Gt(0)),
			"having, no groups": from().Having(n.Gt(1)),
			"having, constant":  query.Select(query.Val(int64(1)).As("x")).From(tab).Having(query.Val(int64(1)).Eq(1)),
		} {
			if _, err := query.Exec(t.Context(), eng, st); dberr.CodeOf(err) != dberr.Invalid ||
				!strings.Contains(err.Error(), "; ") {
				t.Errorf("%s: %v", what, err)
			}
		}
		if got := all[int64](t, eng,
			from().Where(n.EqTo(query.Scalar[int64](query.Select(query.Max[int64](n)).From(tab)))).OrderBy(id)); len(got) != 2 {
			t.Error("an aggregate in a subquery of Where:", got)
		}
	})
}

// A subquery that stands for a value has one row, on every engine.
func TestScalarOfSeveralRows(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab := schema.Define("line")
		id, n := query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[int64](tab.BigInt("n").Null())
		d := query.Col[query.Decimal](tab.Numeric("d", 30, 2).Null())
		create(t, eng, tab)
		exec(t, eng, query.Insert(tab).Values(id.Set(1), n.Set(5), d.Set("1234567890123456789.10")).
			Values(id.Set(2), n.SetNull(), d.SetNull()))
		other := query.As(tab, "o")
		of := func(conds ...query.Cond) query.SelectStmt {
			return query.Select(n.Of(other)).FromItem(other).Where(conds...)
		}
		for what, q := range map[string]query.Query{
			"rows":     of(),
			"ordered":  of().OrderBy(id.Of(other).Desc()),
			"limited":  of().Limit(2),
			"a union":  query.Union(of(), query.Select(query.Val(int64(7)).As("x"))),
			"grouped":  of().GroupBy(n.Of(other)),
			"window":   query.Select(query.Over(query.CountAll()).As("c")).FromItem(other),
			"by outer": of(id.Of(other).GeTo(id)),
		} {
			x := query.Scalar[int64](q)
			for where, st := range map[string]query.Statement{
				"selected":  query.Select(x.As("x")).From(tab).Where(id.Eq(1)),
				"condition": query.Select(id).From(tab).Where(query.Or(x.Gt(0), x.IsNull()), id.Eq(1)),
				"set":       query.Update(tab).Set(n.SetTo(x)).Where(id.Eq(1)),
				"inserted":  query.Insert(tab).Values(id.Set(9), n.SetTo(query.Scalar[int64](query.Select(n).From(tab)))),
			} {
				var err error
				if q, ok := st.(query.SelectStmt); ok {
					_, err = query.All[map[string]any](t.Context(), eng, q)
				} else {
					_, err = query.Exec(t.Context(), eng, st)
				}
				if dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), "several rows") {
					t.Errorf("%s, %s: %v (%v)", what, where, err, unwrapped(err))
				}
			}
		}
		if got := all[int64](t, eng, query.Select(id).From(tab)); len(got) != 2 {
			t.Error("rows were written:", got)
		}
		for what, c := range map[string]struct {
			x    query.Selectable
			want string
		}{
			"one row":      {query.Scalar[int64](of(n.Of(other).Eq(5))).As("x"), "5"},
			"no row":       {query.Scalar[int64](of(n.Of(other).Eq(6))).As("x"), "<nil>"},
			"one NULL":     {query.Scalar[int64](of(n.Of(other).IsNull())).As("x"), "<nil>"},
			"its own":      {query.Scalar[int64](of(id.Of(other).EqTo(id))).As("x"), "5"},
			"a limit":      {query.Scalar[int64](of().OrderBy(id.Of(other)).Limit(1)).As("x"), "5"},
			"an aggregate": {query.Scalar[int64](query.Select(query.CountAll()).FromItem(other)).As("x"), "2"},
			"a union":      {query.Scalar[int64](query.Union(of(n.Of(other).Eq(5)), of(n.Of(other).Eq(5)))).As("x"), "5"},
			"a decimal":    {query.Scalar[query.Decimal](query.Select(d.Of(other)).FromItem(other).Where(n.Of(other).Eq(5))).As("x"), "1234567890123456789.10"},
		} {
			got, err := query.One[map[string]any](t.Context(), eng, query.Select(c.x).From(tab).Where(id.Eq(1)))
			if s := fmt.Sprint(got["x"]); err != nil || s != c.want {
				t.Errorf("%s: %s, want %s (%v, %v)", what, s, c.want, err, unwrapped(err))
			}
		}
		if _, err := query.All[int64](t.Context(), eng, query.Select(query.Scalar[int64](query.Select(id, n).From(tab)).
			As("x"))); dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), "has one column") {
			t.Error("two columns:", err)
		}
	})
}
