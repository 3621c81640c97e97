package sqltext

import (
	"strings"
	"time"
)

// Types of days, times of day and instants, as PostgreSQL calls them.
const (
	Date        = "date"
	TimeOfDay   = "time without time zone"
	Instant     = "timestamp without time zone"
	ZoneInstant = "timestamp with time zone"
)

// momentTypes are the words in front of a literal that say its type.
var momentTypes = map[string]string{"DATE": Date, "TIME": TimeOfDay, "TIMESTAMP": Instant}

// uncast leaves out the type that a server adds to a literal of a day, a time of
// day or an instant because of the column that it is compared with, and spells
// the literal as the servers do.
func (p *parser) uncast(n, with *node) *node {
	literal := n
	if n.kind == nCast {
		literal = n.args[0]
	}
	if literal.kind != nString || with.kind != nName {
		return n
	}
	for c, ty := range p.r.TimeColumns {
		if with.text == Name(c) && (n.kind == nString || n.text == ty) {
			out := *literal
			out.text = moment(ty, out.text)
			return &out
		}
	}
	return n
}

// moment is a literal in the one way that servers print it: all fields down to
// the second, and the digits of its fraction that say something.
func moment(ty, s string) string {
	day, clock := "2006-01-02", []string{"15:04:05.999999", "15:04"}
	var layouts []string
	switch ty {
	case Date:
		layouts = []string{day}
	case TimeOfDay:
		layouts = clock
	case Instant:
		layouts = []string{day + " " + clock[0], day + "T" + clock[0], day + " " + clock[1], day}
	case ZoneInstant:
		return strings.TrimSuffix(s, "+00") // which is what it says without
	}
	for _, l := range layouts {
		t, err := time.Parse(l, s)
		if err != nil || t.Nanosecond()%1000 != 0 {
			continue
		}
		return t.Format(layouts[0])
	}
	return s
}
