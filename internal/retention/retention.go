package retention

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// period is a stretch of the calendar; of the backups in it the last one counts.
type period struct {
	unit string
	of   func(time.Time) string // names the one that a moment is in
}

// periods are the units that a plan can have, the shortest first. Weeks begin on
// Monday, as in ISO 8601.
func periods() []period {
	layout := func(s string) func(time.Time) string { return func(t time.Time) string { return t.Format(s) } }
	return []period{
		{"h", layout("2006-01-02 15")},
		{"d", layout("2006-01-02")},
		{"w", func(t time.Time) string { year, week := t.ISOWeek(); return fmt.Sprintf("%d %d", year, week) }},
		{"m", layout("2006-01")},
		{"y", layout("2006")},
	}
}

// most is more periods of one unit than anybody keeps backups of.
const most = 100_000

// Plan is of how many periods of each unit the last backup stays.
type Plan struct{ count map[string]int }

// Parse reads a plan: numbers with a unit, separated by commas, in any order.
// "7d,4w,12m" is the last backup of each of seven days, four weeks and twelve
// months. The units are h, d, w, m (months) and y. The error is one sentence
// that says what a plan looks like.
func Parse(text string) (Plan, error) {
	p := Plan{count: map[string]int{}}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		known := slices.ContainsFunc(periods(), func(x period) bool {
			number, ok := strings.CutSuffix(part, x.unit)
			n, err := strconv.Atoi(number)
			if !ok || err != nil || n < 1 || n > most || p.count[x.unit] > 0 {
				return false
			}
			p.count[x.unit] = n
			return true
		})
		if !known {
			return Plan{}, errors.New("what is kept is said by numbers of hours (h), days (d), weeks (w), months (m) and years (y), each unit once, for example 7d,4w,12m")
		}
	}
	return p, nil
}

// Stays says of each backup, by when it was made, whether it stays; the times
// may have any order. For each unit of the plan that is the last backup of each
// of its periods, of as many periods with a backup as the plan says, counted
// back from the newest: days on which none was made do not use up the plan. The
// newest backup always stays. Periods are those of UTC.
func (p Plan) Stays(made []time.Time) []bool {
	order := make([]int, len(made))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return made[b].Compare(made[a]) })
	stays := make([]bool, len(made))
	if len(order) > 0 {
		stays[order[0]] = true
	}
	for _, x := range periods() {
		left, last := p.count[x.unit], ""
		for _, i := range order {
			if this := x.of(made[i].UTC()); left > 0 && this != last {
				stays[i], last = true, this
				left--
			}
		}
	}
	return stays
}
