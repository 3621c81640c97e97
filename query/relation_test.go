package query_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/query"
)

// Limit and Offset of children count those of each parent.
func TestRelationLimitsAreOfEachParent(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		l := newLibrary(t, eng)
		l.fill(t, eng, 3, 5, 3)
		exec(t, eng, query.Insert(l.authors).Row(author{ID: "none", Name: "Nobody"}))
		books := func(sel query.SelectStmt, next ...query.Relation[book]) query.Relation[author] {
			return query.Many(func(a *author) (string, bool) { return a.ID, true }, sel, []query.AnyColumn{l.bookAuthor},
				func(a *author, bs []book) { a.Books = bs }, next...)
		}
		last := query.SelectFrom(l.books).OrderBy(l.bookID.Desc())
		show := func(rel query.Relation[author]) string {
			t.Helper()
			var got []author
			n := enginetest.CountQueries(t, eng, func() {
				var err error
				if got, err = query.AllWith(t.Context(), eng, query.SelectFrom(l.authors).OrderBy(l.authorID), rel); err != nil {
					t.Fatal(err, unwrapped(err))
				}
			})
			if n < 2 || n > 3 {
				t.Errorf("%d statements", n)
			}
			var b strings.Builder
			for _, a := range got {
				b.WriteString(a.ID)
				for _, k := range a.Books {
					b.WriteString(" " + strings.TrimPrefix(k.ID, a.ID+"-"))
					for _, p := range k.Pages {
						fmt.Fprintf(&b, ".%d", p.No)
					}
				}
				b.WriteString("; ")
			}
			return b.String()
		}
		pages := query.Many(func(b *book) (string, bool) { return b.ID, true },
			query.SelectFrom(l.pages).OrderBy(l.pageNo.Desc()).Limit(2),
			[]query.AnyColumn{l.pageBook}, func(b *book, ps []page) { b.Pages = ps })
		for what, c := range map[string][2]string{
			"limit":            {show(books(last.Limit(2))), "a000 b04 b03; a001 b04 b03; a002 b04 b03; none; "},
			"limit and offset": {show(books(last.Limit(2).Offset(2))), "a000 b02 b01; a001 b02 b01; a002 b02 b01; none; "},
			"offset":           {show(books(last.Offset(3))), "a000 b01 b00; a001 b01 b00; a002 b01 b00; none; "},
			"none":             {show(books(last.Limit(0))), "a000; a001; a002; none; "},
			"a page":           {show(books(query.SelectFrom(l.books).Where(l.bookID.Ne("a001-b00")).OrderBy(l.bookID).Page(2))), "a000 b00 b01; a001 b01 b02; a002 b00 b01; none; "},
			"two levels":       {show(books(last.Limit(1), pages)), "a000 b04.2.1; a001 b04.2.1; a002 b04.2.1; none; "},
			"nulls":            {show(books(query.SelectFrom(l.books).OrderBy(l.bookSequel.Asc().NullsLast()).Limit(1).Offset(4))), "a000 b00; a001 b00; a002 b00; none; "},
		} {
			if c[0] != c[1] {
				t.Errorf("%s: %s, want %s", what, c[0], c[1])
			}
		}
		newest := query.ToOne(func(a *author) (string, bool) { return a.ID, true }, last.Limit(1),
			[]query.AnyColumn{l.bookAuthor}, func(a *author, b *book) {
				if b != nil {
					a.Books = []book{*b}
				}
			})
		if got := show(newest); got != "a000 b04; a001 b04; a002 b04; none; " {
			t.Errorf("the newest of each: %s", got)
		}
		for what, sel := range map[string]query.SelectStmt{"distinct": last.Distinct().Limit(1),
			"locked": last.ForUpdate().Limit(1)} {
			if _, err := query.AllWith(t.Context(), eng, query.SelectFrom(l.authors),
				books(sel)); dberr.CodeOf(err) != dberr.Invalid {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

// A db tag that names no column is an error wherever a struct is stored.
func TestTagsThatAreNoColumns(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		l := newLibrary(t, eng)
		type bad struct {
			ID   string `db:"id"`
			Name string `db:"nmae"`
		}
		type inner struct {
			Name string `db:"nmae"`
		}
		type embedded struct {
			ID string `db:"id"`
			inner
		}
		type extra struct {
			ID    string `db:"id"`
			Name  string `db:"name"`
			Count int64  `db:"count,readonly"`
		}
		type option struct {
			ID string `db:"id,omitempty"`
		}
		rows := []bad{{"x", "lost"}}
		for what, run := range map[string]func() error{
			"row": func() error { _, err := query.Exec(t.Context(), eng, query.Insert(l.authors).Row(rows[0])); return err },
			"pointer": func() error {
				_, err := query.Exec(t.Context(), eng, query.Insert(l.authors).Row(&rows[0]))
				return err
			},
			"embedded": func() error {
				_, err := query.Exec(t.Context(), eng, query.Insert(l.authors).Row(embedded{ID: "x"}))
				return err
			},
			"rows": func() error { _, err := query.Exec(t.Context(), eng, query.InsertRows(l.authors, rows)); return err },
			"returning": func() error {
				_, err := query.All[string](t.Context(), eng, query.InsertRows(l.authors, rows).Returning(l.authorID))
				return err
			},
			"upsert": func() error {
				_, err := query.Exec(t.Context(), eng, query.Insert(l.authors).Row(rows[0]).OnConflict(l.authorID).DoNothing())
				return err
			},
			"bulk": func() error {
				_, err := query.BulkInsert(t.Context(), eng, l.authors, func(yield func(bad, error) bool) { yield(rows[0], nil) })
				return err
			},
			"diff": func() error {
				_, err := query.Exec(t.Context(), eng, query.Update(l.authors).Diff(rows[0], bad{"x", "other"}))
				return err
			},
			"map": func() error {
				_, err := query.Exec(t.Context(), eng, query.Insert(l.authors).Map(map[string]any{"id": "x", "nmae": "lost"}))
				return err
			},
		} {
			if err := run(); dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), "nmae") {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := query.Exec(t.Context(), eng, query.Insert(l.authors).
			Row(option{"x"})); dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), "omitempty") {
			t.Errorf("an option that there is not: %v", err)
		}
		if n, err := query.Count(t.Context(), eng, query.SelectFrom(l.authors)); err != nil || n != 0 {
			t.Errorf("%d rows (%v)", n, err)
		}
		exec(t, eng, query.Insert(l.authors).Row(extra{"x", "kept", 7}))
		got, err := query.One[extra](t.Context(), eng,
			query.Select(l.authorID, l.authorName, query.Val(int64(3)).As("count")).From(l.authors))
		if err != nil || got != (extra{"x", "kept", 3}) {
			t.Errorf("got %v (%v)", got, err)
		}
	})
}
