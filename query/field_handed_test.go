package query_test

import (
	"testing"
	"time"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// A Field of a UUID, an enum or a date goes with columns of its kind, and on to them.
func TestFieldsGoOnAsTheyAre(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab := schema.Define("handed")
		id := query.Col[string](tab.UUID("id").PrimaryKey())
		en := query.Col[string](tab.Enum("en", "handed_en", "b", "a").Null())
		day := query.Col[time.Time](tab.Date("day").Null())
		cost := query.Col[query.Decimal](tab.Numeric("cost", 12, 2).Null())
		exact := query.Col[query.Decimal](tab.Numeric("exact", 12, 4).Null())
		create(t, eng, tab)
		const first, second = "a0000000-0000-0000-0000-000000000001", "a0000000-0000-0000-0000-000000000002"
		at := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
		exec(t, eng, query.Insert(tab).Values(id.Set(first), en.Set("a"), day.Set(at), exact.Set("2.5678")))
		cte := query.With("p", query.Select(id, en, day).From(tab))
		sub := query.Select(id, en, day).From(tab).Subquery("p")
		fid, fen, fday := query.Field[string]("p", "id"), query.Field[string]("p", "en"), query.Field[time.Time]("p", "day")
		nid, nen := query.Field[string]("q", "id"), query.Field[string]("q", "en")
		nested := query.Select(fid, fen, fday).FromItem(sub).Subquery("q")
		text := query.Cast[string](id, schema.Type{Kind: schema.Text})
		ids := query.Select(id).From(tab)
		for what, st := range map[string]query.SelectStmt{
			"a column and a field":      ids.JoinItem(sub, id.EqTo(fid), en.EqTo(fen), day.EqTo(fday)),
			"a field and a column":      ids.JoinItem(sub, fid.EqTo(id), fen.EqTo(en), fday.EqTo(day)),
			"not one another":           ids.JoinItem(sub, query.Not(id.NeTo(fid)), query.Not(fen.NeTo(en))),
			"a column among fields":     ids.Where(id.InQuery(query.Select(fid).FromItem(sub)), en.InQuery(query.Select(fen).FromItem(sub))),
			"a date among fields":       ids.Where(day.InQuery(query.Select(fday).FromItem(sub))),
			"among fields of a CTE":     ids.With(cte).Where(id.InQuery(query.Select(fid).FromItem(cte))),
			"a field among columns":     query.Select(fid).FromItem(sub).Where(fid.InQuery(ids), fen.InQuery(query.Select(en).From(tab))),
			"a text among fields":       ids.Where(text.InQuery(query.Select(fid).FromItem(sub))),
			"a field among texts":       query.Select(fid).FromItem(sub).Where(fid.InQuery(query.Select(text.As("x")).From(tab))),
			"a field among values":      query.Select(fid).FromItem(sub).Where(fid.In(first), fen.In("a")),
			"one field":                 ids.Where(id.EqTo(query.Scalar[string](query.Select(fid).FromItem(sub)))),
			"either":                    query.Select(query.Coalesce[string](fid, id).As("x")).From(tab).JoinItem(sub, id.EqTo(fid)),
			"grouped":                   query.Select(fid, fen, fday).FromItem(sub).GroupBy(fid, fen, fday).OrderBy(fid, fen, fday),
			"grouped, with a condition": query.Select(fid).FromItem(sub).GroupBy(fid).Having(query.Max(fid).Ge("a")),
			"distinct":                  query.Select(fid, fen, fday).Distinct().FromItem(sub).OrderBy(fid, fen, fday),
			"a field of a field":        query.Select(nid).FromItem(nested).Where(nen.Gt("A"), nid.StartsWith("a0")),
		} {
			n, err := query.Count(t.Context(), eng, st)
			if err != nil || n != 1 {
				t.Errorf("%s: %d rows (%v %v)", what, n, err, unwrapped(err))
			}
		}
		if n := exec(t, eng, query.Update(tab).FromItem(sub).Set(id.SetTo(fid), en.SetTo(fen), day.SetTo(fday)).
			Where(id.EqTo(fid))); n != 1 {
			t.Errorf("%d rows have been given fields", n)
		}
		price := query.Select(exact).From(tab).Subquery("price")
		exec(t, eng, query.Update(tab).FromItem(price).
			Set(cost.SetTo(query.Field[query.Decimal]("price", "exact"))).AllRows())
		if n, err := query.Count(t.Context(), eng, ids.Where(cost.Eq("2.57"))); err != nil || n != 1 {
			t.Errorf("%d rows have the number in the scale of their column (%v)", n, err)
		}
		other := query.Cast[string](query.Val(second), schema.Type{Kind: schema.UUID}).As("id")
		exec(t, eng, query.Insert(tab).FromSelect(query.Select(other, fen, fday).FromItem(sub), id, en, day))
		exec(t, eng, query.Delete(tab).Where(id.Eq(first)))
		n, err := query.Count(t.Context(), eng, ids.Where(en.Eq("a"), day.Eq(at)))
		if err != nil || n != 1 {
			t.Errorf("%d rows have the date and the enum of the fields they were made of (%v)", n, err)
		}
	})
}
