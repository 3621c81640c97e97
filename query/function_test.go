package query_test

import (
	"math"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// measures is a small table of numbers for functions to work on.
type measures struct {
	t    *schema.Table
	id   query.Column[int64]
	n    query.Column[int64]
	m    query.Column[int64]
	k    query.Column[string]
	doc  query.JSONColumn
	rows int64
}

func newMeasures(t *testing.T, eng *engine.Engine) measures {
	t.Helper()
	tab := schema.Define("measure")
	m := measures{t: tab, id: query.Col[int64](tab.BigInt("id").PrimaryKey()), n: query.Col[int64](tab.BigInt("n").Null()),
		m: query.Col[int64](tab.BigInt("m")), k: query.Col[string](tab.String("k", 20)), doc: query.JSONCol(tab.JSON("doc").Null()), rows: 6}
	create(t, eng, tab)
	ins := query.Insert(tab)
	for i := range m.rows {
		n := m.n.Set(i * 10)
		if i == 4 {
			n = m.n.SetNull()
		}
		ins = ins.Values(m.id.Set(i), n, m.m.Set(i%3), m.k.Set([]string{"a", "b"}[i%2]),
			m.doc.Set(jsonvalue.Text(`{"tags":["x",{"deep":[1,2]}]}`)))
	}
	exec(t, eng, ins)
	return m
}

func TestFunctionsOfOneValue(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		m := newMeasures(t, eng)
		check := func(what string, want int64, e query.Expr[int64], id int64) {
			t.Helper()
			got, err := query.Value[int64](t.Context(), eng, query.Select(e.As("x")).From(m.t).Where(m.id.Eq(id)))
			if err != nil || got == nil || *got != want {
				t.Errorf("%s: got %v (%v %v), want %d", what, got, err, unwrapped(err), want)
			}
		}
		check("add", 22, query.Add[int64](m.n, m.m), 2)
		check("add in order", 31, query.Add[int64](m.n, query.Val(int64(1))), 3)
		check("sub", 28, query.Sub[int64](m.n, query.Add[int64](m.m, query.Val(int64(2)))), 3)
		check("mul", 100, query.Mul[int64](m.n, m.m), 5)
		check("coalesce", 1, query.Coalesce[int64](m.n, query.NullIf(m.m, 9), query.Val(int64(7))), 4)
		check("null if", 7, query.NullIf(m.m, 1).IfNull(7), 4)
		check("if null", -1, m.n.IfNull(-1), 4)
		check("abs", 30, query.Func[int64]("ABS", query.Sub[int64](query.Val(int64(0)), m.n)), 3)
		if _, err := query.All[int64](t.Context(), eng, query.Select(query.Func[int64]("abs(1); drop", m.n).As("x")).
			From(m.t)); dberr.CodeOf(err) != dberr.Invalid {
			t.Errorf("a function's name with other characters: %v", err)
		}
		_, err := query.All[float64](t.Context(), eng, query.Select(query.Func[float64]("Log", query.Val(100.0)).As("x")))
		if dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), "LOG10") {
			t.Errorf("a logarithm to a base that engines choose: %v", err)
		}
		for name, want := range map[string]float64{"LOG10": 2, "LN": 4.605170185988092} {
			got, err := query.One[float64](t.Context(), eng, query.Select(query.Func[float64](name, query.Val(100.0)).As("x")))
			if err != nil || math.Abs(got-want) > 1e-12 {
				t.Errorf("%s: %v (%v)", name, got, err)
			}
		}
		n, err := query.One[int64](t.Context(), eng, query.Select(query.CountOf(m.n).As("x")).From(m.t))
		if err != nil || n != m.rows-1 {
			t.Errorf("count of what is not NULL: %d (%v)", n, err)
		}
	})
}

func TestJSONDocOfAnElement(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		m := newMeasures(t, eng)
		el := m.doc.Path("tags").Elements("el")
		got := all[int64](t, eng, query.Select(query.JSONDoc(el.Value()).Path("deep").Len().As("n")).From(m.t).JoinItem(el).
			Where(m.id.Eq(0), query.JSONDoc(el.Value()).HasKey("deep")))
		if len(got) != 1 || got[0] != 2 {
			t.Errorf("got %v", got)
		}
	})
}

func TestCrossJoin(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		m := newMeasures(t, eng)
		o, p := query.As(m.t, "o"), query.As(m.t, "p")
		n, err := query.Count(t.Context(), eng,
			query.Select(m.id).From(m.t).CrossJoinItem(o).JoinItem(p, m.id.Of(p).EqTo(m.id.Of(o))))
		if err != nil || n != m.rows*m.rows {
			t.Errorf("%d rows (%v)", n, err)
		}
		if _, err := query.Count(t.Context(), eng, query.Select(m.id).From(m.t).
			FromItem(o)); dberr.CodeOf(err) != dberr.Invalid {
			t.Errorf("two times From: %v", err)
		}
	})
}

func TestNeighbours(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		m := newMeasures(t, eng)
		type row struct {
			ID   int64  `db:"id"`
			Prev *int64 `db:"prev"`
			Next *int64 `db:"next"`
			Rank int64  `db:"rank"`
		}
		got := all[row](t, eng, query.Select(m.id, query.Lag(m.id).PartitionBy(m.k).OrderBy(m.id).As("prev"),
			query.Lead(m.id).PartitionBy(m.k).OrderBy(m.id).As("next"),
			query.Rank().OrderBy(m.m).As("rank")).From(m.t).OrderBy(m.id))
		// m is 0 1 2 0 1 2 and k is a b a b a b.
		for i, r := range got {
			if want := []int64{1, 3, 5, 1, 3, 5}[i]; r.Rank != want {
				t.Errorf("rank of %d is %d, want %d", r.ID, r.Rank, want)
			}
			if (r.Prev == nil) != (i < 2) || r.Prev != nil && *r.Prev != r.ID-2 {
				t.Errorf("before %d: %v", r.ID, r.Prev)
			}
			if (r.Next == nil) != (i > 3) || r.Next != nil && *r.Next != r.ID+2 {
				t.Errorf("after %d: %v", r.ID, r.Next)
			}
		}
	})
}
