package query_test

import (
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/query"
)

// A condition that no row can fail does not stand for all rows by accident.
func TestEveryRowIsAskedForByName(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		m := newMeasures(t, eng)
		var none []query.Cond
		some := m.id.Gt(2)
		for what, c := range map[string]query.Cond{
			"zero":                    {},
			"and of nothing":          query.And(none...),
			"and of zeros":            query.And(query.Cond{}, query.Cond{}),
			"nested":                  query.And(query.And(), query.And(query.And(none...))),
			"or of a trivial one":     query.Or(some, query.And()),
			"or of zero":              query.Or(some, query.Cond{}),
			"not of or of nothing":    query.Not(query.Or(none...)),
			"not of not":              query.Not(query.Not(query.And())),
			"not of an empty list":    m.id.NotIn(),
			"not of no tuples":        query.Tuple(m.id, m.m).NotIn(),
			"not in no values":        m.id.In().Not(),
			"and of such":             query.And(m.id.NotIn(), query.Not(query.Or())),
			"not of and with a false": query.Not(query.And(some, query.Or())),
		} {
			for kind, st := range map[string]query.Statement{
				"delete":           query.Delete(m.t).Where(c),
				"delete returning": query.Delete(m.t).Where(c).Returning(m.id),
				"update":           query.Update(m.t).Set(m.n.Set(-1)).Where(c),
				"update returning": query.Update(m.t).Set(m.n.Set(-1)).Where(c).Returning(m.id),
				"update nothing":   query.Update(m.t).Where(c),
				"several":          query.Delete(m.t).Where(c, c),
				"prepared":         query.Delete(m.t).Where(c, m.id.NotIn()),
			} {
				var err error
				switch kind {
				case "prepared":
					_, err = query.Prepare[struct{}](st).Exec(t.Context(), eng)
				case "delete returning", "update returning":
					_, err = query.All[int64](t.Context(), eng, st.(query.Reader))
				default:
					_, err = query.Exec(t.Context(), eng, st)
				}
				if dberr.CodeOf(err) != dberr.Invalid {
					t.Errorf("%s by %s: %v", kind, what, err)
				}
			}
		}
		if n, err := query.Count(t.Context(), eng, query.Select(m.id).From(m.t).Where(m.n.Ge(0))); err != nil ||
			n != m.rows-1 {
			t.Fatalf("%d rows are as they were (%v)", n, err)
		}
		for what, c := range map[string]query.Cond{
			"or of nothing":         query.Or(none...),
			"not of and of nothing": query.Not(query.And(none...)),
			"in no values":          m.id.In(),
			"and with a false":      query.And(some, query.Or()),
			"or of falses":          query.Or(query.Or(), m.id.In()),
		} {
			if n := exec(t, eng, query.Delete(m.t).Where(c)); n != 0 {
				t.Errorf("%s: %d rows are gone", what, n)
			}
		}
		if n := exec(t, eng, query.Update(m.t).Set(m.m.Set(7)).Where(query.And(query.And(), some))); n != 3 {
			t.Errorf("with a real condition: %d rows", n)
		}
		if n := exec(t, eng, query.Update(m.t).Set(m.m.Set(8)).Where(query.And(none...)).AllRows()); n != m.rows {
			t.Errorf("all rows by name: %d rows", n)
		}
		if n := exec(t, eng, query.Delete(m.t).AllRows()); n != m.rows {
			t.Errorf("all rows by name: %d rows", n)
		}
	})
}
