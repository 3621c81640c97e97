package query_test

import (
	"fmt"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
)

// Members of documents stand in aggregates, with and without groups, like columns.
func TestAggregatesOfMembers(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		k := newTalks(t, eng)
		type row struct {
			K string  `db:"k"`
			X float64 `db:"x"`
		}
		for _, doc := range []query.JSONColumn{k.doc, k.bin} {
			n, role := doc.Path("n"), doc.Path("role").Text()
			for what, c := range map[string]struct {
				x       query.Selectable
				byWho   string
				byRole  string
				inTotal string
			}{
				"sum":                     {query.Sum[int64](n.Int()).As("x"), "18 22 26 ", "30 36 ", "66 "},
				"sum of floats":           {query.Sum[float64](doc.Path("f").Float()).As("x"), "20 24 28 ", "33 39 ", "72 "},
				"sum, exact":              {query.Sum[query.Decimal](doc.Path("d").Numeric()).As("x"), "18.4 22.4 26.4 ", "30.6 36.6 ", "67.2 "},
				"average":                 {query.Avg[int64](n.Int()).As("x"), "4.5 5.5 6.5 ", "5 6 ", "5.5 "},
				"least":                   {query.Min[int64](n.Int()).As("x"), "0 1 2 ", "0 1 ", "0 "},
				"greatest":                {query.Max[float64](doc.Path("f").Float()).As("x"), "9.5 10.5 11.5 ", "10.5 11.5 ", "11.5 "},
				"count":                   {query.CountOf(n.Int()).As("x"), "4 4 4 ", "6 6 ", "12 "},
				"distinct":                {query.CountDistinct(role).As("x"), "2 2 2 ", "1 1 ", "2 "},
				"nested":                  {query.Sum[int64](doc.Path("usage", "total").Int()).As("x"), "180 220 260 ", "300 360 ", "660 "},
				"of an array":             {query.Sum[int64](doc.Path("l", 0).Int()).As("x"), "0 4 8 ", "6 6 ", "12 "},
				"of its length":           {query.Sum[int64](doc.Path("l").Len()).As("x"), "4 4 4 ", "6 6 ", "12 "},
				"default":                 {query.Sum[int64](doc.Path("none").Int().IfNull(2)).As("x"), "8 8 8 ", "12 12 ", "24 "},
				"of a condition":          {query.Sum[int64](query.Case[int64]().When(doc.Path("ok").Bool().Eq(true), 1).Else(0)).As("x"), "1 1 1 ", "3 0 ", "3 "},
				"of a calculation":        {query.Sum[int64](n.Int().Times(2)).As("x"), "36 44 52 ", "60 72 ", "132 "},
				"of a member of a member": {query.Sum[int64](query.JSONDoc(doc.Path("usage").JSON()).Path("total").Int()).As("x"), "180 220 260 ", "300 360 ", "660 "},
			} {
				who, part := k.who.As("k"), role.As("k")
				for by, s := range map[string]struct {
					st   query.SelectStmt
					want string
				}{
					"who":   {query.Select(who, c.x).From(k.t).GroupBy(who).OrderBy(who), c.byWho},
					"role":  {query.Select(part, c.x).From(k.t).GroupBy(part).OrderBy(part), c.byRole},
					"all":   {query.Select(query.Val("").As("k"), c.x).From(k.t), c.inTotal},
					"where": {query.Select(part, c.x).From(k.t).Where(n.Int().Ge(0)).GroupBy(part).Having(part.NotNull()).OrderBy(part.Asc()), c.byRole},
				} {
					rows, err := query.All[row](t.Context(), eng, s.st)
					got := ""
					for _, r := range rows {
						got += fmt.Sprint(r.X, " ")
					}
					if err != nil || got != s.want {
						t.Errorf("%s: %s by %s: %s, want %s, %v (%v)", doc.Name(), what, by, got, s.want, err, unwrapped(err))
					}
				}
			}
		}
	})
}

// A change of a document of its own members, of what another change has made,
// and of what a subquery finds.
func TestNestedChangesOfMembers(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		p := newPapers(t, eng)
		p.put(t, eng, 1, jsonvalue.Text(`{"a":{"b":1.50},"n":7}`))
		p.put(t, eng, 2, jsonvalue.Text(`{"x":[1,2]}`))
		one, v := p.id.Eq(1), jsonvalue.Text
		for i, c := range []struct {
			set  func(c query.JSONColumn) query.Assignment
			want string
		}{
			{func(c query.JSONColumn) query.Assignment {
				return c.SetTo(query.JSONDoc(c.Path("p").With(v("1"))).Path("q").With(v("2")))
			}, `{"a":{"b":1.50},"n":7,"p":1,"q":2}`},
			{func(c query.JSONColumn) query.Assignment {
				return c.SetTo(query.JSONDoc(query.JSONDoc(c.Path("p").Without()).Path("q").Without()).Path("a", "c").
					With(v(`{"d":[]}`)))
			}, `{"a":{"b":1.50,"c":{"d":[]}},"n":7}`},
			{func(c query.JSONColumn) query.Assignment {
				return c.SetTo(query.JSONDoc(query.JSONDoc(query.JSONDoc(c.Path("1").With(v("1"))).Path("2").With(v("2"))).
					Path("3").With(v("3"))).Path("a").Without())
			}, `{"n":7,"1":1,"2":2,"3":3}`},
			{func(c query.JSONColumn) query.Assignment { return c.SetTo(c.Path("none").JSON().IfNull(v(`{"n":7}`))) }, `{"n":7}`},
			{func(c query.JSONColumn) query.Assignment {
				return c.SetTo(query.Scalar[jsonvalue.JSON](query.Select(c.Of(query.As(p.t, "o"))).FromItem(query.As(p.t, "o")).
					Where(p.id.Of(query.As(p.t, "o")).Eq(2))))
			}, `{"x":[1,2]}`},
		} {
			exec(t, eng, query.Update(p.t).Set(c.set(p.doc), c.set(p.bin)).Where(one))
			p.check(t, eng, fmt.Sprint("change ", i), 1, c.want)
		}
	})
}
