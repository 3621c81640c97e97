package mysql

import (
	"strconv"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// Rounded of floats is calculated as on other engines: what ROUND does with
// halves of a double depends on the server's platform.
func (Dialect) Rounded(b *driver.Builder, how driver.Rounding, e driver.Typed, digits int) {
	driver.WriteRounded(b, how, e, digits, "1e"+strconv.Itoa(digits))
}

var partNames = map[driver.TimeUnit]string{
	driver.Year: "YEAR", driver.Quarter: "QUARTER", driver.Month: "MONTH", driver.Day: "DAYOFMONTH",
	driver.Hour: "HOUR", driver.Minute: "MINUTE", driver.Second: "SECOND", driver.WeekDay: "1 + WEEKDAY", driver.YearDay: "DAYOFYEAR",
}

// TimePart has a function for each part.
func (Dialect) TimePart(b *driver.Builder, unit driver.TimeUnit, e driver.Typed) {
	b.SQL("(" + partNames[unit] + "(").Expr(e).SQL("))")
}

var beginnings = map[driver.TimeUnit]string{
	driver.Year: "%Y-01-01", driver.Month: "%Y-%m-01", driver.Day: "%Y-%m-%d", driver.Hour: "%Y-%m-%d %H:00:00",
	driver.Minute: "%Y-%m-%d %H:%i:00", driver.Second: "%Y-%m-%d %H:%i:%s",
}

// Truncated spells the instant without its smaller parts.
func (Dialect) Truncated(b *driver.Builder, unit driver.TimeUnit, e driver.Typed) {
	switch unit {
	case driver.Quarter:
		b.SQL("CAST(MAKEDATE(YEAR(").Expr(e).SQL("), 1) + INTERVAL (QUARTER(").Expr(e).SQL(") - 1) QUARTER AS DATETIME(6))")
	case driver.Week:
		b.SQL("CAST(DATE(").Expr(e).SQL(") - INTERVAL WEEKDAY(").Expr(e).SQL(") DAY AS DATETIME(6))")
	default:
		b.SQL("CAST(DATE_FORMAT(").Expr(e).SQL(", '" + beginnings[unit] + "') AS DATETIME(6))")
	}
}

// Epoch leaves the fraction out, which would be cut towards zero.
func (Dialect) Epoch(b *driver.Builder, e driver.Typed) {
	b.SQL("TIMESTAMPDIFF(SECOND, '1970-01-01 00:00:00', CAST(DATE_FORMAT(").Expr(e).
		SQL(", '" + beginnings[driver.Second] + "') AS DATETIME))")
}

// FromEpoch adds to an instant; FROM_UNIXTIME knows none before 1970.
func (Dialect) FromEpoch(b *driver.Builder, seconds driver.Expr) {
	b.SQL("TIMESTAMPADD(SECOND, ").Expr(seconds).SQL(", CAST('1970-01-01' AS DATETIME(6)))")
}

// Shifted adds to an instant.
func (Dialect) Shifted(b *driver.Builder, e driver.Typed, micros driver.Expr) {
	b.SQL("TIMESTAMPADD(MICROSECOND, ").Expr(micros).SQL(", CAST(").Expr(e).SQL(" AS DATETIME(6)))")
}

// TextAgg is GROUP_CONCAT, whose length the session does not limit.
func (d Dialect) TextAgg(b *driver.Builder, e driver.Expr, separator string, order func()) {
	b.SQL("GROUP_CONCAT(").Expr(e)
	if order != nil {
		b.SQL(" ORDER BY ")
		order()
	}
	b.SQL(" SEPARATOR ").String(separator).SQL(")")
}

// JSONString is JSON_QUOTE, which has a collation of its own.
func (d Dialect) JSONString(b *driver.Builder, e driver.Expr) {
	b.SQL("(JSON_QUOTE(").Expr(e).SQL(")")
	d.collate(b)
	b.SQL(")")
}

// Upper is UPPER, under the collation by which texts compare.
func (d Dialect) Upper(b *driver.Builder, e driver.Expr) {
	b.SQL("(UPPER(").Expr(e).SQL(")")
	d.collate(b)
	b.SQL(")")
}

// Call writes the call as it is.
func (Dialect) Call(b *driver.Builder, name string, args []driver.Expr) {
	driver.WriteCall(b, name, args)
}

// Written binds the value, which has a type of its own.
func (Dialect) Written(b *driver.Builder, ty schema.Type, x any) { b.Encoded(ty, x) }
