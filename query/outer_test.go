package query_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// shelf is two tables of which rows go together, or do not.
type shelf struct {
	books, loans *schema.Table
	id, rank     query.Column[int64]
	title        query.Column[string]
	loan, book   query.Column[int64]
	who          query.Column[string]
}

func newShelf(t *testing.T, eng *engine.Engine) shelf {
	t.Helper()
	s := shelf{books: schema.Define("shelf_book"), loans: schema.Define("shelf_loan")}
	s.id = query.Col[int64](s.books.BigInt("id").PrimaryKey())
	s.title = query.Col[string](s.books.String("title", 20).Null())
	s.rank = query.Col[int64](s.books.BigInt("rank").Null())
	s.loan = query.Col[int64](s.loans.BigInt("id").PrimaryKey())
	s.book = query.Col[int64](s.loans.BigInt("book_id").Null())
	s.who = query.Col[string](s.loans.String("who", 20))
	create(t, eng, s.books, s.loans)
	exec(t, eng, query.Insert(s.books).Values(s.id.Set(1), s.title.Set("A"), s.rank.Set(2)).Values(s.id.Set(2), s.title.Set("B"), s.rank.Set(1)).Values(s.id.Set(3), s.title.SetNull(), s.rank.Set(1)))
	exec(t, eng, query.Insert(s.loans).Values(s.loan.Set(10), s.book.Set(1), s.who.Set("x")).Values(s.loan.Set(11), s.book.Set(1), s.who.Set("y")).
		Values(s.loan.Set(12), s.book.SetNull(), s.who.Set("z")).Values(s.loan.Set(13), s.book.Set(9), s.who.Set("w")))
	return s
}

// joined is the rows of a statement of two numbers.
func joined(t *testing.T, eng *engine.Engine, st query.Reader) string {
	t.Helper()
	type pair struct {
		A *int64 `db:"a"`
		B *int64 `db:"b"`
	}
	var out []string
	for _, p := range all[pair](t, eng, st) {
		one := func(n *int64) string {
			if n == nil {
				return "-"
			}
			return fmt.Sprint(*n)
		}
		out = append(out, one(p.A)+":"+one(p.B))
	}
	return strings.Join(out, " ")
}

// Outer joins have the rows of the side that they keep, whichever it is and
// whatever the condition.
func TestOuterJoins(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		s := newShelf(t, eng)
		a, z := s.id.As("a"), s.loan.As("b")
		check := func(want string, st query.SelectStmt) {
			t.Helper()
			if got := joined(t, eng, st.OrderBy(a.Asc().NullsFirst(), z.Asc().NullsFirst())); got != want {
				text, _, _ := query.SQL(st, eng.Dialect())
				t.Errorf("got %s, want %s\n%s", got, want, text)
			}
			n, err := query.Count(t.Context(), eng, st)
			if rows := len(strings.Fields(want)); err != nil || n != int64(rows) {
				t.Errorf("counted %d, want %d, %v", n, rows, err)
			}
		}
		on := s.book.EqTo(s.id)
		from := query.Select(a, z).From(s.books)
		check("-:12 -:13 1:10 1:11", from.RightJoin(s.loans, on))
		check("-:12 -:13 1:10 1:11 2:- 3:-", from.FullJoin(s.loans, on))
		check("-:10 -:12 -:13 1:11 2:- 3:-", from.FullJoin(s.loans, on, s.who.Ne("x")))
		check("-:13 1:10 1:11 2:10 2:11 2:12 3:10 3:11 3:12", from.FullJoin(s.loans, query.Or(on, s.id.Gt(1)), s.who.Ne("w")))
		check("-:10 -:11 -:12 -:13 1:- 2:- 3:-", from.FullJoin(s.loans, s.id.Gt(5), s.loan.Lt(0)))
		check("-:10 1:11 1:12 1:13 2:11 2:12 2:13 3:11 3:12 3:13", from.FullJoin(s.loans, s.loan.GtTo(query.Add[int64](query.Mul(s.id, query.Val[int64](0)), query.Val[int64](10)))))
		check("1:- 2:-", from.FullJoin(s.loans, s.loan.LtTo(s.id)).Where(s.title.NotNull()))

		// Aliases, derived tables, other joins before and behind, and groups.
		later := query.As(s.books, "later")
		check("2:- 3:-", query.Select(a, z).From(s.books).JoinItem(later, s.rank.Of(later).GtTo(s.rank)).FullJoin(s.loans, s.book.EqTo(s.id.Of(later)), s.loan.Lt(0)).Where(s.id.NotNull()))
		check("-:12 -:13 2:10 2:11 3:10 3:11", query.Select(a, z).From(s.books).JoinItem(later, s.rank.Of(later).GtTo(s.rank)).FullJoin(s.loans, s.book.EqTo(s.id.Of(later))))
		check("-:12 -:13 1:10 1:11 2:- 3:-", from.FullJoin(s.loans, on).LeftJoinItem(later, s.id.Of(later).EqTo(s.id)))
		check("1:10 1:11 2:- 3:-", from.FullJoin(s.loans, on).JoinItem(later, s.id.Of(later).EqTo(s.id)))
		lent := query.Select(s.book, query.CountAll().As("n")).From(s.loans).Where(s.book.NotNull()).GroupBy(s.book).
			Subquery("lent")
		n := query.Field[int64]("lent", "n").As("b")
		for _, on := range []query.Cond{query.Field[int64]("lent", "book_id").EqTo(s.id),
			query.Field[int64]("lent", "book_id").Between(1, 1)} {
			got := joined(t, eng, query.Select(a, n).From(s.books).FullJoinItem(lent, on).
				Where(query.Or(s.id.IsNull(), s.id.Eq(1))).OrderBy(a.Asc().NullsFirst()))
			if got != "-:1 1:2" {
				t.Errorf("a derived table: %s", got)
			}
			got = joined(t, eng, query.Select(a, n).FromItem(lent).FullJoin(s.books, on).
				Where(query.Or(s.id.IsNull(), s.id.Eq(1))).OrderBy(a.Asc().NullsFirst()))
			if got != "-:1 1:2" {
				t.Errorf("from a derived table: %s", got)
			}
		}
		rows := query.CountAll().As("b")
		got := joined(t, eng, query.Select(s.rank.As("a"), rows).From(s.books).FullJoin(s.loans, on).GroupBy(s.rank).
			OrderBy(s.rank.Asc().NullsFirst()))
		if got != "-:2 1:2 2:2" {
			t.Errorf("groups: %s", got)
		}

		// Nothing on one side, on the other, on both.
		exec(t, eng, query.Delete(s.books).AllRows())
		check("-:10 -:11 -:12 -:13", from.FullJoin(s.loans, on))
		check("-:10 -:11 -:12 -:13", from.RightJoin(s.loans, on))
		check("-:10 -:11 -:12 -:13", from.FullJoin(s.loans, s.loan.GtTo(s.id)))
		exec(t, eng, query.Delete(s.loans).AllRows())
		check("", from.FullJoin(s.loans, on))
		check("", from.FullJoin(s.loans, s.loan.GtTo(s.id)))
		exec(t, eng, query.Insert(s.books).Values(s.id.Set(1)))
		check("1:-", from.FullJoin(s.loans, on))
		check("1:-", from.FullJoin(s.loans, s.loan.GtTo(s.id)))
	})
}

// What joins cannot do is refused by name before anything is sent.
func TestJoinsThatAreNone(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		s := newShelf(t, eng)
		doc := query.JSONCol(schema.Define("shelf_doc").JSON("doc"))
		later := query.As(s.books, "later")
		beside := query.Select(s.loan).From(s.loans).Where(s.book.EqTo(s.id)).OrderBy(s.loan).Limit(1).Subquery("first")
		for _, c := range []struct {
			st         query.SelectStmt
			code, says string
		}{
			{query.Select(s.id).From(s.books).RightJoinItem(doc.Path().Elements("e")), "invalid", "LeftJoinItem"},
			{query.Select(s.id).From(s.books).FullJoinItem(doc.Path().Elements("e")), "invalid", "LeftJoinItem"},
			{query.Select(s.id).Join(s.books), "invalid", "say with From"},
			{query.Select(s.id).From(s.books).FullJoin(s.loans, s.loan.GtTo(s.id)).RightJoinItem(later, s.id.Of(later).EqTo(s.id)), "unsupported", "Subquery"},
			{query.Select(s.id).From(s.books).FullJoin(s.loans, s.loan.GtTo(s.id)).FullJoinItem(later, s.id.Of(later).GtTo(s.id)), "unsupported", "Subquery"},
			{query.Select(s.id).From(s.books).LeftJoinItem(beside), "invalid", "LATERAL"},
			{query.Select(s.id).From(s.books).JoinItem(query.UnionAll(query.Select(s.loan).From(s.loans).Where(s.book.EqTo(s.id))).Subquery("u")), "invalid", "LATERAL"},
		} {
			_, err := query.All[int64](t.Context(), eng, c.st)
			if string(dberr.CodeOf(err)) != c.code || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, which is no %s that says %s", err, c.code, c.says)
			}
		}
		// In a condition a subquery sees what is around it, and what it reads, too.
		got := all[int64](t, eng,
			query.Select(s.id).From(s.books).Where(query.Exists(query.Select(query.Field[int64]("some", "id")).
				FromItem(query.Select(s.loan).From(s.loans).Where(s.who.Eq("y")).Subquery("some")).Where(s.id.Eq(1)))))
		if fmt.Sprint(got) != "[1]" {
			t.Errorf("rows %v", got)
		}
	})
}

// One row is kept of those that are equal, and it is the first.
func TestDistinctOn(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		s := newShelf(t, eng)
		exec(t, eng, query.Insert(s.books).Values(s.id.Set(4), s.title.Set("A"), s.rank.SetNull()).
			Values(s.id.Set(5), s.title.SetNull(), s.rank.SetNull()))
		check := func(want string, st query.Query) {
			t.Helper()
			if got := fmt.Sprint(all[int64](t, eng, st)); got != want {
				text, args, _ := query.SQL(st, eng.Dialect())
				t.Errorf("got %s, want %s\n%s %v", got, want, text, args)
			}
			if n, err := query.Count(t.Context(), eng, st); err != nil || n != int64(len(strings.Fields(want))) {
				t.Errorf("counted %d for %s, %v", n, want, err)
			}
		}
		latest := query.Select(s.id).From(s.books).DistinctOn(s.rank).OrderBy(s.id.Desc())
		check("[5 3 1]", latest)
		check("[1 2 4]", query.Select(s.id).From(s.books).DistinctOn(s.rank).OrderBy(s.id))
		check("[3]", latest.Limit(1).Offset(1))
		check("[4 1]", query.Select(s.id).From(s.books).DistinctOn(s.rank).OrderBy(s.id.Desc()).Where(s.title.Eq("A")))
		check("[5 4 2]", query.Select(s.id).From(s.books).DistinctOn(s.title).OrderBy(s.title.Asc().NullsFirst(), s.id.Desc()))
		check("[1 2 3 4 5]", query.Select(s.id).From(s.books).DistinctOn(s.title, s.rank).OrderBy(s.id))
		check("[3 4]", query.Select(s.id).From(s.books).DistinctOn(query.Case[int64]().When(s.title.IsNull(), 1).Else(2)).OrderBy(query.Case[string]().When(s.id.Eq(3), "a").When(s.id.Eq(4), "b").Else("c"), s.id))
		check("[1 2]", query.Select(s.id).From(s.books).Join(s.loans, s.book.LeTo(s.id)).DistinctOn(s.id).OrderBy(s.id, s.loan.Desc()).Limit(2))
		check("[1 1 2 3 4 5]", query.Select(query.Field[int64]("all", "id")).OrderBy(query.Field[int64]("all", "id")).FromItem(query.UnionAll(latest, query.Select(s.id).From(s.books).DistinctOn(s.rank).OrderBy(s.id)).Subquery("all")))
		of := query.With("kept", latest)
		check("[1 3 5]", query.Select(query.Field[int64]("kept", "id")).FromItem(of).With(of).OrderBy(query.Field[int64]("kept", "id")))
		check("[1 3 5]", query.Select(s.id).From(s.books).Where(s.id.InQuery(latest)).OrderBy(s.id))

		// Rows have the names and types that they have without it, with parameters, too.
		type book struct {
			ID    int64   `db:"id"`
			Title *string `db:"title"`
			Rank  *int64  `db:"rank"`
			Twice *int64  `db:"twice"`
		}
		get := query.Prepare[book](query.SelectFrom(s.books).Columns(s.rank.Times(2).As("twice")).
			Where(s.id.LtTo(query.Param[int64]("below"))).DistinctOn(s.rank).OrderBy(s.id.Desc()))
		rows, err := get.All(t.Context(), eng, int64(4))
		if err != nil || len(rows) != 2 || rows[0].ID != 3 || rows[0].Title != nil || *rows[1].Title != "A" ||
			*rows[1].Twice != 4 {
			t.Errorf("%+v %v", rows, err)
		}
		if ok, err := query.Found(t.Context(), eng, latest); err != nil || !ok {
			t.Errorf("found %v %v", ok, err)
		}
		for says, st := range map[string]query.SelectStmt{
			"call OrderBy":        query.Select(s.id).From(s.books).DistinctOn(s.rank),
			"its Subquery":        latest.Page(2),
			"one of the two":      latest.Distinct(),
			"group in a Subquery": query.Select(s.rank).From(s.books).DistinctOn(s.rank).GroupBy(s.rank).OrderBy(s.rank),
			"lock them":           latest.ForUpdate(),
		} {
			_, err := query.All[int64](t.Context(), eng, st)
			if dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), says) {
				t.Errorf("%v does not say %s", err, says)
			}
		}
	})
}

// Rows of the program are a table like any other in a statement.
func TestValues(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		s := newShelf(t, eng)
		type given struct {
			ID    int64          `db:"id"`
			Title *string        `db:"title"`
			Cost  *query.Decimal `db:"cost"`
			At    *time.Time     `db:"at"`
			Ok    bool           `db:"ok"`
			Half  float64        `db:"half"`
			UUID  string         `db:"uuid"`
		}
		at := time.Date(2024, 1, 2, 3, 4, 5, 678901000, time.UTC)
		rows := []given{{1, ptr("é'\\🔑"), ptr(query.Decimal("0.10")), ptr(at), true, 0.5, "A" + uuidEnd},
			{2, nil, nil, nil, false, -0.5, "b" + uuidEnd}}
		v := query.Values("v", rows)
		id := query.Field[int64]("v", "id")
		sel := query.Select(id, query.Field[string]("v", "title"), query.Field[query.Decimal]("v", "cost"),
			query.Field[time.Time]("v", "at"),
			query.Field[bool]("v", "ok"), query.Field[float64]("v", "half"), query.Field[string]("v", "uuid")).
			FromItem(v).OrderBy(id)
		got := all[given](t, eng, sel)
		if len(got) != 2 || *got[0].Title != *rows[0].Title || *got[0].Cost != "0.10" && *got[0].Cost != "0.1" ||
			!got[0].At.Equal(at) || !got[0].Ok || got[1].Half != -0.5 ||
			got[1].Title != nil || got[1].Cost != nil || got[1].At != nil || got[1].Ok {
			t.Errorf("%+v", got)
		}
		if none := all[given](t, eng, query.Select(id).FromItem(query.Values("v", []given{}))); len(none) != 0 {
			t.Errorf("%+v", none)
		}

		// Joined, updated from, deleted by, inserted from, in a union.
		names := all[string](t, eng, query.Select(s.title).From(s.books).JoinItem(v, id.EqTo(s.id)).OrderBy(s.title))
		if fmt.Sprint(names) != "[A B]" {
			t.Errorf("joined: %v", names)
		}
		left := all[*int64](t, eng, query.Select(id).From(s.books).LeftJoinItem(v, id.EqTo(s.id)).OrderBy(s.id))
		if len(left) != 3 || *left[0] != 1 || left[2] != nil {
			t.Errorf("left joined: %v", left)
		}
		full := all[*int64](t, eng,
			query.Select(s.loan).FromItem(v).FullJoin(s.loans, id.EqTo(s.book), s.who.Eq("x")).
				OrderBy(s.loan.Asc().NullsFirst()))
		if len(full) != 5 || full[0] != nil || *full[1] != 10 {
			t.Errorf("full joined: %v", full)
		}
		if n := exec(t, eng, query.Update(s.books).FromItem(v).
			Set(s.title.SetTo(query.Field[string]("v", "title")), s.rank.SetTo(id)).Where(s.id.EqTo(id))); n != 2 {
			t.Errorf("%d updated", n)
		}
		if all[string](t, eng, query.Select(s.title).From(s.books).Where(s.id.Eq(1)))[0] != *rows[0].Title {
			t.Error("updated to something else")
		}
		if n := exec(t, eng, query.Delete(s.loans).UsingItem(query.Values("gone", []string{"x", "w"})).
			Where(s.who.EqTo(query.Field[string]("gone", "value")))); n != 2 {
			t.Errorf("%d deleted", n)
		}
		if n := exec(t, eng, query.Insert(s.books).
			FromSelect(query.Select(id.Plus(100).As("id"), query.Field[string]("v", "title")).FromItem(v), s.id,
				s.title)); n != 2 {
			t.Errorf("%d inserted", n)
		}
		both := all[int64](t, eng,
			query.Union(query.Select(id).FromItem(v), query.Select(query.Field[int64]("n", "value").As("id")).
				FromItem(query.Values("n", []int{2, 3}))).OrderBy(query.ByColumn("id", false)))
		if fmt.Sprint(both) != "[1 2 3]" {
			t.Errorf("union: %v", both)
		}
		numbers := make([]int64, 5000)
		for i := range numbers {
			numbers[i] = int64(i)
		}
		sum, err := query.Value[int64](t.Context(), eng,
			query.Select(query.Sum(query.Field[int64]("n", "value")).As("n")).FromItem(query.Values("n", numbers)))
		if err != nil || *sum != 4999*5000/2 {
			t.Errorf("%v %v", sum, err)
		}

		// A column may take its type from one of a table.
		kept := schema.Define("shelf_kept")
		uuid := query.Col[string](kept.UUID("uuid").PrimaryKey())
		day := query.Col[time.Time](kept.Date("at").Null())
		create(t, eng, kept)
		exec(t, eng, query.Insert(kept).
			FromSelect(query.Select(query.Field[string]("v", "uuid"), query.Field[time.Time]("v", "at")).
				FromItem(v.Like(uuid, day)), uuid, day))
		if days := all[string](t, eng, query.Select(uuid).From(kept).
			Where(day.Eq(at))); fmt.Sprint(days) != "[a"+uuidEnd+"]" {
			t.Errorf("by types: %v", days)
		}

		for says, st := range map[string]query.SelectStmt{
			"no column title2":  query.Select(query.Field[string]("v", "title2")).FromItem(v),
			"have no column id": query.Select(query.Field[int64]("v", "value")).FromItem(query.Values("v", []string{"x"}).Like(s.id)),
			"no fields with":    query.Select(id).FromItem(query.Values("v", []struct{ ID int }{{1}})),
			"twice":             query.Select(id).FromItem(v).JoinItem(v),
		} {
			_, err := query.All[int64](t.Context(), eng, st)
			if dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), says) {
				t.Errorf("%v does not say %s", err, says)
			}
		}
		_, err = query.All[int64](t.Context(), eng,
			query.Select(query.Field[int64]("v", "value")).FromItem(query.Values("v", make([]int64, 70000))))
		if dberr.CodeOf(err) != dberr.TooLarge {
			t.Errorf("too many: %v", err)
		}
	})
}
