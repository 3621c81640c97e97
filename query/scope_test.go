package query_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/query"
)

// A name that no table of the statement has is an error that says the name,
// before anything reaches the server.
func TestUnknownNamesInTexts(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		m := newMeasures(t, eng)
		o := query.As(m.t, "o")
		bad := query.RawCond("{typo} <> ?", "x")
		sub := query.Select(m.id).From(m.t)
		cte := query.With("c", sub)
		for what, st := range map[string]query.Statement{
			"delete":             query.Delete(m.t).Where(bad),
			"update":             query.Update(m.t).Set(m.n.Set(1)).Where(bad),
			"update to":          query.Update(m.t).Set(m.n.SetTo(query.Raw[int64]("{typo}"))).Where(m.id.Eq(1)),
			"select":             sub.Where(bad),
			"in parentheses":     sub.Where(query.RawCond("({n} > 0 AND ({typo} = ''))")),
			"selected":           query.Select(query.Raw[string]("lower({typo})").As("x")).From(m.t),
			"order":              sub.OrderBy(query.Raw[string]("{typo}")),
			"group":              query.Select(query.CountAll().As("x")).From(m.t).GroupBy(query.Raw[string]("{typo}")),
			"having":             query.Select(query.CountAll().As("x")).From(m.t).GroupBy(m.n).Having(bad),
			"join":               sub.JoinItem(o, bad),
			"of another table":   sub.Where(query.RawCond("{o}.{typo} = 1")),
			"another table":      sub.Where(query.RawCond("{nothing}.{n} = 1")),
			"column as a table":  sub.Where(query.RawCond("{n}.{n} = 1")),
			"renamed table":      query.Select(m.id.Of(o)).FromItem(o).Where(query.RawCond("{measure}.{n} = 1")),
			"subquery":           query.Delete(m.t).Where(m.id.InQuery(sub.Where(bad))),
			"exists":             query.Delete(m.t).Where(query.Exists(sub.Where(bad))),
			"cte":                query.Select(query.Field[int64]("c", "id")).With(cte).FromItem(cte).Where(query.RawCond("{n} = 1")),
			"derived":            query.Select(query.Field[int64]("d", "id")).FromItem(sub.Subquery("d")).Where(query.RawCond("{d}.{n} = 1")),
			"insert":             query.Insert(m.t).Values(m.id.SetTo(query.Raw[int64]("{typo}"))),
			"insert from select": query.Insert(m.t).FromSelect(query.Select(m.id.Of(o)).FromItem(o).Where(bad), m.id),
			"upsert": query.Insert(m.t).Values(m.id.Set(1), m.m.Set(1), m.k.Set("a")).OnConflict(m.id).
				DoUpdateSet(m.n.SetTo(query.Raw[int64]("{typo}"))),
			"union": query.Union(sub, sub.Where(bad)),
			"case":  query.Select(query.Case[string]().When(bad, "x").End().As("x")).From(m.t),
		} {
			_, err := query.Exec(t.Context(), eng, st)
			if dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), "{") {
				t.Errorf("%s: %v", what, err)
			}
		}
		if n, err := query.Count(t.Context(), eng, sub); err != nil || n != m.rows {
			t.Errorf("%d rows are left (%v)", n, err)
		}
		// A statement that is text as a whole names what it likes, and the server says what it does not have.
		_, err := query.Exec(t.Context(), eng, query.Text("hand", true, "DELETE FROM {measure} WHERE {typo} <> ?", "x"))
		if dberr.CodeOf(err) != dberr.SchemaMismatch || !strings.Contains(err.Error(), "typo") {
			t.Errorf("a whole statement: %v", err)
		}
	})
}

func TestKnownNamesInTexts(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		m := newMeasures(t, eng)
		o := query.As(m.t, "o")
		sub := query.Select(m.id).From(m.t)
		cte := query.With("c", sub)
		el := m.doc.Path("tags").Elements("el")
		for what, st := range map[string]query.Query{
			"column":            sub.Where(query.RawCond("{n} + {measure}.{m} >= 0")),
			"outer table":       sub.Where(query.Exists(query.Select(m.id.Of(o)).FromItem(o).Where(query.RawCond("{o}.{id} = {measure}.{id} AND {m} >= 0")))),
			"result column":     query.Select(m.id, m.n.Plus(1).As("more")).From(m.t).OrderBy(query.Raw[int64]("{more}")),
			"cte":               query.Select(query.Field[int64]("c", "id")).With(cte).FromItem(cte).Where(query.RawCond("{c}.{id} >= 0")),
			"derived":           query.Select(query.Field[int64]("d", "id")).FromItem(sub.Subquery("d")).Where(query.RawCond("{id} >= 0")),
			"a select in it":    sub.Where(query.RawCond("EXISTS (SELECT 1 FROM {measure} AS {x} WHERE {x}.{id} = {measure}.{id})")),
			"elements of JSON":  sub.JoinItem(el).Where(query.RawCond("{measure}.{id} >= 0")),
			"statement as text": query.Select(query.Field[int64]("d", "id")).FromItem(query.As(m.t, "d")).Where(query.Field[int64]("d", "id").InQuery(query.Text("ids", false, "SELECT {anything} FROM (SELECT {id} AS {anything} FROM {measure}) AS {y}"))),
		} {
			if n, err := query.Count(t.Context(), eng, st); err != nil || n == 0 {
				t.Errorf("%s: %d rows (%v %v)", what, n, err, unwrapped(err))
			}
		}
	})
}

// || joins texts on every engine, wherever a text stands.
func TestPipesInTexts(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		m := newMeasures(t, eng)
		for text, want := range map[string]string{
			"{k} || '-' || {k}":                    "b-b",
			"'(' || ? || ')'":                      "(x)",
			"lower({k} || 'X') || '|'":             "bx|",
			"CASE WHEN 1 = 1 THEN {k} END || '\\'": "b\\",
		} {
			var args []any
			if strings.Contains(text, "?") {
				args = append(args, "x")
			}
			raw := query.Raw[string](exprOf(text), args...)
			got, err := query.One[string](t.Context(), eng, query.Select(raw.As("x")).From(m.t).Where(m.id.Eq(1)))
			if err != nil || got != want {
				t.Errorf("%s: %q (%v %v), want %q", text, got, err, unwrapped(err), want)
			}
			whole, err := query.One[string](t.Context(), eng,
				query.Text("hand", false, exprOf("SELECT "+text+" AS {x} FROM {measure} WHERE {id} = 1"), args...))
			if err != nil || whole != want {
				t.Errorf("%s in a whole statement: %q (%v %v), want %q", text, whole, err, unwrapped(err), want)
			}
		}
		if _, err := query.One[string](t.Context(), eng, query.Select(query.Raw[string]("{k} || {n} + 1").As("x")).
			From(m.t)); dberr.CodeOf(err) != dberr.Invalid {
			t.Errorf("a || whose operand engines see in different ways: %v", err)
		}
	})
}
