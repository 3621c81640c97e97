package query_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// A time of day is the same on every engine: kept to the microsecond, in order, and
// refused outside of a day.
func TestTimesOfDay(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab := schema.Define("shop")
		id := query.Col[int64](tab.BigInt("id").PrimaryKey())
		opens, closes := query.Col[query.TimeOfDay](tab.Time("opens").Default("08:30")),
			query.Col[query.TimeOfDay](tab.Time("closes").Null())
		short := query.Col[query.TimeOfDay](tab.Typed("short", schema.Type{Kind: schema.Time, Precision: 3}).Null())
		at := query.Col[time.Time](tab.DateTime("at").Null())
		tab.Index("ix_shop_opens", "opens")
		create(t, eng, tab)
		last := query.Clock(23, 59, 59) + query.TimeOfDay(999999*time.Microsecond)
		type row struct {
			ID     int64            `db:"id"`
			Opens  query.TimeOfDay  `db:"opens"`
			Closes *query.TimeOfDay `db:"closes"`
		}
		exec(t, eng, query.Insert(tab).Values(id.Set(1)))
		exec(t, eng, query.InsertRows(tab, []row{{ID: 2, Opens: 0, Closes: &last}, {ID: 3, Opens: query.Clock(9, 5, 7) + 1999}}))
		exec(t, eng, query.Insert(tab).Map(map[string]any{"id": 4, "opens": query.Clock(8, 30, 0) + 1000, "closes": "08:30:00.5", "short": query.Clock(1, 2, 3) + 4567000}))
		stream := slices.Values([]row{{ID: 5, Opens: query.Clock(12, 0, 0), Closes: &last}})
		if _, err := query.BulkInsert(t.Context(), eng, tab, func(yield func(row, error) bool) {
			for r := range stream {
				if !yield(r, nil) {
					return
				}
			}
		}); err != nil {
			t.Fatal(err, unwrapped(err))
		}
		exec(t, eng, query.Update(tab).Set(at.Set(time.Date(2024, 1, 2, 3, 4, 5, 6000, time.UTC))).Where(id.Eq(1)))
		var got []string
		for _, r := range all[row](t, eng, query.SelectFor[row](tab).OrderBy(id)) {
			got = append(got, fmt.Sprint(r.ID, " ", r.Opens, " ", r.Closes != nil && *r.Closes == last))
		}
		if s := strings.Join(got,
			", "); s != "1 08:30:00 false, 2 00:00:00 true, 3 09:05:07.000001 false, 4 08:30:00.000001 false, 5 12:00:00 true" {
			t.Error(s)
		}
		half := query.Clock(8, 30, 0)
		for what, c := range map[string]struct {
			cond query.Cond
			want string
		}{
			"default":  {opens.Eq(half), "[1]"},
			"greater":  {opens.Gt(half), "[3 4 5]"},
			"between":  {opens.Between(half, query.Clock(9, 0, 0)), "[1 4]"},
			"in":       {opens.In(0, half), "[1 2]"},
			"null":     {closes.IsNull(), "[1 3]"},
			"distinct": {closes.NotDistinctFrom(&last), "[2 5]"},
			"columns":  {closes.GtTo(opens), "[2 4 5]"},
			"text":     {query.Cast[string](opens, schema.Type{Kind: schema.Text}).Eq("08:30:00.000000"), "[1]"},
			"fraction": {short.Eq(query.Clock(1, 2, 3) + 4000000), "[4]"},
			"cast":     {query.Cast[query.TimeOfDay](at, schema.Type{Kind: schema.Time}).Eq(query.Clock(3, 4, 5) + 6000), "[1]"},
			"listed":   {query.Tuple(id, opens).In([]any{1, half}, []any{5, half}), "[1]"},
		} {
			if got := fmt.Sprint(all[int64](t, eng, query.Select(id).From(tab).Where(c.cond).OrderBy(id))); got != c.want {
				t.Errorf("%s: %s, want %s", what, got, c.want)
			}
		}
		if got := fmt.Sprint(all[int64](t, eng, query.Select(id).From(tab).OrderBy(opens.Desc()))); got != "[5 3 4 1 2]" {
			t.Error(got)
		}
		if got := fmt.Sprint(all[int64](t, eng,
			query.Select(id).From(tab).OrderBy(opens, id).Page(2, half, 1))); got != "[4 3]" {
			t.Error(got)
		}
		if got, err := query.One[map[string]any](t.Context(), eng,
			query.Select(query.Max(opens).As("x"), query.Min(closes).As("y"), query.CountDistinct(opens).As("n")).
				From(tab)); err != nil ||
			got["x"] != query.Clock(12, 0, 0) || got["y"] != query.Clock(8, 30, 0)+500000000 || got["n"] != int64(5) {
			t.Error(got, err)
		}
		for what, d := range map[string]query.TimeOfDay{"a day": query.Clock(24, 0, 0), "before": -1} {
			if _, err := query.Exec(t.Context(), eng, query.Update(tab).Set(opens.Set(d)).
				AllRows()); dberr.CodeOf(err) != dberr.TooLarge || !strings.Contains(err.Error(), "shop.opens") {
				t.Errorf("%s: %v", what, err)
			}
		}
		for what, x := range map[string]query.Expr[query.TimeOfDay]{"plus": opens.Plus(1), "sum": query.Sum(opens)} {
			if _, err := query.All[any](t.Context(), eng, query.Select(x.As("x")).
				From(tab)); dberr.CodeOf(err) != dberr.Invalid {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func TestTimeOfDay(t *testing.T) {
	noon := time.Date(2024, 5, 6, 12, 30, 15, 123456789, time.FixedZone("", 3600))
	d := query.ClockOf(noon)
	if s := d.String(); s != "12:30:15.123456" {
		t.Error(s)
	}
	if at := d.On(noon); !at.Equal(noon.Truncate(time.Microsecond)) {
		t.Error(at)
	}
	out, err := json.Marshal(struct{ D query.TimeOfDay }{d})
	if err != nil || string(out) != `{"D":"12:30:15.123456"}` {
		t.Error(string(out), err)
	}
	var in struct{ D query.TimeOfDay }
	if err := json.Unmarshal(out, &in); err != nil || in.D != d {
		t.Error(in, err)
	}
	for _, bad := range []string{"24:00:00", "25:00:00", "-01:00:00", "838:59:59", "x", ""} {
		if err := new(query.TimeOfDay).Scan([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
