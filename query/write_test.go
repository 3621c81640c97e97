package query_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// items have two unique keys, and everything that a row can have.
type itemTable struct {
	t     *schema.Table
	id    query.Column[string]
	email query.Column[string]
	n     query.Column[int64]
	m     query.Column[int64]
	note  query.Column[string]
	meta  query.JSONColumn
}

type item struct {
	ID    string         `db:"id"`
	Email string         `db:"email"`
	N     int64          `db:"n"`
	M     int64          `db:"m"`
	Note  *string        `db:"note"`
	Meta  jsonvalue.JSON `db:"meta"`
}

func items(t testing.TB, eng *engine.Engine) itemTable {
	t.Helper()
	tab := schema.Define("item")
	it := itemTable{t: tab,
		id:    query.Col[string](tab.Text("id").Key(36).PrimaryKey()),
		email: query.Col[string](tab.String("email", 100).Key(100).Unique()),
		n:     query.Col[int64](tab.BigInt("n")),
		m:     query.Col[int64](tab.BigInt("m")),
		note:  query.Col[string](tab.Text("note").Null()),
		meta:  query.JSONCol(tab.JSON("meta").Null())}
	create(t, eng, tab)
	return it
}

func (it itemTable) all(t testing.TB, q engine.Queryer) string {
	t.Helper()
	var b strings.Builder
	for _, x := range all[item](t, q, query.SelectFrom(it.t).OrderBy(it.id)) {
		fmt.Fprintf(&b, "%s %s %d %d %s|", x.ID, x.Email, x.N, x.M, deref(x.Note))
	}
	return b.String()
}

func (it itemTable) row(id string, n int64) item { return item{ID: id, Email: id + "@x", N: n, M: -n} }

func ptr[T any](v T) *T { return &v }

func TestInsert(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		it := items(t, eng)
		if n := exec(t, eng, query.Insert(it.t).Row(it.row("a", 1))); n != 1 {
			t.Errorf("counted %d", n)
		}
		if n := exec(t, eng, query.InsertRows(it.t, []item{it.row("b", 2), it.row("c", 3)})); n != 2 {
			t.Errorf("counted %d", n)
		}
		exec(t, eng, query.Insert(it.t).Map(map[string]any{"id": "d", "email": "d@x", "n": 4, "m": -4, "note": "x"}))
		exec(t, eng, query.Insert(it.t).Values(it.id.Set("e"), it.email.Set("e@x"), it.n.SetTo(query.Scalar[int64](query.Select(query.Max(it.n).As("n")).From(it.t))), it.m.Set(-4)))
		n := exec(t, eng, query.Insert(it.t).
			FromSelect(query.Select(query.Concat(it.id, query.Val("2")).As("id"),
				query.Concat(it.email, query.Val("2")).As("email"),
				it.n, it.m).From(it.t).Where(it.n.Lt(3)), it.id, it.email, it.n, it.m))
		if n != 2 {
			t.Errorf("counted %d", n)
		}
		if got, want := it.all(t, eng),
			"a a@x 1 -1 NULL|a2 a@x2 1 -1 NULL|b b@x 2 -2 NULL|b2 b@x2 2 -2 NULL|c c@x 3 -3 NULL|d d@x 4 -4 x|e e@x 4 -4 NULL|"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		_, err := query.Exec(t.Context(), eng, query.Insert(it.t).Row(it.row("a", 1)))
		if !errors.Is(err, dberr.ErrAlreadyExists) {
			t.Errorf("a second a: %v", err)
		}
		for what, st := range map[string]query.InsertStmt{
			"unknown column": query.Insert(it.t).Map(map[string]any{"nope": 1}),
			"uneven rows":    query.Insert(it.t).Values(it.id.Set("x")).Values(it.email.Set("x")),
			"foreign column": query.Insert(it.t).Values(docID.Set("x")),
			"no rows":        query.InsertRows(it.t, []item{}),
			"not a struct":   query.Insert(it.t).Row(5),
		} {
			if _, err := query.Exec(t.Context(), eng, st); !errors.Is(err, dberr.ErrInvalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func TestDefaultsAndIdentity(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab := schema.Define("numbered")
		id, name := query.Col[int64](tab.BigInt("id").Identity().PrimaryKey()),
			query.Col[string](tab.String("name", 20).Default("anon"))
		create(t, eng, tab)
		type row struct {
			ID   int64  `db:"id"`
			Name string `db:"name"`
		}
		exec(t, eng, query.Insert(tab))
		got := all[row](t, eng, query.InsertRows(tab, []row{{Name: "x"}, {Name: "y"}, {Name: "z"}}).Returning(id, name))
		if want := []row{{2, "x"}, {3, "y"}, {4, "z"}}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		one, err := query.One[row](t.Context(), eng, query.Insert(tab).Returning(query.Columns(tab)...))
		if err != nil || one != (row{5, "anon"}) {
			t.Errorf("got %v (%v)", one, err)
		}
		if n, err := query.Count(t.Context(), eng, query.SelectFrom(tab)); err != nil || n != 5 {
			t.Errorf("%d rows (%v)", n, err)
		}
	})
}

func TestUpdateAndDelete(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		it := items(t, eng)
		exec(t, eng, query.InsertRows(it.t, []item{it.row("a", 1), it.row("b", 2), it.row("c", 3)}))
		if n := exec(t, eng, query.Update(it.t).Set(it.n.Set(1)).Where(it.id.In("a", "b", "zz"))); n != 2 {
			t.Errorf("matched %d, want 2: a row that stays as it is counts", n)
		}
		// Every assignment reads the row as it was.
		exec(t, eng, query.Update(it.t).Set(it.n.SetTo(it.n.Plus(10)), it.m.SetTo(it.n)).Where(it.id.Eq("a")))
		_, err := query.Exec(t.Context(), eng,
			query.Update(it.t).Set(it.n.SetTo(it.m), it.m.SetTo(it.n)).Where(it.id.Eq("b")))
		if has := eng.Dialect().Has(driver.SetAtOnce); has && err != nil || !has && !errors.Is(err, dberr.ErrUnsupported) {
			t.Errorf("swap: %v", err)
		}
		if got := it.all(t, eng); !strings.HasPrefix(got, "a a@x 11 1 ") {
			t.Errorf("got %s", got)
		}
		for what, st := range map[string]query.Statement{"update": query.Update(it.t).Set(it.n.Set(0)),
			"delete": query.Delete(it.t), "nothing": query.Update(it.t)} {
			if _, err := query.Exec(t.Context(), eng, st); !errors.Is(err, dberr.ErrInvalid) {
				t.Errorf("%s without a condition: %v", what, err)
			}
		}
		if n := exec(t, eng, query.Delete(it.t).
			Where(it.id.InQuery(query.Select(it.id).From(it.t).OrderBy(it.n.Desc()).Limit(1)))); n != 1 {
			t.Errorf("deleted %d", n)
		}
		if n := exec(t, eng, query.Delete(it.t).AllRows()); n != 2 {
			t.Errorf("deleted %d", n)
		}
	})
}

func TestDiff(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		it := items(t, eng)
		before := it.row("a", 1)
		exec(t, eng, query.Insert(it.t).Row(before))
		after := before
		after.N, after.Note, after.Meta = 7, ptr("new"), jsonvalue.Text(`{"x":1}`)
		st := query.Update(it.t).Diff(before, &after)
		if want := []string{"n", "note", "meta"}; !slices.Equal(st.Changes(), want) {
			t.Errorf("sets %v, want %v", st.Changes(), want)
		}
		// Somebody else changes another column; it survives.
		exec(t, eng, query.Update(it.t).Set(it.m.Set(99)).Where(it.id.Eq("a")))
		if n := exec(t, eng, st); n != 1 {
			t.Errorf("matched %d", n)
		}
		if got := it.all(t, eng); got != "a a@x 7 99 new|" {
			t.Errorf("got %s", got)
		}
		same := query.Update(it.t).Diff(after, after)
		if n := exec(t, eng, same); !same.Empty() || n != 1 {
			t.Errorf("no change matched %d", n)
		}
		if n := exec(t, eng, query.Update(it.t).Diff(it.row("gone", 1), it.row("gone", 1))); n != 0 {
			t.Errorf("no change of no row matched %d", n)
		}
		got, err := query.One[item](t.Context(), eng, same.Returning(query.Columns(it.t)...))
		if err != nil || got.M != 99 {
			t.Errorf("got %+v (%v)", got, err)
		}
		other := after
		other.ID = "b"
		if _, err := query.Exec(t.Context(), eng, query.Update(it.t).Diff(after, other)); !errors.Is(err, dberr.ErrInvalid) {
			t.Errorf("another key: %v", err)
		}
		back := query.Update(it.t).Diff(after, it.row("a", 7)) // note and meta to NULL
		exec(t, eng, back)
		if got := it.all(t, eng); got != "a a@x 7 -7 NULL|" {
			t.Errorf("got %s", got)
		}
	})
}

func TestReturning(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		it := items(t, eng)
		cols := query.Columns(it.t)
		got := all[item](t, eng,
			query.InsertRows(it.t, []item{it.row("b", 2), it.row("a", 1), it.row("c", 3)}).Returning(cols...))
		if len(got) != 3 || got[0].ID != "b" || got[1].ID != "a" || got[2].M != -3 {
			t.Errorf("insert: got %+v", got)
		}
		got = all[item](t, eng, query.Update(it.t).Set(it.n.SetTo(it.n.Plus(10)), it.note.Set("seen")).Where(it.n.Ge(2)).
			Returning(cols...))
		slices.SortFunc(got, func(a, b item) int { return strings.Compare(a.ID, b.ID) })
		if len(got) != 2 || got[0].N != 12 || got[1].N != 13 || deref(got[0].Note) != "seen" {
			t.Errorf("update: got %+v", got)
		}
		// The condition no longer holds for what was updated.
		got = all[item](t, eng, query.Update(it.t).Set(it.note.SetNull()).Where(it.note.Eq("seen")).Returning(cols...))
		if len(got) != 2 || got[0].Note != nil {
			t.Errorf("update: got %+v", got)
		}
		for range query.Rows[item](t.Context(), eng, query.Update(it.t).Set(it.m.Set(0)).AllRows().Returning(cols...)) {
			break // leaving early does not leave the rest undone
		}
		if n, _ := query.Count(t.Context(), eng, query.Select(it.id).From(it.t).Where(it.m.Eq(0))); n != 3 {
			t.Errorf("%d rows were updated", n)
		}
		ids := all[string](t, eng, query.Delete(it.t).Where(it.n.Gt(10)).Returning(it.id))
		slices.Sort(ids)
		if !slices.Equal(ids, []string{"b", "c"}) {
			t.Errorf("delete: got %v", ids)
		}
		if none := all[string](t, eng, query.Delete(it.t).Where(it.n.Gt(1000)).Returning(it.id)); len(none) != 0 {
			t.Errorf("delete of nothing: got %v", none)
		}
		if n := exec(t, eng, query.Delete(it.t).AllRows().Returning(it.id)); n != 1 {
			t.Errorf("counted %d", n)
		}
		_, err := query.All[item](t.Context(), eng,
			query.Update(it.t).Set(it.id.Set("q")).Where(it.id.Eq("z")).Returning(it.id))
		if err != nil && !errors.Is(err, dberr.ErrUnsupported) {
			t.Errorf("a change of the key: %v", err)
		}
	})
}

func TestUpsert(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		it := items(t, eng)
		up := func(row item) query.InsertStmt {
			return query.Insert(it.t).Row(row).OnConflict(it.id).DoUpdate(it.n, it.note)
		}
		count := func(what string, want int64, st query.Statement) {
			t.Helper()
			if n := exec(t, eng, st); n != want {
				t.Errorf("%s counted %d, want %d", what, n, want)
			}
		}
		count("insert", 1, up(it.row("a", 1)))
		count("update", 1, up(item{ID: "a", Email: "other@x", N: 2, M: 50, Note: ptr("n")}))
		count("update to the same", 1, up(item{ID: "a", Email: "other@x", N: 2, M: 50, Note: ptr("n")}))
		if got := it.all(t, eng); got != "a a@x 2 -1 n|" {
			t.Errorf("got %s", got)
		}
		count("do nothing", 0, query.Insert(it.t).Row(it.row("a", 9)).OnConflict(it.id).DoNothing())
		count("do nothing inserts", 1, query.Insert(it.t).Row(it.row("b", 9)).OnConflict(it.id).DoNothing())
		count("two of three", 2, query.InsertRows(it.t, []item{it.row("c", 1), it.row("a", 1), it.row("d", 1)}).OnConflict(it.id).DoNothing())
		count("set", 1, query.Insert(it.t).Row(it.row("a", 5)).OnConflict(it.id).DoUpdateSet(
			it.n.SetTo(query.Add[int64](it.n, query.Excluded(it.n))), it.m.SetTo(it.n), it.note.Set("sum")))
		if got := it.all(t, eng); !strings.HasPrefix(got, "a a@x 7 2 sum|b ") {
			t.Errorf("got %s", got)
		}
		older := query.Insert(it.t).Row(it.row("a", 6)).OnConflict(it.id).DoUpdate(it.n).
			UpdateWhere(it.n.LtTo(query.Excluded(it.n)))
		count("conditional, no", 0, older)
		count("conditional, yes", 1, query.Insert(it.t).Row(it.row("a", 8)).OnConflict(it.id).DoUpdate(it.n).UpdateWhere(it.n.LtTo(query.Excluded(it.n))))
		// Another key is in conflict: an error, and the other row stays.
		for what, st := range map[string]query.InsertStmt{
			"update":  query.Insert(it.t).Row(item{ID: "new", Email: "a@x"}).OnConflict(it.id).DoUpdate(it.n),
			"nothing": query.Insert(it.t).Row(item{ID: "new", Email: "a@x"}).OnConflict(it.id).DoNothing(),
		} {
			if _, err := query.Exec(t.Context(), eng, st); !errors.Is(err, dberr.ErrAlreadyExists) {
				t.Errorf("%s with another key in conflict: %v", what, err)
			}
		}
		if got := it.all(t, eng); !strings.HasPrefix(got, "a a@x 8 2 sum|b ") {
			t.Errorf("got %s", got)
		}
		rows := all[item](t, eng,
			query.InsertRows(it.t, []item{it.row("a", 20), it.row("z", 21)}).OnConflict(it.id).DoUpdate(it.n).
				Returning(query.Columns(it.t)...))
		if len(rows) != 2 || rows[0].N != 20 || rows[0].M != 2 || rows[1].ID != "z" {
			t.Errorf("returning: got %+v", rows)
		}
		rows = all[item](t, eng,
			query.InsertRows(it.t, []item{it.row("a", 30), it.row("y", 31)}).OnConflict(it.id).DoNothing().
				Returning(query.Columns(it.t)...))
		if len(rows) != 1 || rows[0].ID != "y" {
			t.Errorf("returning of nothing: got %+v", rows)
		}
		byEmail := query.Insert(it.t).Row(item{ID: "q", Email: "y@x", N: 77}).OnConflict(it.email).DoUpdate(it.n)
		count("by the other key", 1, byEmail)
		if n, _ := query.Count(t.Context(), eng, query.Select(it.id).From(it.t).Where(it.id.Eq("y"), it.n.Eq(77))); n != 1 {
			t.Error("the row was not found by its other key")
		}
		fromQuery := query.Insert(it.t).
			FromSelect(query.Select(it.id, query.Concat(query.Val("w"), it.email).As("email"), it.n.Plus(1).As("n"), it.m).
				From(it.t).Where(it.id.Eq("z")),
				it.id, it.email, it.n, it.m).OnConflict(it.id).DoUpdate(it.n)
		if eng.Dialect().Has(driver.UpsertTarget) {
			count("from a query", 1, fromQuery)
		} else if _, err := query.Exec(t.Context(), eng, fromQuery); !errors.Is(err, dberr.ErrUnsupported) {
			t.Errorf("from a query: %v", err)
		}
	})
}

// Many rows go together, where a key does not come twice, as far as they fit.
func TestUpsertOfManyRows(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab := schema.Define("conf")
		k, n := query.Col[string](tab.Text("k").Key(50).PrimaryKey()), query.Col[int64](tab.BigInt("n"))
		v := query.Col[string](tab.Text("v").Null())
		create(t, eng, tab)
		type row struct {
			K string  `db:"k"`
			N int64   `db:"n"`
			V *string `db:"v"`
		}
		var rows []row
		for i := range 300 {
			rows = append(rows, row{K: fmt.Sprintf("k%03d", i), N: 1})
		}
		put := func(rows []row) query.InsertStmt {
			return query.InsertRows(tab, rows).OnConflict(k).
				DoUpdateSet(n.SetTo(query.Add[int64](n, query.Excluded(n))), v.SetTo(query.Excluded(v)))
		}
		sum := func(want int64) {
			t.Helper()
			type sums struct {
				Rows int64 `db:"rows"`
				N    int64 `db:"n"`
			}
			got, err := query.One[sums](t.Context(), eng,
				query.Select(query.CountAll().As("rows"), query.Sum(n).As("n")).From(tab))
			if err != nil || got != (sums{300, want}) {
				t.Errorf("there are %+v, want 300 and %d (%v)", got, want, err)
			}
		}
		enginetest.MaxQueries(t, eng, 1, func() {
			if k := exec(t, eng, put(rows[:200])); k != 200 {
				t.Errorf("counted %d", k)
			}
		})
		enginetest.MaxQueries(t, eng, 1, func() {
			if k := exec(t, eng, put(rows)); k != 300 { // two hundred of them are there
				t.Errorf("counted %d", k)
			}
		})
		sum(500)
		if k := exec(t, eng, put(append(rows, rows[0], rows[299], rows[0]))); k != 303 {
			t.Errorf("counted %d", k)
		}
		sum(803)
		long := strings.Repeat("\\'\"", 1<<20) // together more than a packet holds
		for i := range rows[:20] {
			rows[i].V = &long
		}
		if k := exec(t, eng, put(rows)); k != 300 {
			t.Errorf("counted %d", k)
		}
		sum(1103)
	})
}

func TestUpsertOfTheOnlyKey(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab := schema.Define("conf")
		k, v := query.Col[string](tab.Text("k").Key(50).PrimaryKey()), query.Col[string](tab.Text("v").Null())
		create(t, eng, tab)
		type row struct {
			K string  `db:"k"`
			V *string `db:"v"`
		}
		st := func(rows ...row) query.InsertStmt { return query.InsertRows(tab, rows).OnConflict(k).DoUpdate(v) }
		enginetest.MaxQueries(t, eng, 3, func() {
			for range 3 {
				if n := exec(t, eng, st(row{"a", ptr("1")})); n != 1 {
					t.Errorf("counted %d", n)
				}
			}
		})
		if n := exec(t, eng, st(row{"a", ptr("2")}, row{"b", ptr("3")})); n != 2 {
			t.Errorf("counted %d", n)
		}
		one := query.Prepare[row](query.Insert(tab).Params(k, v).OnConflict(k).DoUpdate(v).Returning(k, v))
		got, err := one.One(t.Context(), eng, "a", "9")
		if err != nil || got.K != "a" || *got.V != "9" {
			t.Errorf("got %v (%v)", got, err)
		}
		got, err = one.One(t.Context(), eng, query.By(row{"c", nil}))
		if err != nil || got.K != "c" || got.V != nil {
			t.Errorf("got %v (%v)", got, err)
		}
	})
}

func TestManyRows(t *testing.T) {
	const n = 40000
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab := schema.Define("many")
		id, v := query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[string](tab.Text("v"))
		create(t, eng, tab)
		type row struct {
			ID int64  `db:"id"`
			V  string `db:"v"`
		}
		rows := make([]row, n)
		for i := range rows {
			rows[i] = row{int64(i), fmt.Sprint("v", i)}
		}
		if k := exec(t, eng, query.InsertRows(tab, rows)); k != n {
			t.Errorf("counted %d", k)
		}
		rows[n-1].ID = -1 // all but this one exist
		if _, err := query.Exec(t.Context(), eng, query.InsertRows(tab, rows)); !errors.Is(err, dberr.ErrAlreadyExists) {
			t.Errorf("again: %v", err)
		}
		if k, err := query.Count(t.Context(), eng, query.SelectFrom(tab)); err != nil || k != n {
			t.Errorf("%d rows (%v): some of a refused insert stayed", k, err)
		}
		seq := func(fail bool) iter.Seq2[row, error] {
			return func(yield func(row, error) bool) {
				for i := range 3000 {
					if fail && i == 2500 {
						yield(row{}, errors.New("no more"))
						return
					}
					if !yield(row{int64(n + i), "bulk"}, nil) {
						return
					}
				}
			}
		}
		if _, err := query.BulkInsert(t.Context(), eng, tab, seq(true)); err == nil || err.Error() != "no more" {
			t.Errorf("an error of the rows: %v", err)
		}
		if k, err := query.BulkInsert(t.Context(), eng, tab, seq(false)); err != nil || k != 3000 {
			t.Errorf("bulk: %d (%v)", k, err)
		}
		bad := []row{{-5, "x"}, {-6, "a\x00"}}
		if _, err := query.BulkInsert(t.Context(), eng, tab, pairs(bad)); !errors.Is(err, dberr.ErrInvalid) ||
			!strings.Contains(err.Error(), "many.v") {
			t.Errorf("a bad value: %v", err)
		}
		if k, err := query.Count(t.Context(), eng, query.Select(id).From(tab).Where(v.Eq("bulk"))); err != nil || k != 3000 {
			t.Errorf("%d rows (%v)", k, err)
		}
	})
}

func pairs[T any](rows []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}
