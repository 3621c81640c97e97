package query_test

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// formsOf draws statements of the forms that are written in several ways: outer
// joins, one row of each, rows of the program, instants that are calculated.
func (w *world) formsOf(t *rapid.T, n int) []query.Reader {
	var out []query.Reader
	other := query.As(w.t, "other")
	theirs := w.id.Of(other)
	for i := range n {
		depth := i % 2
		switch i % 4 {
		case 0:
			on := []query.Cond{theirs.EqTo(query.Add[int64](w.id, query.Val(rapid.Int64Range(-2, 2).Draw(t, "n"))))}
			if rapid.IntRange(0, 2).Draw(t, "on") > 0 {
				on = append(on, w.cond(t, depth))
			}
			if rapid.Bool().Draw(t, "any") {
				on = []query.Cond{query.Or(on...)}
			}
			st := query.Select(query.Coalesce(w.id, query.Val[int64](-1)).As("id"), theirs.As("n0"),
				exprOfOperand(w.number(t, 1)).As("n1"), exprOfOperand(w.text(t, 1)).As("t0")).From(w.t)
			if rapid.Bool().Draw(t, "full") {
				st = st.FullJoinItem(other, on...)
			} else {
				st = st.RightJoinItem(other, on...)
			}
			out = append(out, st.OrderBy(w.id.Asc().NullsFirst(), theirs.Asc().NullsFirst()))
		case 1:
			st := query.SelectFrom(w.t).DistinctOn(exprOfOperand(w.number(t, depth)), exprOfOperand(w.text(t, depth))).
				OrderBy(exprOfOperand(w.number(t, 1)).Desc().NullsLast(), w.id)
			out = append(out, query.Select(query.Field[int64]("kept", "id"), query.CountAll().As("n0")).
				FromItem(st.Where(w.cond(t, depth)).Subquery("kept")).
				GroupBy(query.Field[int64]("kept", "id")).OrderBy(query.Field[int64]("kept", "id")))
		case 2:
			type given struct {
				N *int64  `db:"n"`
				S *string `db:"s"`
			}
			rows := make([]given, rapid.IntRange(0, 4).Draw(t, "given"))
			for k := range rows {
				if rapid.Bool().Draw(t, "n") {
					rows[k].N = new(rapid.Int64Range(-3, 5).Draw(t, "n"))
				}
				if rapid.Bool().Draw(t, "s") {
					rows[k].S = new(pick(t, worldTexts))
				}
			}
			n, s := query.Field[int64]("v", "n"), query.Field[string]("v", "s")
			out = append(out, query.Select(w.id, n.As("n0"), s.As("t0"), query.Concat(s, w.text(t, 1)).As("t1")).From(w.t).
				LeftJoinItem(query.Values("v", rows), query.Or(n.EqTo(w.number(t, 1)), s.EqTo(w.text(t, 1)))).
				OrderBy(w.id, n.Asc().NullsFirst(), s.Asc().NullsFirst()))
		case 3:
			at := query.Operand[time.Time](query.Val(pick(t, worldAts)))
			if len(w.ats) > 0 {
				at = pick(t, w.ats)
			}
			by := query.Shift(at, time.Duration(rapid.Int64Range(-1e17, 1e17).Draw(t, "duration")))
			to := query.ShiftBy(by, w.number(t, 1),
				pick(t, []query.TimeUnit{query.Week, query.Day, query.Hour, query.Minute, query.Second}))
			out = append(out, query.Select(w.id, query.Epoch(to).As("n0"), query.Part(query.Day, by).As("n1"),
				query.Cast[string](to, schema.Type{Kind: schema.Text}).As("t0"), by.GtTo(at).As("b0")).From(w.t).
				OrderBy(to.Desc().NullsLast(), w.id))
		default:
			panic(fmt.Sprint(i))
		}
	}
	return out
}
