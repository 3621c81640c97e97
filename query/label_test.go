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

type talks struct {
	t   *schema.Table
	id  query.Column[int64]
	n   query.Column[int64]
	f   query.Column[float64]
	who query.Column[string]
	dec query.Column[query.Decimal]
	doc query.JSONColumn
	bin query.JSONColumn
}

// newTalks has twelve rows: n 0 to 11, who "a", "b" and "c" in turn.
func newTalks(t *testing.T, eng *engine.Engine) talks {
	t.Helper()
	tab := schema.Define("talk")
	k := talks{tab, query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[int64](tab.Integer("n")),
		query.Col[float64](tab.Float("f")), query.Col[string](tab.String("who", 20)),
		query.Col[query.Decimal](tab.Numeric("dec", 12, 2)), query.JSONCol(tab.JSON("doc").
			Null()), query.JSONCol(tab.JSONB("bin").Null())}
	create(t, eng, tab)
	for i := range int64(12) {
		doc := jsonvalue.Text(fmt.Sprintf(`{"role":"r%d","n":%d,"f":%d.5,"d":%d.10,"ok":%v,"usage":{"total":%d},"l":[%d]}`,
			i%2, i, i, i, i%4 == 0, 10*i, i%3))
		exec(t, eng, query.Insert(tab).
			Values(k.id.Set(i), k.n.Set(i), k.f.Set(float64(i)+0.5), k.who.Set(string(rune('a'+i%3))),
				k.dec.Set(query.Decimal(fmt.Sprintf("%d.10", i))), k.doc.Set(doc), k.bin.Set(doc)))
	}
	return k
}

type labelled struct {
	X any   `db:"x"`
	N int64 `db:"n"`
}

// grouped selects x and the number of rows with it, in the order of x, in each
// way in which the expression can be named.
func grouped[T any](t *testing.T, eng *engine.Engine, what string, tab *schema.Table, x query.Expr[T], groups int) {
	t.Helper()
	label := x.As("x")
	count := query.CountAll().As("n")
	for way, s := range map[string]query.SelectStmt{
		"the expression":    query.Select(label, count).From(tab).GroupBy(x).OrderBy(x),
		"the label":         query.Select(label, count).From(tab).GroupBy(label).OrderBy(label),
		"the label down":    query.Select(label, count).From(tab).GroupBy(label).OrderBy(count.Desc(), label.Desc()),
		"the label, having": query.Select(label, count).From(tab).GroupBy(label).Having(count.Gt(0), label.NotNull()).OrderBy(label),
		"inside of another": query.Select(query.Coalesce[T](label).As("x"), count).From(tab).GroupBy(label).OrderBy(label),
	} {
		rows, err := query.All[labelled](t.Context(), eng, s)
		if err != nil || len(rows) != groups {
			t.Errorf("%s by %s: %d rows, want %d, %v (%v)", what, way, len(rows), groups, err, unwrapped(err))
		}
	}
	type one struct {
		X any `db:"x"`
	}
	for way, s := range map[string]query.SelectStmt{
		"distinct": query.Select(label).From(tab).Distinct().OrderBy(x), "distinct label": query.Select(label).From(tab).Distinct().OrderBy(label.Desc()),
	} {
		rows, err := query.All[one](t.Context(), eng, s)
		if err != nil || len(rows) != groups {
			t.Errorf("%s %s: %d rows, want %d, %v (%v)", what, way, len(rows), groups, err, unwrapped(err))
		}
	}
}

func TestSelectedExpressionsGroupAndOrder(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		k := newTalks(t, eng)
		for _, doc := range []query.JSONColumn{k.doc, k.bin} {
			grouped(t, eng, doc.Name()+" text", k.t, doc.Path("role").Text(), 2)
			grouped(t, eng, doc.Name()+" integer", k.t, doc.Path("l", 0).Int(), 3)
			grouped(t, eng, doc.Name()+" float", k.t, doc.Path("f").Float(), 12)
			grouped(t, eng, doc.Name()+" numeric", k.t, doc.Path("d").Numeric(), 12)
			grouped(t, eng, doc.Name()+" bool", k.t, doc.Path("ok").Bool(), 2)
			grouped(t, eng, doc.Name()+" kind", k.t, doc.Path("n").Kind(), 1)
			grouped(t, eng, doc.Name()+" length", k.t, doc.Path("l").Len(), 1)
		}
		grouped(t, eng, "n + 1", k.t, k.n.Plus(1), 12)
		grouped(t, eng, "f * 2", k.t, k.f.Times(2), 12)
		grouped(t, eng, "decimal", k.t, k.dec.Plus("0.05"), 12)
		grouped(t, eng, "column", k.t, k.who.Expr, 3)
		grouped(t, eng, "case", k.t, query.Case[string]().When(k.n.Lt(4), "few").When(k.n.Lt(8), "some").Else("many"), 3)
		grouped(t, eng, "concat", k.t, query.Concat(k.who, query.Val("-"), k.who), 3)
		grouped(t, eng, "lower", k.t, query.Lower(query.Concat(k.who, query.Val("X"))), 3)
		grouped(t, eng, "coalesce", k.t, k.who.IfNull("none"), 3)
		grouped(t, eng, "nullif", k.t, query.Coalesce[int64](query.NullIf[int64](k.n.Plus(1), 1), query.Val(int64(2))), 11)
		grouped(t, eng, "condition", k.t, k.n.Gt(5).Expr(), 2)
		grouped(t, eng, "raw", k.t, query.Raw[int64]("{n} % ?", int64(2)), 2)
		grouped(t, eng, "cast", k.t, query.Cast[string](k.n, schema.Type{Kind: schema.Text}), 12)
	})
}

func TestPreparedLabels(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		k := newTalks(t, eng)
		at := query.Param[int64]("step")
		x := query.Add[int64](k.n, at).As("x")
		p := query.Prepare[labelled](query.Select(x, query.CountAll().As("n")).From(k.t).
			Where(k.n.LtTo(query.Param[int64]("below"))).GroupBy(x).Having(x.NeTo(at)).OrderBy(x.Desc()))
		rows, err := p.All(t.Context(), eng, int64(3), int64(5))
		if err != nil || len(rows) != 4 {
			t.Errorf("%v %v (%v)", rows, err, unwrapped(err))
		}
		// What is equal by chance is not mistaken: two of one text, and of one value.
		y := k.n.Plus(1).As("x")
		rows, err = query.All[labelled](t.Context(), eng,
			query.Select(y, query.Sum[int64](k.n.Plus(2)).As("n")).From(k.t).Where(k.n.Gt(1)).GroupBy(y).
				Having(query.Sum[int64](k.n.Plus(1)).Gt(1)).OrderBy(k.n.Plus(1)).Limit(1))
		if err != nil || len(rows) != 1 || rows[0].N != 4 {
			t.Errorf("%v %v (%v)", rows, err, unwrapped(err))
		}
	})
}

func ints(t *testing.T, eng *engine.Engine, st query.Reader) string {
	t.Helper()
	rows, err := query.All[*float64](t.Context(), eng, st)
	if err != nil {
		t.Errorf("%v (%v)", err, unwrapped(err))
	}
	s := ""
	for _, r := range rows {
		if r == nil {
			s += "- "
		} else {
			s += fmt.Sprint(*r, " ")
		}
	}
	return s
}

func TestWindows(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		k := newTalks(t, eng)
		sel := func(s query.Selectable) query.SelectStmt {
			return query.Select(s).From(k.t).Where(k.id.Lt(6)).OrderBy(k.id)
		}
		sum, running := query.Over(query.Sum[int64](k.n)), query.Frame{}.OrderBy(k.id)
		for i, c := range []struct {
			st   query.Reader
			want string
		}{
			{sel(sum.OrderBy(k.id).As("x")), "0 1 3 6 10 15 "},
			{sel(sum.In(running).As("x")), "0 1 3 6 10 15 "},
			{sel(sum.As("x")), "15 15 15 15 15 15 "},
			{sel(sum.PartitionBy(k.who).As("x")), "3 5 7 3 5 7 "},
			{sel(query.Over(query.Avg[int64](k.n)).PartitionBy(k.who).As("x")), "1.5 2.5 3.5 1.5 2.5 3.5 "},
			{sel(query.Over(query.Avg[int64](k.n)).In(running).As("x")), "0 0.5 1 1.5 2 2.5 "},
			{sel(query.Over(query.Sum[float64](k.f)).In(running).As("x")), "0.5 2 4.5 8 12.5 18 "},
			{sel(query.Over(query.Min[int64](k.n)).In(running.Rows(query.Preceding(1), query.CurrentRow())).As("x")), "0 0 1 2 3 4 "},
			{sel(query.Over(query.Max[int64](k.n)).OrderBy(k.id.Desc()).As("x")), "5 5 5 5 5 5 "},
			{sel(query.Over(query.CountAll()).In(running).As("x")), "1 2 3 4 5 6 "},
			{sel(query.Over(query.CountOf(k.n)).PartitionBy(k.who).As("x")), "2 2 2 2 2 2 "},
			{sel(sum.OrderBy(k.id).Rows(query.Preceding(1), query.Following(1)).As("x")), "1 3 6 9 12 9 "},
			{sel(sum.OrderBy(k.id).Rows(query.CurrentRow(), query.LastRow()).As("x")), "15 15 14 12 9 5 "},
			{sel(sum.OrderBy(k.id).Rows(query.Following(1), query.Following(2)).As("x")), "3 5 7 9 5 - "},
			{sel(sum.OrderBy(k.id).Rows(query.Preceding(2), query.Preceding(1)).As("x")), "- 0 1 3 5 7 "},
			{sel(sum.OrderBy(k.n).Range(query.Preceding(2), query.CurrentRow()).As("x")), "0 1 3 6 9 12 "},
			{sel(sum.OrderBy(k.who).Range(query.FirstRow(), query.CurrentRow()).As("x")), "3 8 15 3 8 15 "},
			{sel(sum.OrderBy(k.who).Range(query.CurrentRow(), query.LastRow()).As("x")), "15 12 7 15 12 7 "},
			{sel(query.FirstValue[int64](k.n).PartitionBy(k.who).OrderBy(k.id.Desc()).As("x")), "3 4 5 3 4 5 "},
			{sel(query.LastValue[int64](k.n).PartitionBy(k.who).OrderBy(k.id).Rows(query.FirstRow(), query.LastRow()).As("x")), "3 4 5 3 4 5 "},
			{sel(query.Lag[int64](k.n).OrderBy(k.id).As("x")), "- 0 1 2 3 4 "},
			{sel(query.DenseRank().OrderBy(k.who).As("x")), "1 2 3 1 2 3 "},
			{sel(query.Rank().OrderBy(k.who.Desc()).As("x")), "5 3 1 5 3 1 "},
			{sel(sum.In(running).Expr().Plus(1).As("x")), "1 2 4 7 11 16 "},
			{sel(query.Over(query.Sum[query.Decimal](k.dec)).In(running).As("x")), "0.1 1.2 3.3 6.4 10.5 15.6 "},
			{sel(query.Over(query.AvgTo(k.dec, 2)).PartitionBy(k.who).As("x")), "1.6 2.6 3.6 1.6 2.6 3.6 "},
			{sel(query.Over(query.Max[query.Decimal](k.dec)).In(running.Rows(query.Preceding(1), query.CurrentRow())).As("x")), "0.1 1.1 2.1 3.1 4.1 5.1 "},
			{sel(query.Over(query.Sum[int64](k.doc.Path("n").Int())).PartitionBy(k.doc.Path("role").Text()).As("x")), "6 9 6 9 6 9 "},
			// Over the groups: the sum of the sums of those that came before.
			{query.Select(query.Over(query.Sum[int64](query.Sum[int64](k.n))).OrderBy(k.who).As("x")).From(k.t).GroupBy(k.who).OrderBy(k.who), "18 40 66 "},
		} {
			if got := ints(t, eng, c.st); got != c.want {
				t.Errorf("%d: %s, want %s", i, got, c.want)
			}
		}
		for what, x := range map[string]query.Selectable{
			"a sum":       query.Over(query.Sum[int64](k.n).Plus(1)).As("x"),
			"a column":    query.Over(k.n.Expr).As("x"),
			"distinct":    query.Over(query.CountDistinct(k.n)).As("x"),
			"negative":    sum.OrderBy(k.id).Rows(query.Preceding(-1), query.CurrentRow()).As("x"),
			"backwards":   sum.OrderBy(k.id).Rows(query.CurrentRow(), query.Preceding(1)).As("x"),
			"backwards 2": sum.OrderBy(k.id).Rows(query.Preceding(1), query.Preceding(2)).As("x"),
			"no bound":    sum.OrderBy(k.id).Rows(query.Bound{}, query.CurrentRow()).As("x"),
			"no order":    sum.Range(query.Preceding(1), query.CurrentRow()).As("x"),
			"text":        sum.OrderBy(k.who).Range(query.Preceding(1), query.CurrentRow()).As("x"),
		} {
			if _, err := query.All[int64](t.Context(), eng, sel(x)); err == nil {
				t.Errorf("%s: no error", what)
			}
		}
	})
}
