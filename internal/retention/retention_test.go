package retention_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/larder-db/larder/internal/retention"
)

func TestWhatIsNoPlan(t *testing.T) {
	for _, text := range []string{"", " ", "7", "d", "7d,", ",7d", "0d", "-1d", "7d,7d", "7 days", "7D", "1.5d", "100001d",
		"99999999999999999999d", "7d;4w"} {
		if _, err := retention.Parse(text); err == nil || !strings.Contains(err.Error(), "7d,4w,12m") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestStays(t *testing.T) {
	for _, c := range []struct {
		plan string
		made string // newest last
		want string
	}{
		{"1d", "", ""},
		{"1y", "2026-11-28T10", "2026-11-28T10"},
		{"2d", "2026-11-26T10 2026-11-27T09 2026-11-27T10 2026-11-28T09 2026-11-28T10", "2026-11-27T10 2026-11-28T10"},
		{"2d", "2025-01-01T10 2026-11-28T10", "2025-01-01T10 2026-11-28T10"},                                                              // days without a backup do not count
		{"2w", "2026-11-15T10 2026-11-16T10 2026-11-22T10 2026-11-23T10", "2026-11-22T10 2026-11-23T10"},                                  // Sunday and Monday
		{"2w", "2026-12-27T10 2026-12-31T10 2027-01-03T10 2027-01-04T10", "2027-01-03T10 2027-01-04T10"},                                  // a week over New Year
		{"2m", "2026-08-31T10 2026-09-01T10 2026-09-30T10 2026-11-28T10", "2026-09-30T10 2026-11-28T10"},                                  //
		{"2h,1y", "2024-05-05T05 2026-11-28T09 2026-11-28T10 2026-11-28T11", "2026-11-28T10 2026-11-28T11"},                               //
		{"1d,2m", "2026-09-30T10 2026-10-01T10 2026-10-31T10 2026-11-27T10 2026-11-28T10", "2026-10-31T10 2026-11-28T10"},                 //
		{" 2y , 1d ", "2023-01-01T00 2025-12-31T23 2026-01-01T00 2026-11-28T10", "2025-12-31T23 2026-11-28T10"},                           //
		{"9h", "2026-11-28T10 2026-11-28T10", "2026-11-28T10"},                                                                            // two of one hour
		{"3d", "2026-11-28T10 2026-11-27T10 2026-11-26T10 2026-11-25T10", "2026-11-28T10 2026-11-27T10 2026-11-26T10"},                    // in no order
		{"100000h", "2026-11-28T10 2026-11-27T10 2026-11-26T10 1970-01-01T00", "2026-11-28T10 2026-11-27T10 2026-11-26T10 1970-01-01T00"}, //
	} {
		plan, err := retention.Parse(c.plan)
		if err != nil {
			t.Fatal(err)
		}
		names := strings.Fields(c.made)
		var made []time.Time
		for _, n := range names {
			at, err := time.Parse("2006-01-02T15", n)
			if err != nil {
				t.Fatal(err)
			}
			made = append(made, at)
		}
		var got []string
		for i, stays := range plan.Stays(made) {
			if stays {
				got = append(got, names[i])
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s of %s: %v stay, not %s", c.plan, c.made, got, c.want)
		}
	}
}

// The periods of a time zone would be others than those in which names are
// written.
func TestPeriodsAreOfUTC(t *testing.T) {
	plan, err := retention.Parse("1d")
	if err != nil {
		t.Fatal(err)
	}
	east := time.FixedZone("east", 14*3600)
	made := []time.Time{time.Date(2026, 11, 28, 1, 0, 0, 0, east), time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)}
	if got := plan.Stays(made); !slices.Equal(got, []bool{false, true}) {
		t.Errorf("%v", got)
	}
}

// Backups that are made day after day, and thinned out each time, leave as many
// as the plan says, and what stayed once stays as long as it is the last of a
// period that is kept.
func TestThinnedOutAgainAndAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days, weeks, months := rapid.IntRange(1, 9).Draw(t, "days"), rapid.IntRange(1, 6).Draw(t, "weeks"),
			rapid.IntRange(1, 14).Draw(t, "months")
		plan, err := retention.Parse(strings.Join([]string{itoa(days) + "d", itoa(weeks) + "w", itoa(months) + "m"}, ","))
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)
		var kept []time.Time
		for range 800 {
			at = at.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "hours")) * time.Hour)
			kept = append(kept, at)
			stays := plan.Stays(kept)
			i := -1
			kept = slices.DeleteFunc(kept, func(time.Time) bool { i++; return !stays[i] })
			if len(kept) > days+weeks+months {
				t.Fatalf("%d stay of %d days, %d weeks and %d months", len(kept), days, weeks, months)
			}
		}
		has := map[string]bool{}
		for _, k := range kept {
			has[k.Format("2006-01")] = true
		}
		if len(has) < min(months, 5) {
			t.Fatalf("%d months are there of %d: %v", len(has), months, kept)
		}
	})
}

func itoa(n int) string { return string(rune('0'+n/10)) + string(rune('0'+n%10)) }
