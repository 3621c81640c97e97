package query_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// An instant and a duration make another instant, on every engine the same.
func TestShift(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab := schema.Define("job")
		id := query.Col[int64](tab.BigInt("id").PrimaryKey())
		at := query.Col[time.Time](tab.DateTime("at").Null())
		day := query.Col[time.Time](tab.Date("day").Null())
		n := query.Col[int64](tab.BigInt("n").Null())
		narrow := query.Col[int64](tab.SmallInt("narrow"))
		create(t, eng, tab)
		moments := []time.Time{
			time.Date(2024, 2, 28, 23, 59, 59, 999999000, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 500000000, time.UTC),
			time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC),
		}
		for i, m := range moments {
			exec(t, eng, query.Insert(tab).
				Values(id.Set(int64(i)), at.Set(m), day.Set(m), n.Set(int64(i-1)), narrow.Set(int64(i))))
		}
		exec(t, eng, query.Insert(tab).Values(id.Set(9), narrow.Set(9)))
		inYears := func(v time.Time) bool { return v.Year() >= 1 && v.Year() <= 9999 }
		shown := func(v *time.Time) string {
			if v == nil {
				return "NULL"
			}
			return v.Format(time.RFC3339Nano)
		}
		check := func(what string, e query.Expr[time.Time], want func(i int, m time.Time) *time.Time) {
			t.Helper()
			got := all[*time.Time](t, eng, query.Select(e.As("v")).From(tab).OrderBy(id))
			for i, m := range append(moments, time.Time{}) {
				var w *time.Time
				if i < len(moments) {
					if w = want(i, m); w != nil && !inYears(*w) {
						w = nil
					}
				}
				if shown(got[i]) != shown(w) {
					t.Errorf("%s, row %d: got %s, want %s", what, i, shown(got[i]), shown(w))
				}
			}
		}
		of := func(v time.Time) *time.Time { return &v }
		midnight := func(m time.Time) time.Time { return m.Truncate(24 * time.Hour) }
		for _, d := range []time.Duration{0, time.Microsecond, -time.Microsecond, 1500 * time.Millisecond, -time.Hour,
			24 * time.Hour, 999, -999, math.MaxInt64, math.MinInt64, -36 * time.Hour} {
			cut := d.Truncate(time.Microsecond)
			check(fmt.Sprint("instant and ", d), query.Shift(at, d), func(_ int, m time.Time) *time.Time { return of(m.Add(cut)) })
			check(fmt.Sprint("date and ", d), query.Shift(day, d), func(_ int, m time.Time) *time.Time { return of(midnight(m).Add(cut)) })
		}
		for unit, length := range map[query.TimeUnit]time.Duration{query.Week: 7 * 24 * time.Hour, query.Day: 24 * time.Hour,
			query.Hour: time.Hour, query.Minute: time.Minute, query.Second: time.Second} {
			check(fmt.Sprint("n of ", unit), query.ShiftBy(at, n, unit), func(i int, m time.Time) *time.Time { return of(m.Add(time.Duration(i-1) * length)) })
			check(fmt.Sprint("calculated n of ", unit), query.ShiftBy(day, query.Add[int64](narrow, n), unit), func(i int, m time.Time) *time.Time {
				return of(midnight(m).Add(time.Duration(2*i-1) * length))
			})
			for _, many := range []int64{math.MaxInt64, math.MinInt64} {
				check(fmt.Sprint(many, " of ", unit), query.ShiftBy(at, query.Val(many), unit),
					func(int, time.Time) *time.Time { return nil })
			}
		}
		check("years in seconds", query.ShiftBy(at, query.Val[int64](9000*365*86400), query.Second),
			func(_ int, m time.Time) *time.Time {
				v := time.Unix(m.Unix()+9000*365*86400, int64(m.Nanosecond())).UTC()
				return &v
			})

		// In conditions, orders and assignments it is an instant like any other.
		due := query.Shift(at, time.Second)
		got := all[int64](t, eng,
			query.Select(id).From(tab).Where(due.Eq(moments[0].Add(time.Second)), due.GtTo(at)).OrderBy(due))
		if fmt.Sprint(got) != "[0]" {
			t.Errorf("rows %v", got)
		}
		exec(t, eng, query.Update(tab).Set(at.SetTo(due)).Where(id.Eq(1)))
		got = all[int64](t, eng, query.Select(id).From(tab).Where(at.Eq(moments[1].Add(time.Second))))
		if fmt.Sprint(got) != "[1]" {
			t.Errorf("rows %v", got)
		}
		days := all[int64](t, eng,
			query.Select(query.CountAll().As("n")).From(tab).GroupBy(query.Trunc(query.Day, query.Shift(at, time.Hour))))
		if len(days) != 4 { // two of them are NULL
			t.Errorf("%d days", len(days))
		}
		for _, unit := range []query.TimeUnit{query.Month, query.Quarter, query.Year, query.WeekDay} {
			_, err := query.All[time.Time](t.Context(), eng, query.Select(query.ShiftBy(at, n, unit).As("v")).From(tab))
			if dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), "no one length") {
				t.Errorf("by %s: %v", unit, err)
			}
		}
	})
}
