package sqlite

import (
	"strings"
	"time"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/value"
	"github.com/larder-db/larder/schema"
)

// SQLite has no type for instants. They are text, spelled as SQLAlchemy spells
// them, so that both read it, and so that the order of texts is the order of
// times. CURRENT_TIMESTAMP leaves the second's fraction out; tables that were
// not made here have it as a default. Such a text is less than the same instant
// with a fraction and greater than whatever was before, which is what
// conditions over a bound instant go by, so that they can use an index.
const (
	dateLayout     = time.DateOnly
	dateTimeLayout = driver.DateTimeLayout

	nowInstant = "strftime('%Y-%m-%d %H:%M:%f000', 'now')" // in the same layout, to the millisecond
	nowDate    = "CURRENT_DATE"
	noFraction = ".000000"
)

// now is the default of a column that takes the time of the insert.
func now(c *schema.Column) string {
	switch c.Default.Expr {
	case schema.NowSeconds:
		return string(schema.Now)
	case schema.Now:
	default:
		return ""
	}
	switch c.Type.Kind {
	case schema.DateTime:
		return "(" + nowInstant + ")"
	case schema.Date:
		return nowDate
	}
	return string(schema.Now)
}

// isNow reports whether the text of a default is what now has written.
func isNow(c *schema.Column, text string) bool {
	switch c.Type.Kind {
	case schema.DateTime:
		return strings.ReplaceAll(text, " ", "") == strings.ReplaceAll(nowInstant, " ", "")
	case schema.Date:
		return strings.EqualFold(text, nowDate)
	}
	return false
}

func textTime(ty schema.Type, v any) any {
	t, ok := v.(time.Time)
	if !ok {
		return v
	}
	if ty.Kind == schema.Date {
		return t.Format(dateLayout)
	}
	return t.Format(dateTimeLayout)
}

// boundTime is a time that was bound as it is, by whoever writes SQL by hand;
// drivers would spell it in their own ways.
func boundTime(t time.Time) string { return t.UTC().Format(dateTimeLayout) }

// instant is the text of an instant as it is spelled here; a text that is none
// stays as it is.
func instant(s string) string {
	if len(s) == len(dateTimeLayout) && s[10] == ' ' && s[19] == '.' {
		return s
	}
	if t, ok := value.ParseInstant(s); ok {
		return t.Format(dateTimeLayout)
	}
	return s
}

// castTime converts what is a time, or becomes one, of two different kinds; false
// where neither is.
func castTime(b *driver.Builder, e driver.Expr, from, to schema.Kind) bool {
	switch {
	case from == schema.DateTime && (to.IsText() || to == schema.Enum):
		b.SQL("larder_instant(").Expr(e).SQL(")")
	case from == schema.DateTime && to == schema.Date:
		part(b, e, 1, len(dateLayout))
	case from == schema.DateTime && to == schema.Time:
		part(b, e, len(dateLayout)+2, len(driver.TimeLayout))
	case from == schema.Date && to == schema.DateTime:
		b.SQL("larder_instant(").Expr(e).SQL(")")
	default:
		return false
	}
	return true
}

// short writes v without a fraction that is zero.
func short(b *driver.Builder, v driver.Expr) {
	b.SQL("replace(").Expr(v).SQL(", '" + noFraction + "', '')")
}

// CompareInstant takes the spelling without a fraction for the same instant.
func (d Dialect) CompareInstant(b *driver.Builder, e driver.Expr, op string, v driver.Expr) {
	switch op {
	case "=", "<>":
		d.InstantIn(b, e, []driver.Expr{v}, op == "<>")
	case ">=", "<":
		b.Expr(e).SQL(" " + op + " ")
		short(b, v)
	default:
		b.Expr(e).SQL(" " + op + " ").Expr(v)
	}
}

// InstantIn lists each value in both spellings.
func (Dialect) InstantIn(b *driver.Builder, e driver.Expr, values []driver.Expr, not bool) {
	both := make([]driver.Expr, 0, 2*len(values))
	for _, v := range values {
		both = append(both, v, driver.ExprFunc(func(b *driver.Builder) { short(b, v) }))
	}
	driver.WriteIn(b, e, both, not)
}
