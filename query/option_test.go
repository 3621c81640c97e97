package query_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// cents is a column type of a program's own.
type cents struct{ n int64 }

// article is a table to which the program gives values.
type article struct {
	t       *schema.Table
	id      query.Column[string]
	title   query.Column[string]
	price   query.Column[cents]
	meta    query.TypedJSONColumn[meta]
	made    query.Column[time.Time]
	changed query.Column[time.Time]
	version query.Column[int64]
	ids     atomic.Int64
	clock   atomic.Int64
}

type meta struct {
	Tags []string `json:"tags"`
}

type articleRow struct {
	ID      string                `db:"id"`
	Title   string                `db:"title"`
	Price   *cents                `db:"price"`
	Meta    jsonvalue.Typed[meta] `db:"meta"`
	Made    time.Time             `db:"made"`
	Changed *time.Time            `db:"changed"`
	Version int64                 `db:"version"`
}

func newArticles(t testing.TB, eng *engine.Engine) *article {
	t.Helper()
	a := &article{t: schema.Define("article")}
	now := func() time.Time { return time.Unix(a.clock.Add(1), 123456000).UTC() }
	a.id = query.Col(a.t.String("id", 36).Key(36).PrimaryKey(),
		query.Default(func() string { return fmt.Sprintf("id-%05d", a.ids.Add(1)) }))
	a.title = query.Col[string](a.t.String("title", 100).Key(100).Unique())
	a.price = query.Col(a.t.BigInt("price").Null(), query.Coded(
		func(c cents) (int64, error) {
			if c.n < 0 {
				return 0, errors.New("less than nothing")
			}
			return c.n, nil
		},
		func(n int64) (cents, error) { return cents{n}, nil }))
	a.meta = query.TypedJSONCol[meta](a.t.JSON("meta").Null(),
		query.Default(func() meta { return meta{Tags: []string{"new"}} }))
	a.made = query.Col(a.t.DateTime("made"), query.Default(now))
	a.changed = query.Col(a.t.DateTime("changed").Null(), query.OnUpdate(now))
	a.version = query.Col(a.t.BigInt("version"), query.Version[int64]())
	create(t, eng, a.t)
	return a
}

func (a *article) rows(t testing.TB, eng *engine.Engine) []articleRow {
	t.Helper()
	return all[articleRow](t, eng, query.SelectFrom(a.t).OrderBy(a.id))
}

func TestWhatGoGivesToANewRow(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		ctx := t.Context()
		a := newArticles(t, eng)
		one := query.Insert(a.t).Values(a.title.Set("values"))
		exec(t, eng, one)
		if _, err := query.Exec(ctx, eng, one); dberr.CodeOf(err) != dberr.AlreadyExists {
			t.Errorf("the same title again: %v", err)
		}
		exec(t, eng, query.Insert(a.t).Map(map[string]any{"title": "map", "price": cents{5}}))
		exec(t, eng, query.Insert(a.t).Row(articleRow{Title: "row", Price: &cents{7}}))
		exec(t, eng, query.InsertRows(a.t, []articleRow{{Title: "rows 1"}, {ID: "own", Title: "rows 2", Version: 9}}))
		p := query.Prepare[articleRow](query.Insert(a.t).Params(a.title).Returning(query.Columns(a.t)...))
		for i := range 2 {
			got, err := p.One(ctx, eng, fmt.Sprint("prepared ", i))
			if err != nil || !strings.HasPrefix(got.ID, "id-") || got.Version != 1 || got.Made.IsZero() {
				t.Fatalf("prepared: %+v (%v, %v)", got, err, unwrapped(err))
			}
		}
		n, err := query.BulkInsert(ctx, eng, a.t, func(yield func(articleRow, error) bool) {
			_ = yield(articleRow{Title: "bulk 1", Price: &cents{1}}, nil) && yield(articleRow{Title: "bulk 2"}, nil)
		})
		if err != nil || n != 2 {
			t.Fatal(n, err)
		}
		many := query.Insert(a.t)
		for i := range 14000 {
			many = many.Values(a.title.Set(fmt.Sprint("many ", i)))
		}
		exec(t, eng, many)
		seen := map[string]bool{}
		rows := a.rows(t, eng)
		for _, r := range rows {
			if seen[r.ID] || r.ID == "" || r.Made.IsZero() || r.Changed != nil || r.Version == 0 {
				t.Fatalf("%+v", r)
			}
			m, err := r.Meta.Get()
			if err != nil || len(m.Tags) != 1 || r.Meta.String() != `{"tags":["new"]}` {
				t.Fatalf("%+v: %v (%v)", r, m, err)
			}
			seen[r.ID] = true
		}
		if len(rows) != 14009 || rows[len(rows)-1].Version != 9 {
			t.Errorf("%d rows, the last %+v", len(rows), rows[len(rows)-1])
		}
		got, err := query.One[articleRow](ctx, eng,
			query.Insert(a.t).Values(a.title.Set("returned")).Returning(query.Columns(a.t)...))
		if err != nil || got.Title != "returned" || got.ID == "" {
			t.Errorf("%+v: %v", got, err)
		}
	})
}

func TestWhatGoGivesToAChangedRow(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		ctx := t.Context()
		a := newArticles(t, eng)
		exec(t, eng, query.InsertRows(a.t, []articleRow{{ID: "a", Title: "a"}, {ID: "b", Title: "b"}}))
		exec(t, eng, query.Update(a.t).Set(a.title.Set("a2")).Where(a.id.Eq("a")))
		back, err := query.All[articleRow](ctx, eng,
			query.Update(a.t).Set(a.price.Set(cents{3})).AllRows().Returning(query.Columns(a.t)...))
		if err != nil || len(back) != 2 {
			t.Fatal(back, err, unwrapped(err))
		}
		for _, r := range back {
			if r.Changed == nil || *r.Price != (cents{3}) || !r.Changed.Equal(*back[0].Changed) {
				t.Errorf("%+v", r)
			}
		}
		up := query.Insert(a.t).Values(a.id.Set("a"), a.title.Set("a3")).OnConflict(a.id)
		exec(t, eng, up.DoUpdate(a.title))
		exec(t, eng, up.DoUpdateSet(a.title.SetTo(query.Excluded(a.title)), a.version.Set(40)))
		exec(t, eng, up.DoNothing())
		r := a.rows(t, eng)
		if r[0].Version != 40 || r[1].Version != 2 || r[0].Title != "a3" || !r[0].Changed.After(*r[1].Changed) {
			t.Errorf("%+v", r)
		}
		if st := query.Update(a.t).Diff(r[0], r[0]); !st.Empty() {
			t.Error("two equal rows differ")
		} else if n := exec(t, eng, st); n != 1 {
			t.Errorf("counted %d", n)
		}

		// Two have read the row, and the second to write is told so.
		mine, theirs := r[0], r[0]
		mine.Title, theirs.Price = "mine", &cents{8}
		exec(t, eng, query.Update(a.t).Diff(r[0], mine))
		_, err = query.Exec(ctx, eng, query.Update(a.t).Diff(r[0], theirs))
		if dberr.CodeOf(err) != dberr.Conflict || !strings.Contains(err.Error(), "another version") {
			t.Errorf("the second change: %v", err)
		}
		_, err = query.One[articleRow](ctx, eng, query.Update(a.t).Diff(r[0], theirs).Returning(query.Columns(a.t)...))
		if dberr.CodeOf(err) != dberr.Conflict {
			t.Errorf("the second change, returning: %v", err)
		}
		if r := a.rows(t, eng); r[0].Title != "mine" || r[0].Version != 41 || *r[0].Price != (cents{3}) {
			t.Errorf("%+v", r[0])
		}
	})
}

func TestATypeOfOnesOwn(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		ctx := t.Context()
		a := newArticles(t, eng)
		for i := range 4 {
			exec(t, eng, query.Insert(a.t).Values(a.title.Set(fmt.Sprint(i)), a.price.Set(cents{int64(i) * 100})))
		}
		exec(t, eng, query.Insert(a.t).Values(a.title.Set("none"), a.price.SetNull()))
		count := func(want int64, c query.Cond) {
			t.Helper()
			if n, err := query.Count(ctx, eng, query.SelectFrom(a.t).Where(c)); err != nil || n != want {
				t.Errorf("%d rows (%v), want %d", n, err, want)
			}
		}
		count(1, a.price.Eq(cents{100}))
		count(3, a.price.Ge(cents{100}))
		count(2, a.price.In(cents{100}, cents{300}, cents{5}))
		count(3, a.price.Between(cents{0}, cents{200}))
		count(1, a.price.IsNull())
		count(2, query.Tuple(a.title, a.price).In([]any{"1", cents{100}}, []any{"2", cents{200}}, []any{"3", cents{0}}))
		got, err := query.Prepare[cents](query.Select(a.price).From(a.t).Where(a.price.EqTo(query.Param[cents]("p")))).
			One(ctx, eng, cents{200})
		if err != nil || got != (cents{200}) {
			t.Errorf("%v: %v", got, err)
		}
		top, err := query.Value[cents](ctx, eng, query.Select(query.Max(a.price).As("x")).From(a.t))
		if err != nil || top == nil || *top != (cents{300}) {
			t.Errorf("the dearest: %v (%v)", top, err)
		}
		_, err = query.Exec(ctx, eng, query.Update(a.t).Set(a.price.Set(cents{-1})).AllRows())
		if dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), "article.price") {
			t.Errorf("a value that cannot be stored: %v", err)
		}
		if _, err := query.All[cents](ctx, eng, query.Select(a.price).From(a.t)); err == nil ||
			!strings.Contains(err.Error(), "price") {
			t.Errorf("NULL into a value: %v", err)
		}
	})
}

func TestTypedDocuments(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		ctx := t.Context()
		a := newArticles(t, eng)
		const text = `{"z": 1.50,  "tags": ["x", "y"]}`
		exec(t, eng, query.Insert(a.t).Values(a.title.Set("exact"), a.meta.SetDoc(jsonvalue.Text(text))))
		exec(t, eng, query.Insert(a.t).Values(a.title.Set("typed"), a.meta.Set(meta{Tags: []string{"<a>"}})))
		exec(t, eng, query.Insert(a.t).Values(a.title.Set("null"), a.meta.SetNull()))
		rows := a.rows(t, eng)
		if m, err := rows[0].Meta.Get(); err != nil || len(m.Tags) != 2 || rows[0].Meta.String() != text {
			t.Errorf("%q: %v (%v)", rows[0].Meta, m, err)
		}
		if m, err := rows[1].Meta.Get(); err != nil || m.Tags[0] != "<a>" {
			t.Errorf("%v (%v)", m, err)
		}
		if m, err := rows[2].Meta.Get(); err != nil || m.Tags != nil || !rows[2].Meta.IsNull() {
			t.Errorf("%v (%v)", m, err)
		}
		after := rows[0]
		if err := after.Meta.Set(meta{Tags: []string{"z"}}); err != nil {
			t.Fatal(err)
		}
		exec(t, eng, query.Update(a.t).Diff(rows[0], after))
		if n, err := query.Count(ctx, eng, query.SelectFrom(a.t).Where(a.meta.Path("tags").Has("z"))); err != nil || n != 1 {
			t.Errorf("%d (%v)", n, err)
		}
		bad := query.TypedJSONCol[func()](schema.Define("x").JSON("f"))
		if _, err := query.Exec(ctx, eng, query.Insert(bad.Table()).
			Values(bad.Set(func() {}))); dberr.CodeOf(err) != dberr.Invalid {
			t.Errorf("a function: %v", err)
		}
	})
}
