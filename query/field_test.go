package query_test

import (
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

// kinds is a table with a column of each kind.
type kinds struct {
	t        *schema.Table
	id, n    query.Column[int64]
	s, u, e  query.Column[string]
	f        query.Column[float64]
	d        query.Column[query.Decimal]
	b        query.Column[bool]
	at, day  query.Column[time.Time]
	hour     query.Column[query.TimeOfDay]
	doc      query.JSONColumn
	by       query.Column[[]byte]
	all      []query.AnyColumn
	midnight time.Time
}

func newKinds(t *testing.T, eng *engine.Engine) kinds {
	t.Helper()
	tab := schema.Define("kinds")
	k := kinds{t: tab, id: query.Col[int64](tab.BigInt("id").PrimaryKey()), n: query.Col[int64](tab.Integer("n")), s: query.Col[string](tab.String("s", 40)),
		u: query.Col[string](tab.UUID("u")), e: query.Col[string](tab.Enum("e", "kinds_e", "low", "high")), f: query.Col[float64](tab.Float("f")),
		d: query.Col[query.Decimal](tab.Numeric("d", 12, 2)), b: query.Col[bool](tab.Boolean("b")), at: query.Col[time.Time](tab.DateTime("at")),
		day: query.Col[time.Time](tab.Date("day")), hour: query.Col[query.TimeOfDay](tab.Time("hour")), doc: query.JSONCol(tab.JSON("doc")), by: query.Col[[]byte](tab.Bytes("by"))}
	k.all = []query.AnyColumn{k.n, k.id, k.s, k.u, k.e, k.f, k.d, k.b, k.at, k.day, k.hour, k.doc, k.by}
	k.midnight = time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)
	create(t, eng, tab)
	exec(t, eng, query.Insert(tab).
		Values(k.id.Set(1), k.n.Set(2147483647), k.s.Set("abc"), k.u.Set("a"+uuidEnd), k.e.Set("low"), k.f.Set(1.5),
			k.d.Set("2.50"),
			k.b.Set(true), k.at.Set(k.midnight.Add(time.Hour)), k.day.Set(k.midnight), k.hour.Set(query.Clock(3, 4,
				5)), k.doc.Set(jsonvalue.Text(`{"a":1}`)), k.by.Set([]byte("xyz"))))
	return k
}

func TestFieldsOfAnotherType(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		k := newKinds(t, eng)
		x := query.Select(query.Columns(k.t)...).From(k.t).Subquery("x")
		holds := func(what string, want bool, c query.Cond) {
			t.Helper()
			n, err := query.Count(t.Context(), eng, query.Select(query.Field[int64]("x", "id")).FromItem(x).Where(c))
			if err != nil || (n == 1) != want {
				t.Errorf("%s: %d rows (%v %v)", what, n, err, unwrapped(err))
			}
		}
		day := query.Field[time.Time]("x", "day")
		holds("the day", true, day.Eq(k.midnight))
		holds("an hour of the day", false, day.Eq(k.midnight.Add(time.Hour)))
		holds("from the day on", true, day.Ge(k.midnight))
		holds("from an hour on", false, day.Ge(k.midnight.Add(time.Hour)))
		holds("among days", true, day.In(k.midnight))
		holds("before an instant", true, day.LtTo(query.Field[time.Time]("x", "at")))
		holds("a UUID as a text", true, query.Field[string]("x", "u").StartsWith("a0"))
		holds("what is no UUID", false, query.Field[string]("x", "u").Eq("abc"))
		holds("an enum in order", true, query.Field[string]("x", "e").Gt("high"))
		holds("an enum as a text", true, query.Field[string]("x", "e").Contains("ow"))
		holds("a narrow number", true, query.Field[int64]("x", "n").Plus(1).Eq(2147483648))
		holds("a number as a float", true, query.Field[float64]("x", "n").Gt(1.5))
		holds("a number as a decimal", true, query.Field[query.Decimal]("x", "n").Eq("2147483647.00"))
		holds("a number as a text", true, query.Field[string]("x", "n").Eq("2147483647"))
		holds("a decimal as a text", true, query.Field[string]("x", "d").Eq("2.50"))
		if got := all[query.Decimal](t, eng, query.Select(query.Field[query.Decimal]("x", "d")).FromItem(x)); len(got) != 1 ||
			got[0] != "2.50" {
			t.Errorf("a decimal has the scale of its column: %v", got)
		}
		if got := all[time.Time](t, eng, query.Select(day).FromItem(x)); len(got) != 1 || !got[0].Equal(k.midnight) {
			t.Errorf("a day: %v", got)
		}
		for what, f := range map[string]query.Selectable{
			"x.s": query.Field[int64]("x", "s"), "x.n": query.Field[time.Time]("x", "n"), "x.b": query.Field[int64]("x", "b"), "x.f": query.Field[bool]("x", "f"),
			"x.id": query.Field[query.TimeOfDay]("x", "id"), "x.by": query.Field[string]("x", "by"), "x.at": query.Field[float64]("x", "at"),
			"x.hour": query.Field[time.Time]("x", "hour"), "x.doc": query.Field[[]byte]("x", "doc"), "x.d": query.Field[int64]("x", "d"),
		} {
			_, err := query.All[any](t.Context(), eng, query.Select(f).FromItem(x))
			if dberr.CodeOf(err) != dberr.Invalid || !strings.HasPrefix(err.Error(), what+": ") {
				t.Errorf("%s of another type: %v", what, err)
			}
		}
	})
}

func TestUnionsOfDifferentKinds(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		k := newKinds(t, eng)
		one := func(c query.Selectable) query.SelectStmt { return query.Select(c).From(k.t) }
		together := map[string]bool{"n id": true, "n f": true, "n d": true, "id f": true, "id d": true, "f d": true,
			"s u": true, "s e": true, "u e": true, "at day": true}
		sets := map[string]func(...query.Query) query.CompoundStmt{"union": query.Union, "union all": query.UnionAll, "except": query.Except, "intersect": query.Intersect}
		for what, set := range sets {
			if (what == "except" || what == "intersect") && !eng.Dialect().Has(driver.SetOperations) {
				continue
			}
			for i, a := range k.all {
				for j, c := range k.all[i:] {
					pair := fmt.Sprint(columnName(a), " ", columnName(c))
					back := fmt.Sprint(columnName(c), " ", columnName(a))
					_, err := query.All[any](t.Context(), eng, set(one(a), one(c)))
					if j == 0 || together[pair] || together[back] {
						if err != nil {
							t.Errorf("%s of %s: %v (%v)", what, pair, err, unwrapped(err))
						}
					} else if dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), "("+columnName(a)+")") {
						t.Errorf("%s of %s: %v", what, pair, err)
					}
				}
			}
		}
		rows := func(what string, want int, q query.CompoundStmt) {
			t.Helper()
			if got := all[any](t, eng, q); len(got) != want {
				t.Errorf("%s: %v, want %d rows", what, got, want)
			}
		}
		rows("a date and the instant at which it begins", 1, query.Union(one(k.day), one(query.Val(k.midnight).As("x"))))
		rows("a number and the same float", 1, query.Union(one(k.n), one(query.Val(2147483647.0).As("x"))))
		rows("a UUID and its text", 1, query.Union(one(k.u), one(query.Val("a"+uuidEnd).As("x"))))
		if got := all[query.Decimal](t, eng,
			query.Union(one(k.d), one(query.Val(7).As("x"))).
				OrderBy(query.ByColumn("d", false))); fmt.Sprint(got) != "[2.50 7.00]" {
			t.Errorf("a decimal and a whole number: %v", got)
		}
		rows("NULL beside numbers", 2, query.Union(one(query.Null[string]().As("x")), one(query.Null[string]().As("x")), one(k.n)))
		rows("a union in a union", 1, query.Union(query.Union(one(k.day), one(k.day)), one(query.Val(k.midnight).As("x"))))
		_, err := query.All[any](t.Context(), eng,
			query.Union(query.Select(k.id, k.s).From(k.t), query.Select(k.id).From(k.t)))
		if dberr.CodeOf(err) != dberr.Invalid ||
			!strings.Contains(err.Error(), "has 1 column and the ones before it have 2") {
			t.Errorf("two columns and one: %v", err)
		}
		steps := query.WithRecursive("steps", query.Select(query.Val(int32(1)).As("i"), k.s.As("s")).From(k.t), false,
			func(self *query.CTE) query.SelectStmt {
				i := query.Field[int64]("steps", "i")
				return query.Select(i.Plus(1).As("i"), query.Replace(query.Field[string]("steps", "s"), "a", "b").As("s")).
					FromItem(self).Where(i.Lt(3))
			})
		if got := all[int64](t, eng,
			query.Select(query.Field[int64]("steps", "i")).With(steps).FromItem(steps).
				OrderBy(query.Field[int64]("steps", "i"))); len(got) != 3 {
			t.Errorf("a recursive query over wider numbers and texts: %v", got)
		}
	})
}

func columnName(c query.AnyColumn) string { return c.(interface{ Name() string }).Name() }

func TestFunctionsOfValues(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		k := newKinds(t, eng)
		check := func(what, want string, e query.Selectable) {
			t.Helper()
			got, err := query.All[string](t.Context(), eng, query.Select(e).From(k.t))
			if err != nil || len(got) != 1 || got[0] != want {
				t.Errorf("%s: %v, want %s (%v %v)", what, got, want, err, unwrapped(err))
			}
		}
		two := query.Val(2)
		call := func(name string, args ...driver.Expr) query.Expr[string] {
			return query.Func[string](name, args...).As("x")
		}
		check("substr", "bc", call("SUBSTR", k.s, two))
		check("substr of two", "b", call("substr", k.s, two, query.Val(int64(1))))
		check("substring of a value", "ello", call("SUBSTRING", query.Val("hello"), two))
		check("substr from a column", "hello", call("SUBSTR", query.Val("hello"), k.id))
		check("round a float", "1.5", call("ROUND", k.f, query.Val(1)))
		check("round a value", "1.3", call("ROUND", query.Val(1.25), query.Val(1)))
		check("power", "8", call("POWER", two, query.Val(3)))
		check("coalesce", "2", call("COALESCE", two, query.Val(3)))
		check("coalesce of texts", "a", call("COALESCE", query.Val("a"), query.Val("b")))
		check("nullif", "2", call("NULLIF", two, query.Val(3)))
		check("nullif of equal decimals", "none", query.Coalesce[string](query.Cast[string](query.Func[query.Decimal]("NULLIF", k.d, query.Val[query.Decimal]("2.5")), schema.Type{Kind: schema.Text}), query.Val("none")).As("x"))
		check("mod", "1", call("MOD", query.Val(7), two))
		check("replace", "axc", call("REPLACE", k.s, query.Val("b"), query.Val("x")))
		check("concat", "abc2", call("CONCAT", k.s, two))
		check("a raw sum of values", "3", query.Raw[string]("? + ?", 2, 1).As("x"))
		check("a raw number", "7", query.Raw[string]("?", 7).As("x"))
		check("a raw fraction beside a whole number", "1", query.Case[string]().When(query.RawCond("{n} + ? = ?", 1.5, 2147483648.5), "1").Else("0").As("x"))
		check("a raw place in a text", "bc", query.Raw[string]("SUBSTR({s}, ?)", 2).As("x"))
		check("a raw choice of values", "a", query.Raw[string]("CASE WHEN {n} > ? THEN ? ELSE ? END", 1, "a", "b").As("x"))
		check("raw NULL", "a", query.Raw[string]("CASE WHEN ? IS NULL THEN ? END", nil, "a").As("x"))
	})
}

// A date is the instant at which it begins, also where columns of the two are compared.
func TestDatesBesideInstants(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab := schema.Define("beside")
		id := query.Col[int64](tab.BigInt("id").PrimaryKey())
		day, at := query.Col[time.Time](tab.Date("day")), query.Col[time.Time](tab.DateTime("at"))
		create(t, eng, tab)
		midnight := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
		exec(t, eng, query.Insert(tab).Values(id.Set(1), day.Set(midnight), at.Set(midnight)).
			Values(id.Set(2), day.Set(midnight), at.Set(midnight.Add(time.Microsecond))))
		for what, c := range map[string]struct {
			cond query.Cond
			want []int64
		}{
			"equal":           {day.EqTo(at), []int64{1}},
			"equal, reversed": {at.EqTo(day), []int64{1}},
			"before":          {day.LtTo(at), []int64{2}},
			"after":           {at.GtTo(day), []int64{2}},
			"not after":       {day.LeTo(at), []int64{1, 2}},
			"at least":        {day.GeTo(at), []int64{1}},
		} {
			if got := all[int64](t, eng, query.Select(id).From(tab).Where(c.cond).OrderBy(id)); !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", what, got, c.want)
			}
		}
	})
}

func TestNumbersOutOfRange(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		k := newKinds(t, eng)
		want := "kinds.n: the number is out of the range of the column, which takes -2147483648 to 2147483647; widen the column (" + eng.Dialect().Engine() + ")"
		for what, st := range map[string]query.Statement{
			"insert": query.Insert(k.t).Values(k.id.Set(2), k.n.Set(1<<31)), "update": query.Update(k.t).Set(k.n.Set(-1<<31 - 1)).Where(k.id.Eq(1)),
			"map": query.Insert(k.t).Map(map[string]any{"id": 2, "n": 1 << 40}), "unsigned": query.Insert(k.t).Map(map[string]any{"id": 2, "n": uint64(1 << 63)}),
		} {
			if _, err := query.Exec(t.Context(), eng, st); err == nil || err.Error() != want {
				t.Errorf("%s: %v\nwant %s", what, err, want)
			}
		}
		for what, a := range map[string]query.Assignment{"a calculation": k.n.SetTo(k.n.Plus(1)),
			"of 64 bits": k.id.SetTo(k.id.Plus(1<<63 - 1))} {
			_, err := query.Exec(t.Context(), eng, query.Update(k.t).Set(a).AllRows())
			if dberr.CodeOf(err) != dberr.TooLarge ||
				!strings.Contains(err.Error(), "a number is out of the range of its column; widen the column") {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}
