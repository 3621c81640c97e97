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

// What some engine would take for something else, or refuse in words of its own, is
// refused by name on every one, before it is sent.
func TestRefusedByName(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab := schema.Define("line")
		id, n := query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[int64](tab.BigInt("n").Null())
		k := query.Col[string](tab.String("k", 20).Null())
		create(t, eng, tab)
		exec(t, eng, query.Insert(tab).Values(id.Set(1), n.Set(2), k.Set("é")))
		from := func(x query.Selectable) query.SelectStmt { return query.Select(x).From(tab) }
		derived := func(column string) query.SelectStmt {
			return query.Select(query.Field[string]("d", column).As("x")).FromItem(query.Select(id, k).From(tab).Subquery("d"))
		}
		rich := query.With("rich", query.Select(id).From(tab))
		union := query.Union(query.Select(k.As("x")).From(tab), query.Select(k.As("x")).From(tab))
		for what, c := range map[string]struct {
			st   query.Reader
			says string
		}{
			"texts over a window":   {from(query.Over(query.JoinText(k, ",")).As("x")), "JoinText"},
			"an array over one":     {from(query.Over(query.JSONArray(k)).As("x")), "JSONArray"},
			"double quotes":         {from(query.Raw[string](`"nmae"`).As("x")), "{braces}"},
			"backticks":             {from(id).Where(query.RawCond("`k` = 'x'")), "{braces}"},
			"a table's field":       {from(query.Field[string]("line", "nmae").As("x")), "line has no column nmae"},
			"a subquery's field":    {derived("n"), "d has no column n"},
			"a CTE's field":         {query.Select(query.Field[int64]("rich", "n").As("x")).FromItem(rich).With(rich), "rich has no column n"},
			"in another case":       {query.Select(query.Field[int64]("rich", "ID").As("x")).FromItem(rich).With(rich), "rich has no column ID"},
			"an alias of another":   {query.Select(id).From(tab).JoinItem(query.As(schema.Define("other"), "o"), n.Of(query.As(schema.Define("other"), "o")).EqTo(id)), "o has no column n"},
			"an order of a union":   {union.OrderBy(query.ByColumn("k", false)), "no column k"},
			"an aggregate in one":   {from(query.Sum[int64](query.Sum[int64](n)).As("x")), "in another"},
			"a window in one":       {from(query.Sum[int64](query.Over(query.Sum[int64](n)).Expr()).As("x")), "in another"},
			"a window in Where":     {from(id).Where(query.RowNumber().OrderBy(id).Expr().Gt(1)), "window function stands in Where"},
			"a window in GroupBy":   {from(query.CountAll().As("x")).GroupBy(query.RowNumber().OrderBy(id).Expr()), "window function stands in GroupBy"},
			"a window in Having":    {from(k).GroupBy(k).Having(query.RowNumber().OrderBy(k).Expr().Gt(1)), "window function stands in Having"},
			"a table twice":         {from(id).Join(tab, id.EqTo(n)), "reads line twice"},
			"a CASE of nothing":     {from(query.Case[string]().End().As("x")), "no branch"},
			"a CASE of Else":        {from(query.Case[string]().Else("x").As("x")), "no branch"},
			"a sum of texts":        {from(k.Plus("x").As("x")), "takes numbers"},
			"a calculation, deeper": {from(id).Where(k.Times("x").Eq("y")), "takes numbers"},
		} {
			_, err := query.All[map[string]any](t.Context(), eng, c.st)
			if dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", what, err)
			}
		}
		for what, c := range map[string]struct {
			st   query.Reader
			want string
		}{
			"quotes in a text":  {from(query.Raw[string]("'a\"b`''c'").As("x")), "a\"b`'c"},
			"a field":           {derived("k"), "é"},
			"an order by name":  {union.OrderBy(query.ByColumn("x", true)), "é"},
			"twice, by alias":   {query.Select(id.As("x")).From(tab).JoinItem(query.As(tab, "o"), id.EqTo(id.Of(query.As(tab, "o")))), "1"},
			"upper":             {from(query.Func[string]("UPPER", k).As("x")), "É"},
			"lower":             {from(query.Func[string]("lower", query.Val("É")).As("x")), "é"},
			"characters":        {from(query.Func[int64]("CHAR_LENGTH", k).As("x")), "1"},
			"round":             {from(query.Func[float64]("ROUND", query.Val(2.5)).As("x")), "3"},
			"round of decimals": {from(query.Func[query.Decimal]("ROUND", query.Val[query.Decimal]("-2.5")).As("x")), "-3"},
		} {
			got, err := query.One[map[string]any](t.Context(), eng, c.st)
			if s := fmt.Sprint(got["x"]); err != nil || s != c.want {
				t.Errorf("%s: %s, want %s (%v, %v)", what, s, c.want, err, unwrapped(err))
			}
		}
	})
}
