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

// calls is a table of values for functions to work on.
type calls struct {
	t     *schema.Table
	id    query.Column[int64]
	word  query.Column[string]
	kind  query.Column[string]
	x     query.Column[float64]
	d     query.Column[query.Decimal]
	at    query.Column[time.Time]
	zoned query.Column[time.Time]
	day   query.Column[time.Time]
	on    query.Column[bool]
}

var callRows = []struct {
	word string
	kind string
	x    float64
	d    query.Decimal
	at   time.Time
}{
	{"Größe €5", "a", 2.5, "2.345", time.Date(2024, 2, 29, 23, 59, 59, 999999000, time.UTC)},
	{"éa'b\"c\\d", "b", -2.5, "-2.345", time.Date(1969, 12, 31, 23, 59, 59, 500000000, time.UTC)},
	{"", "a", -0.4, "-0.400", time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)},
	{"🐍 abcabc ", "b", 1e15 + 0.5, "99999999999999.995", time.Date(1850, 5, 6, 7, 8, 9, 1000, time.UTC)},
}

func newCalls(t testing.TB, eng *engine.Engine) *calls {
	t.Helper()
	tab := schema.Define("calls")
	c := &calls{t: tab, id: query.Col[int64](tab.BigInt("id").PrimaryKey()), word: query.Col[string](tab.Text("word").Null()),
		kind: query.Col[string](tab.Enum("kind", "call_kind", "a", "b")), x: query.Col[float64](tab.Float("x").Null()),
		d: query.Col[query.Decimal](tab.Numeric("d", 20, 3).Null()), at: query.Col[time.Time](tab.DateTime("at").Null()),
		zoned: query.Col[time.Time](tab.DateTimeTZ("zoned").Null()), day: query.Col[time.Time](tab.Date("day").Null()), on: query.Col[bool](tab.Boolean("on").Null())}
	create(t, eng, tab)
	for i, r := range callRows {
		exec(t, eng, query.Insert(tab).
			Values(c.id.Set(int64(i)), c.word.Set(r.word), c.kind.Set(r.kind), c.x.Set(r.x), c.d.Set(r.d),
				c.at.Set(r.at), c.zoned.Set(r.at), c.day.Set(r.at), c.on.Set(i%2 == 0)))
	}
	exec(t, eng, query.Insert(tab).Values(c.id.Set(9), c.kind.Set("a"))) // NULL in gives NULL out
	return c
}

// TestCalls: each function gives the same on every engine, row by row.
func TestCalls(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		c := newCalls(t, eng)
		check := func(want string, e query.Selectable) {
			t.Helper()
			rows, err := query.All[map[string]any](t.Context(), eng, query.Select(e).From(c.t).OrderBy(c.id))
			if err != nil {
				t.Errorf("%v (%v), want %s", err, unwrapped(err), want)
				return
			}
			var got []string
			for _, r := range rows {
				v := r["v"]
				if at, ok := v.(time.Time); ok {
					v = at.Format("2006-01-02 15:04:05.999999")
				}
				got = append(got, fmt.Sprint(v))
			}
			if s := strings.Join(got, "|"); s != want {
				t.Errorf("got  %s\nwant %s", s, want)
			}
		}
		check("GRÖ\u1e9eE €5|ÉA'B\"C\\D||🐍 ABCABC |<nil>", query.Upper(query.Replace(c.word, "ß", "\u1e9e")).As("v"))
		check("A|B|A|B|A", query.Upper(c.kind).As("v"))
		check("größe €5|éa'b\"c\\d||🐍 abcabc |<nil>", query.Lower(c.word).As("v"))
		check("Größe €5|éa'b\"c\\d||🐍 abcabc|<nil>", query.Trim(c.word).As("v"))
		check("8|8|0|9|<nil>", query.Length(c.word).As("v"))
		check("röß|a'b||🐍 a|<nil>", query.Case[string]().WhenTo(c.id.Lt(3), query.Substr(c.word, 2, 3)).ElseTo(query.Substr(c.word, 1, 3)).As("v"))
		check("||||<nil>", query.Substr(c.word, 100, 3).As("v"))
		check("Größe €5|éa'b\"c\\d||🐍 -abc-abc |<nil>", query.Replace(c.word, "abc", "-abc").As("v"))
		check("Größe €5|éa'b\"c\\d||🐍 abcabc |<nil>", query.Replace(c.word, "ABC", "x").As("v"))
		check("Größe €5|éa'b\"c\\d||🐍 abcabc |<nil>", query.Replace(c.word, "", "x").As("v"))
		check("2|-3|-1|1e+15|<nil>", query.Floor(c.x).As("v"))
		check("3|-2|0|1.000000000000001e+15|<nil>", query.Ceil(c.x).As("v"))
		check("3|-3|0|1.000000000000001e+15|<nil>", query.Round(c.x, 0).As("v"))
		check("2.5|2.5|0.4|1.0000000000000005e+15|<nil>", query.Abs(c.x).As("v"))
		check("2|-3|-1|99999999999999|<nil>", query.Floor(c.d).As("v"))
		check("3|-2|0|100000000000000|<nil>", query.Ceil(c.d).As("v"))
		check("2.35|-2.35|-0.40|100000000000000.00|<nil>", query.Round(c.d, 2).As("v"))
		check("2.345|2.345|0.400|99999999999999.995|<nil>", query.Abs(c.d).As("v"))
		check("0|1|2|0|0", query.Mod(c.id, query.Val[int64](3)).As("v"))
		check("<nil>|<nil>|<nil>|<nil>|<nil>", query.Mod(c.id, query.Val[int64](0)).As("v"))
		check("0|-1|-2|-3|-1", query.Mod(query.Sub(query.Val[int64](0), c.id), query.Val[int64](4)).As("v"))
		for _, col := range []query.Column[time.Time]{c.at, c.zoned} {
			check("2024|1969|2026|1850|<nil>", query.Part(query.Year, col).As("v"))
			check("1|4|4|2|<nil>", query.Part(query.Quarter, col).As("v"))
			check("2|12|11|5|<nil>", query.Part(query.Month, col).As("v"))
			check("29|31|1|6|<nil>", query.Part(query.Day, col).As("v"))
			check("23|23|0|7|<nil>", query.Part(query.Hour, col).As("v"))
			check("59|59|0|8|<nil>", query.Part(query.Minute, col).As("v"))
			check("59|59|0|9|<nil>", query.Part(query.Second, col).As("v"))
			check("4|3|7|1|<nil>", query.Part(query.WeekDay, col).As("v"))
			check("60|365|305|126|<nil>", query.Part(query.YearDay, col).As("v"))
			check("2024-01-01 00:00:00|1969-01-01 00:00:00|2026-01-01 00:00:00|1850-01-01 00:00:00|<nil>", query.Trunc(query.Year, col).As("v"))
			check("2024-01-01 00:00:00|1969-10-01 00:00:00|2026-10-01 00:00:00|1850-04-01 00:00:00|<nil>", query.Trunc(query.Quarter, col).As("v"))
			check("2024-02-01 00:00:00|1969-12-01 00:00:00|2026-11-01 00:00:00|1850-05-01 00:00:00|<nil>", query.Trunc(query.Month, col).As("v"))
			check("2024-02-26 00:00:00|1969-12-29 00:00:00|2026-10-26 00:00:00|1850-05-06 00:00:00|<nil>", query.Trunc(query.Week, col).As("v"))
			check("2024-02-29 00:00:00|1969-12-31 00:00:00|2026-11-01 00:00:00|1850-05-06 00:00:00|<nil>", query.Trunc(query.Day, col).As("v"))
			check("2024-02-29 23:00:00|1969-12-31 23:00:00|2026-11-01 00:00:00|1850-05-06 07:00:00|<nil>", query.Trunc(query.Hour, col).As("v"))
			check("2024-02-29 23:59:00|1969-12-31 23:59:00|2026-11-01 00:00:00|1850-05-06 07:08:00|<nil>", query.Trunc(query.Minute, col).As("v"))
			check("2024-02-29 23:59:59|1969-12-31 23:59:59|2026-11-01 00:00:00|1850-05-06 07:08:09|<nil>", query.Trunc(query.Second, col).As("v"))
			check(fmt.Sprintf("1709251199|-1|1793491200|%d|<nil>", callRows[3].at.Unix()), query.Epoch(col).As("v"))
		}
		check("2|12|11|5|<nil>", query.Part(query.Month, c.day).As("v"))
		check("0|0|0|0|<nil>", query.Part(query.Hour, c.day).As("v"))
		check("2024-02-29 00:00:00|1969-12-31 00:00:00|2026-11-01 00:00:00|1850-05-06 00:00:00|<nil>", query.Trunc(query.Hour, c.day).As("v"))
		check("1970-01-01 00:00:00|1970-01-01 00:00:01|1970-01-01 00:00:02|1970-01-01 00:00:03|1970-01-01 00:00:09", query.FromEpoch(c.id).As("v"))
		check("1850-05-06 07:08:09|1850-05-06 07:08:09|1850-05-06 07:08:09|1850-05-06 07:08:09|1850-05-06 07:08:09", query.FromEpoch(query.Val(callRows[3].at.Unix())).As("v"))
		again := query.Select(c.id).From(c.t).Where(query.Trunc(query.Second, c.at).EqTo(query.FromEpoch(query.Epoch(c.at))))
		if n, err := query.Count(t.Context(), eng, again); err != nil || n != 4 {
			t.Errorf("there and back: %d (%v)", n, err)
		}
		for _, bad := range []query.Expr[string]{query.Substr(c.word, 0, 1), query.Substr(c.word, 1, -1)} {
			if _, err := query.All[string](t.Context(), eng, query.Select(bad.As("v")).
				From(c.t)); dberr.CodeOf(err) != dberr.Invalid {
				t.Errorf("a place that is none: %v", err)
			}
		}
	})
}

func TestAggregatesOfTexts(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		c := newCalls(t, eng)
		check := func(want string, sel query.SelectStmt) {
			t.Helper()
			rows, err := query.All[map[string]any](t.Context(), eng, sel)
			if err != nil {
				t.Errorf("%v (%v), want %s", err, unwrapped(err), want)
				return
			}
			got := ""
			for _, r := range rows {
				got += fmt.Sprint(r["v"]) + ";"
			}
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
		from := func(e query.Selectable) query.SelectStmt { return query.Select(e).From(c.t) }
		check("🐍 abcabc ' \\ '' \\ 'éa'b\"c\\d' \\ 'Größe €5;", from(query.JoinText(c.word, "' \\ '", c.id.Desc()).As("v")))
		check("b,b,a,a,a;", from(query.JoinText(c.kind, ",", c.kind.Desc()).As("v")))
		check("|Größe €5;🐍 abcabc |éa'b\"c\\d;", from(query.JoinText(c.word, "|", c.id.Desc()).As("v")).GroupBy(c.kind).OrderBy(c.kind))
		check("<nil>;", from(query.JoinText(c.word, "|").As("v")).Where(c.id.Eq(9)))
		check("<nil>;", from(query.JSONArray(c.word).As("v")).Where(c.id.Eq(-1)))
		check(`["Größe €5","éa'b\"c\\d","","🐍 abcabc ",null];`, from(query.JSONArray(c.word, c.id).As("v")))
		check("[9,3,2,1,0];", from(query.JSONArray(c.id, c.id.Desc()).As("v")))
		check("[true,false,true,false,null];", from(query.JSONArray(c.on, c.id).As("v")))
		check(`["a","b"];`, from(query.JSONArray(c.kind, c.id).As("v")).Where(c.id.Le(1)))
		check("2;", from(query.Filter(query.CountAll(), c.on.Eq(true)).As("v")))
		check("-2.745;", from(query.Filter(query.Sum(c.d), c.d.Lt("0")).As("v")))
		check("Größe €5/;", from(query.Filter(query.JoinText(c.word, "/", c.id), c.on.Eq(true)).As("v")))
		check("3;", from(query.Filter(query.Max(c.id), c.id.Lt(9)).As("v")))
		check("0;1;1;2;2;", query.Select(c.id, query.Over(query.Filter(query.CountAll(), c.on.Eq(false))).OrderBy(c.id).As("v")).From(c.t).OrderBy(c.id))
		if _, err := query.All[int64](t.Context(), eng, from(query.Filter(query.Length(c.word), c.on.Eq(true)).
			As("v"))); dberr.CodeOf(err) != dberr.Invalid {
			t.Errorf("a filter of what is no aggregate: %v", err)
		}

		// What engines cut unless they are told not to.
		long := strings.Repeat("x", 5000)
		exec(t, eng, query.Update(c.t).Set(c.word.Set(long)).AllRows())
		got, err := query.Value[string](t.Context(), eng, from(query.JoinText(c.word, "-").As("v")))
		if err != nil || len(*got) != 5*len(long)+4 {
			t.Errorf("%d bytes (%v)", len(*got), err)
		}
	})
}
