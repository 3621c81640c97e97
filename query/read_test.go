package query_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// Authors have books, books have pages and any number of tags.
type library struct {
	authors, books, pages, tags, bookTags *schema.Table

	authorID, authorName   query.Column[string]
	bookID, bookAuthor     query.Column[string]
	bookSequel, bookTitle  query.Column[string]
	pageBook               query.Column[string]
	pageNo                 query.Column[int64]
	tagOwner, tagName      query.Column[string]
	linkBook               query.Column[string]
	linkOwner, linkTagName query.Column[string]
}

type author struct {
	ID    string `db:"id"`
	Name  string `db:"name"`
	Books []book
}

type book struct {
	ID     string  `db:"id"`
	Author *string `db:"author_id"`
	Sequel *string `db:"sequel_of"`
	Title  string  `db:"title"`
	Pages  []page
	Tags   []tag
	By     *author
	Of     *book
}

type page struct {
	Book string `db:"book_id"`
	No   int64  `db:"no"`
}

type tag struct {
	Owner string `db:"owner"`
	Name  string `db:"name"`
}

func newLibrary(t testing.TB, eng *engine.Engine) *library {
	t.Helper()
	l := &library{authors: schema.Define("author"), books: schema.Define("book"), pages: schema.Define("page"),
		tags: schema.Define("tag"), bookTags: schema.Define("book_tag")}
	key := func(tab *schema.Table, name string) query.Column[string] {
		return query.Col[string](tab.Text(name).Key(40))
	}
	l.authorID, l.authorName = key(l.authors, "id"), query.Col[string](l.authors.Text("name"))
	l.authors.Primary("", "id")
	l.bookID = key(l.books, "id")
	l.bookAuthor, l.bookSequel = query.Col[string](l.books.Text("author_id").Key(40).Null()),
		query.Col[string](l.books.Text("sequel_of").Key(40).Null())
	l.bookTitle = query.Col[string](l.books.Text("title"))
	l.books.Primary("", "id")
	l.pageBook, l.pageNo = key(l.pages, "book_id"), query.Col[int64](l.pages.BigInt("no"))
	l.pages.Primary("", "book_id", "no")
	l.tagOwner, l.tagName = key(l.tags, "owner"), key(l.tags, "name")
	l.tags.Primary("", "owner", "name")
	l.linkBook, l.linkOwner, l.linkTagName = key(l.bookTags, "book_id"), key(l.bookTags, "owner"),
		key(l.bookTags, "tag_name")
	l.bookTags.Primary("", "book_id", "owner", "tag_name")
	create(t, eng, l.authors, l.books, l.pages, l.tags, l.bookTags)
	return l
}

func (l *library) fill(t testing.TB, eng *engine.Engine, authors, books, pages int) {
	t.Helper()
	var as []author
	var bs []book
	var ps []page
	for i := range authors {
		a := author{ID: fmt.Sprintf("a%03d", i), Name: fmt.Sprint("Author ", i)}
		as = append(as, a)
		for j := range books {
			b := book{ID: fmt.Sprintf("%s-b%02d", a.ID, j), Author: &a.ID, Title: fmt.Sprint("Book ", j)}
			if j > 0 {
				b.Sequel = ptr(fmt.Sprintf("%s-b%02d", a.ID, j-1))
			}
			bs = append(bs, b)
			for k := range pages {
				ps = append(ps, page{b.ID, int64(k)})
			}
		}
	}
	exec(t, eng, query.InsertRows(l.authors, as))
	exec(t, eng, query.InsertRows(l.books, bs))
	if pages > 0 {
		exec(t, eng, query.InsertRows(l.pages, ps))
	}
}

func (l *library) pagesOf() query.Relation[book] {
	return query.Many(func(b *book) (string, bool) { return b.ID, true }, query.SelectFrom(l.pages).OrderBy(l.pageNo),
		[]query.AnyColumn{l.pageBook}, func(b *book, ps []page) { b.Pages = ps })
}

func (l *library) booksOf(next ...query.Relation[book]) query.Relation[author] {
	return query.Many(func(a *author) (string, bool) { return a.ID, true }, query.SelectFrom(l.books).OrderBy(l.bookID),
		[]query.AnyColumn{l.bookAuthor}, func(a *author, bs []book) { a.Books = bs }, next...)
}

func TestRelationsInFixedStatements(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		l := newLibrary(t, eng)
		l.fill(t, eng, 100, 10, 3)
		for _, n := range []int{1, 10, 100} {
			var got []author
			statements := enginetest.CountQueries(t, eng, func() {
				var err error
				got, err = query.AllWith(t.Context(), eng, query.SelectFrom(l.authors).OrderBy(l.authorID).Limit(n),
					l.booksOf(l.pagesOf()))
				if err != nil {
					t.Fatal(err, unwrapped(err))
				}
			})
			if statements != 3 {
				t.Errorf("%d authors with books and pages took %d statements, want 3", n, statements)
			}
			if len(got) != n {
				t.Fatalf("%d authors", len(got))
			}
			for _, a := range got {
				if len(a.Books) != 10 || a.Books[3].ID != a.ID+"-b03" || len(a.Books[3].Pages) != 3 ||
					a.Books[9].Pages[2] != (page{a.ID + "-b09", 2}) {
					t.Fatalf("author %s has %+v", a.ID, a.Books)
				}
			}
		}
		// What is not asked for is not loaded.
		plain := all[author](t, eng, query.SelectFrom(l.authors))
		if plain[0].Books != nil {
			t.Error("books were loaded")
		}
		if n := enginetest.CountQueries(t, eng, func() {
			none, err := query.AllWith(t.Context(), eng, query.SelectFrom(l.authors).Where(l.authorID.Eq("nobody")),
				l.booksOf(l.pagesOf()))
			if err != nil || len(none) != 0 {
				t.Errorf("got %v (%v)", none, err)
			}
		}); n != 1 {
			t.Errorf("nothing took %d statements", n)
		}
	})
}

func TestRelationKinds(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		l := newLibrary(t, eng)
		l.fill(t, eng, 2, 3, 0)
		exec(t, eng, query.Insert(l.books).Row(book{ID: "anon", Title: "Nobody's"}))
		exec(t, eng, query.InsertRows(l.tags, []tag{{"u1", "x"}, {"u1", "y"}, {"u2", "x"}}))
		type link struct {
			Book  string `db:"book_id"`
			Owner string `db:"owner"`
			Tag   string `db:"tag_name"`
		}
		exec(t, eng, query.InsertRows(l.bookTags, []link{{"anon", "u1", "x"}, {"anon", "u2", "x"}, {"a000-b00", "u1", "y"},
			{"a000-b01", "u1", "y"}}))

		byAuthor := query.ToOne(func(b *book) (string, bool) { return deref(b.Author), b.Author != nil },
			query.SelectFrom(l.authors),
			[]query.AnyColumn{l.authorID}, func(b *book, a *author) { b.By = a })
		sequel := query.ToOne(func(b *book) (string, bool) { return deref(b.Sequel), b.Sequel != nil },
			query.SelectFrom(l.books),
			[]query.AnyColumn{l.bookID}, func(b *book, of *book) { b.Of = of }, byAuthor)
		// Many to many, through a table that refers to tags by two columns.
		tags := query.Many(func(b *book) (string, bool) { return b.ID, true },
			query.SelectFrom(l.tags).Join(l.bookTags, l.linkOwner.EqTo(l.tagOwner), l.linkTagName.EqTo(l.tagName)).
				OrderBy(l.tagOwner, l.tagName),
			[]query.AnyColumn{l.linkBook}, func(b *book, ts []tag) { b.Tags = ts })
		var got []book
		if n := enginetest.CountQueries(t, eng, func() {
			var err error
			got, err = query.AllWith(t.Context(), eng, query.SelectFrom(l.books).OrderBy(l.bookID), byAuthor, sequel, tags)
			if err != nil {
				t.Fatal(err, unwrapped(err))
			}
		}); n != 5 {
			t.Errorf("took %d statements, want 5", n)
		}
		var b strings.Builder
		for _, x := range got {
			fmt.Fprintf(&b, "%s", x.ID)
			if x.By != nil {
				fmt.Fprintf(&b, " by %s", x.By.Name)
			}
			if x.Of != nil {
				fmt.Fprintf(&b, " after %s by %s", x.Of.ID, x.Of.By.ID)
			}
			fmt.Fprintf(&b, " %v|", x.Tags)
		}
		want := "a000-b00 by Author 0 [{u1 y}]|a000-b01 by Author 0 after a000-b00 by a000 [{u1 y}]|a000-b02 by Author 0 after a000-b01 by a000 []|" +
			"a001-b00 by Author 1 []|a001-b01 by Author 1 after a001-b00 by a001 []|a001-b02 by Author 1 after a001-b01 by a001 []|anon [{u1 x} {u2 x}]|"
		if b.String() != want {
			t.Errorf("got  %s\nwant %s", b.String(), want)
		}

		// A composite key.
		type key struct{ Owner, Name string }
		type tagWithLinks struct {
			Owner string `db:"owner"`
			Name  string `db:"name"`
			Links []link
		}
		links := query.Many(func(t *tagWithLinks) (key, bool) { return key{t.Owner, t.Name}, true },
			query.SelectFrom(l.bookTags).OrderBy(l.linkBook),
			[]query.AnyColumn{l.linkOwner, l.linkTagName}, func(t *tagWithLinks, ls []link) { t.Links = ls })
		byTag, err := query.AllWith(t.Context(), eng, query.SelectFrom(l.tags).OrderBy(l.tagOwner, l.tagName), links)
		if err != nil || fmt.Sprint(byTag) != "[{u1 x [{anon u1 x}]} {u1 y [{a000-b00 u1 y} {a000-b01 u1 y}]} {u2 x [{anon u2 x}]}]" {
			t.Errorf("got %v (%v)", byTag, err)
		}
		// One that finds two.
		two := query.ToOne(func(a *author) (string, bool) { return a.ID, true }, query.SelectFrom(l.books),
			[]query.AnyColumn{l.bookAuthor}, func(*author, *book) {})
		if _, err := query.AllWith(t.Context(), eng, query.SelectFrom(l.authors), two); !errors.Is(err, dberr.ErrInvalid) {
			t.Errorf("two for one: %v", err)
		}
		one, err := query.OneWith(t.Context(), eng, query.SelectFrom(l.authors).Where(l.authorID.Eq("a001")), l.booksOf())
		if err != nil || len(one.Books) != 3 {
			t.Errorf("got %+v (%v)", one, err)
		}
	})
}

func TestSelects(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		l := newLibrary(t, eng)
		l.fill(t, eng, 3, 3, 2)
		exec(t, eng, query.Insert(l.authors).Row(author{ID: "z", Name: "Zoë ŞÖ"}))
		d := eng.Dialect()
		check := func(what string, want []string, st query.Reader) {
			t.Helper()
			got, err := query.All[string](t.Context(), eng, st)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: got %q (%v %v), want %q", what, got, err, unwrapped(err), want)
			}
		}
		prior := query.As(l.books, "prior")
		check("self join", []string{"a002-b00", "a002-b01"},
			query.Select(l.bookID.Of(prior)).From(l.books).JoinItem(prior, l.bookID.Of(prior).EqTo(l.bookSequel)).
				Where(l.bookAuthor.Eq("a002")).OrderBy(l.bookID.Of(prior)))
		check("left join", []string{"z"}, query.Select(l.authorID).From(l.authors).LeftJoin(l.books, l.bookAuthor.EqTo(l.authorID)).Where(l.bookID.IsNull()))
		check("not exists", []string{"z"}, query.Select(l.authorID).From(l.authors).Where(query.Exists(query.Select(l.bookID).From(l.books).Where(l.bookAuthor.EqTo(l.authorID))).Not()))
		check("in query", []string{"a001"}, query.Select(l.authorID).From(l.authors).Where(l.authorID.InQuery(query.Select(l.bookAuthor).From(l.books).Where(l.bookID.Eq("a001-b02")))))
		check("in query with limit", []string{"a000"}, query.Select(l.authorID).From(l.authors).Where(l.authorID.InQuery(query.Select(l.bookAuthor).From(l.books).OrderBy(l.bookID).Limit(1))))
		check("group, having", []string{"a000", "a001", "a002"}, query.Select(l.bookAuthor).From(l.books).GroupBy(l.bookAuthor).Having(query.CountAll().Eq(3)).OrderBy(l.bookAuthor))
		check("distinct", []string{"Book 0", "Book 1", "Book 2"}, query.Select(l.bookTitle).Distinct().From(l.books).OrderBy(l.bookTitle))
		check("case", []string{"first", "later", "later"}, query.Select(query.Case[string]().When(l.bookSequel.IsNull(), "first").Else("later").As("c")).
			From(l.books).Where(l.bookAuthor.Eq("a000")).OrderBy(l.bookID))
		check("coalesce", []string{"none", "a000-b00"}, query.Select(l.bookSequel.IfNull("none").As("s")).From(l.books).Where(l.bookID.In("a000-b00", "a000-b01")).OrderBy(l.bookID))
		check("concat", []string{"a000: Author 0"}, query.Select(query.Concat(l.authorID, query.Val(": "), l.authorName).As("c")).From(l.authors).Where(l.authorID.Eq("a000")))
		check("lower", []string{"zoë şö"}, query.Select(query.Lower(l.authorName).As("n")).From(l.authors).Where(l.authorName.ContainsFold("ş")))
		check("distinct from", []string{"a000-b00", "a001-b00", "a002-b00"}, query.Select(l.bookID).From(l.books).Where(l.bookSequel.NotDistinctFrom(nil)).OrderBy(l.bookID))
		check("distinct from a value", []string{"a000-b00", "a000-b02"}, query.Select(l.bookID).From(l.books).Where(l.bookAuthor.Eq("a000"), l.bookSequel.DistinctFrom(ptr("a000-b00"))).OrderBy(l.bookID))
		check("between", []string{"a001", "a002"}, query.Select(l.authorID).From(l.authors).Where(l.authorID.Between("a001", "a002")).OrderBy(l.authorID))
		check("no condition", []string{"a000"}, query.Select(l.authorID).From(l.authors).Where(query.And(), query.Cond{}).OrderBy(l.authorID).Limit(1))
		check("no alternative", nil, query.Select(l.authorID).From(l.authors).Where(query.Or()))
		check("raw", []string{"a001"}, query.Select(l.authorID).From(l.authors).Where(query.RawCond("{author}.{id} = ? AND 'it''s \\ {?}' <> ? AND '?' = '?'", "a001", "x")))
		u := query.Union(query.Select(l.authorID.As("x")).From(l.authors).OrderBy(l.authorID.Desc()).Limit(1),
			query.Select(l.authorID.As("x")).From(l.authors).Where(l.authorID.Eq("a000")))
		check("union", []string{"a000", "z"}, u.OrderBy(query.ByColumn("x", false)))
		check("union, derived", []string{"z"}, query.Select(query.Field[string]("d", "x")).FromItem(u.Subquery("d")).Where(query.Field[string]("d", "x").Gt("b")))
		if d.Has(driver.SetOperations) {
			check("except", []string{"z"}, query.Except(query.Select(l.authorID).From(l.authors), query.Select(l.bookAuthor).From(l.books)))
			check("intersect", []string{"a001"}, query.Intersect(query.Select(l.authorID).From(l.authors), query.Select(l.bookAuthor).From(l.books).Where(l.bookID.StartsWith("a001"))))
		}
		c := query.With("recent", query.Select(l.bookID, l.bookAuthor).From(l.books).Where(l.bookSequel.NotNull()))
		check("cte", []string{"a000", "a001", "a002"},
			query.Select(query.Field[string]("recent", "author_id")).Distinct().With(c).FromItem(c).
				OrderBy(query.Field[string]("recent", "author_id")))
		chain := query.WithRecursive("chain",
			query.Select(l.bookID, l.bookSequel).From(l.books).Where(l.bookID.Eq("a001-b02")), false,
			func(self *query.CTE) query.SelectStmt {
				return query.Select(l.bookID, l.bookSequel).From(l.books).
					JoinItem(self, l.bookID.EqTo(query.Field[string]("chain", "sequel_of")))
			})
		check("recursive", []string{"a001-b00", "a001-b01", "a001-b02"},
			query.Select(query.Field[string]("chain", "id")).With(chain).FromItem(chain).
				OrderBy(query.Field[string]("chain", "id")))
		type ranked struct {
			ID   string `db:"id"`
			Rank int64  `db:"r"`
			Of   int64  `db:"n"`
		}
		got := all[ranked](t, eng,
			query.Select(l.bookID, query.RowNumber().PartitionBy(l.bookAuthor).OrderBy(l.bookID.Desc()).As("r"),
				query.Over(query.CountAll()).PartitionBy(l.bookAuthor).As("n")).From(l.books).Where(l.bookAuthor.Eq("a000")).
				OrderBy(l.bookID))
		if want := []ranked{{"a000-b00", 3, 3}, {"a000-b01", 2, 3}, {"a000-b02", 1, 3}}; !slices.Equal(got, want) {
			t.Errorf("window: got %v", got)
		}
		type sums struct {
			N    int64    `db:"n"`
			Sum  *int64   `db:"s"`
			Avg  *float64 `db:"a"`
			Min  *int64   `db:"lo"`
			Max  *int64   `db:"hi"`
			Dist int64    `db:"d"`
		}
		agg := query.Select(query.CountAll().As("n"), query.Sum(l.pageNo).As("s"), query.Avg(l.pageNo).As("a"),
			query.Min(l.pageNo).As("lo"), query.Max(l.pageNo).As("hi"), query.CountDistinct(l.pageBook).As("d")).From(l.pages)
		if s, err := query.One[sums](t.Context(), eng, agg); err != nil || s.N != 18 || *s.Sum != 9 || *s.Avg != 0.5 ||
			*s.Min != 0 || *s.Max != 1 || s.Dist != 9 {
			t.Errorf("aggregates: got %+v (%v)", s, err)
		}
		if s, err := query.One[sums](t.Context(), eng, agg.Where(l.pageNo.Gt(100))); err != nil || s.N != 0 || s.Sum != nil ||
			s.Avg != nil {
			t.Errorf("aggregates of nothing: got %+v (%v)", s, err)
		}
		if q, err := query.One[float64](t.Context(), eng, query.Select(query.Div[int64](query.Val(int64(7)), query.Val(int64(2))).As("q"))); err != nil || q != 3.5 {
			t.Errorf("7/2 = %v (%v)", q, err)
		}
		for _, sel := range []query.Query{query.SelectFrom(l.books), query.SelectFrom(l.books).Distinct(),
			query.SelectFrom(l.books).OrderBy(l.bookID).Limit(50), query.UnionAll(query.Select(l.bookID).From(l.books))} {
			if n, err := query.Count(t.Context(), eng, sel); err != nil || n != 9 {
				t.Errorf("count: %d (%v)", n, err)
			}
		}
		if ok, err := query.Found(t.Context(), eng, query.Select(l.bookID).From(l.books).
			Where(l.bookID.Eq("nope"))); err != nil || ok {
			t.Errorf("found: %v (%v)", ok, err)
		}
		err := eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
			for _, s := range []query.SelectStmt{query.Select(l.bookID).From(l.books).ForUpdate(),
				query.Select(l.bookID).From(l.books).ForShare(), query.Select(l.bookID).From(l.books).ForUpdate().SkipLocked(),
				query.Select(l.bookID).From(l.books).ForUpdate().NoWait()} {
				if rows, err := query.All[string](ctx, tx, s); err != nil || len(rows) != 9 {
					return fmt.Errorf("%d rows: %w", len(rows), err)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestPages(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab := schema.Define("paged")
		id, a, b := query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[string](tab.String("a", 20).Null()),
			query.Col[int64](tab.BigInt("b").Null())
		create(t, eng, tab)
		type row struct {
			ID int64   `db:"id"`
			A  *string `db:"a"`
			B  *int64  `db:"b"`
		}
		var rows []row
		for i := range int64(60) {
			r := row{ID: i}
			if i%4 > 0 {
				r.A = ptr(fmt.Sprint("v", i%4))
			}
			if i%3 > 0 {
				r.B = ptr(i % 3)
			}
			rows = append(rows, r)
		}
		exec(t, eng, query.InsertRows(tab, rows))
		opt := func(v any, null bool) any {
			if null {
				return nil
			}
			return v
		}
		for _, order := range [][]query.Ordering{
			{a, b, id}, {a.Desc(), b, id.Desc()}, {a.Asc().NullsFirst(), b.Desc().NullsFirst(), id}, {a.Desc().NullsLast(), b.Asc().NullsFirst(), id.Desc()},
		} {
			base := query.SelectFrom(tab).OrderBy(order...)
			whole := all[row](t, eng, base.Page(1000))
			var got []row
			var after []any
			for range 20 {
				part := all[row](t, eng, base.Page(7, after...))
				got = append(got, part...)
				if len(part) < 7 {
					break
				}
				last := part[len(part)-1]
				after = []any{opt(deref(last.A), last.A == nil), opt(last.B, last.B == nil), last.ID}
			}
			if len(whole) != 60 || len(got) != 60 {
				t.Fatalf("%d and %d rows", len(whole), len(got))
			}
			for i := range got {
				if got[i].ID != whole[i].ID {
					t.Fatalf("row %d is %d on pages and %d in the whole", i, got[i].ID, whole[i].ID)
				}
			}
		}
		if _, err := query.All[row](t.Context(), eng, query.SelectFrom(tab).Page(5)); !errors.Is(err, dberr.ErrInvalid) {
			t.Errorf("a page without an order: %v", err)
		}
		if _, err := query.All[row](t.Context(), eng, query.SelectFrom(tab).OrderBy(a, id).Page(5, "x")); !errors.Is(err,
			dberr.ErrInvalid) {
			t.Errorf("too few values: %v", err)
		}
	})
}

func TestRowMapping(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab := schema.Define("mapped")
		id, s := query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[string](tab.Text("s").Null())
		at, j := query.Col[time.Time](tab.DateTime("at").Null()), query.JSONCol(tab.JSON("j").Null())
		create(t, eng, tab)
		type Base struct {
			ID int64 `db:"id"`
		}
		type inner struct {
			Base
			Text *string `db:"s"`
		}
		type full struct {
			inner
			At     *time.Time     `db:"at"`
			JSON   jsonvalue.JSON `db:"j"`
			Other  string
			Hidden string `db:"-"`
		}
		now := time.Date(2024, 2, 29, 23, 59, 59, 123456000, time.FixedZone("x", 5*3600+1800))
		exec(t, eng, query.InsertRows(tab, []full{
			{inner: inner{Base{1}, ptr("one")}, At: &now, JSON: jsonvalue.Text(`{"a":[1]}`)},
			{inner: inner{Base{2}, nil}, JSON: jsonvalue.Null()},
			{inner: inner{Base{3}, ptr("")}},
		}))
		var kept []full
		for r, err := range query.Rows[full](t.Context(), eng, query.SelectFrom(tab).OrderBy(id)) {
			if err != nil {
				t.Fatal(err, unwrapped(err))
			}
			kept = append(kept, r)
		}
		if len(kept) != 3 || *kept[0].Text != "one" || !kept[0].At.Equal(now) || kept[0].At.Location() != time.UTC ||
			kept[0].JSON.String() != `{"a":[1]}` {
			t.Fatalf("got %+v", kept)
		}
		if kept[1].Text != nil || kept[1].At != nil || !kept[1].JSON.IsJSONNull() || kept[2].Text == nil ||
			*kept[2].Text != "" || !kept[2].JSON.IsNull() {
			t.Errorf("got %+v", kept[1:])
		}
		for what, st := range map[string]query.Reader{
			"a column without a field":        query.Select(id, s.As("nope")).From(tab),
			"an expression without a name":    query.Select(id, query.Lower(s)).From(tab),
			"two columns of one name":         query.Select(id, s, s).From(tab),
			"many columns for a single value": query.SelectFrom(tab),
		} {
			var err error
			if strings.HasPrefix(what, "many") {
				_, err = query.All[int64](t.Context(), eng, st)
			} else {
				_, err = query.All[full](t.Context(), eng, st)
			}
			if !errors.Is(err, dberr.ErrInvalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := query.All[string](t.Context(), eng, query.Select(s).From(tab)); err == nil ||
			strings.Contains(err.Error(), "one") {
			t.Errorf("NULL into a string: %v", err)
		}
		if _, err := query.One[full](t.Context(), eng, query.SelectFrom(tab).Where(id.Eq(9)).
			Named("mapped.Get")); !errors.Is(err, dberr.ErrNotFound) || !strings.Contains(err.Error(), "mapped.Get") {
			t.Errorf("none: %v", err)
		}
		if _, err := query.One[full](t.Context(), eng, query.SelectFrom(tab)); !errors.Is(err, dberr.ErrInvalid) {
			t.Errorf("three for one: %v", err)
		}
		if f, err := query.First[full](t.Context(), eng, query.SelectFrom(tab).OrderBy(id.Desc())); err != nil || f.ID != 3 {
			t.Errorf("first: %+v (%v)", f, err)
		}
		if v, err := query.Value[string](t.Context(), eng, query.Select(s).From(tab).
			Where(id.Eq(2))); err != nil || v != nil {
			t.Errorf("value: %v (%v)", v, err)
		}
		for range query.Rows[full](t.Context(), eng, query.SelectFrom(tab)) {
			break // the connection comes back: the engine's end of test looks
		}
		raw := query.Text("mapped.Raw", false, "SELECT {id}, {s} FROM {mapped} WHERE {id} = ?", int64(1))
		if r, err := query.One[inner](t.Context(), eng, raw); err != nil || r.ID != 1 {
			t.Errorf("raw: %+v (%v)", r, err)
		}
		get := query.Prepare[full](query.SelectFrom(tab).Where(id.EqTo(query.Param[int64]("id"))))
		for i := range int64(3) {
			if r, err := get.One(t.Context(), eng, i+1); err != nil || r.ID != i+1 {
				t.Errorf("prepared: %+v (%v)", r, err)
			}
		}
		for what, args := range map[string][]any{"too few": nil, "another type": {"1"}, "too many": {int64(1), int64(2)}} {
			if _, err := get.One(t.Context(), eng, args...); !errors.Is(err, dberr.ErrInvalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := query.All[full](t.Context(), eng, query.SelectFrom(tab).
			Where(id.EqTo(query.Param[int64]("id")))); !errors.Is(err, dberr.ErrInvalid) {
			t.Errorf("a parameter without a value: %v", err)
		}
		_ = at
		_ = j
	})
}
