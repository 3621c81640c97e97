package postgres

import (
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/value"
	"github.com/larder-db/larder/schema"
)

// Rounded of floats is calculated as on other engines: round(double precision)
// sends halves to the even neighbour.
func (d Dialect) Rounded(b *driver.Builder, how driver.Rounding, e driver.Typed, digits int) {
	driver.WriteRounded(b, how, e, digits, "CAST(1e"+strconv.Itoa(digits)+" AS double precision)")
}

// timestamp writes e as an instant in UTC without a zone.
func timestamp(b *driver.Builder, e driver.Typed) {
	if e.SQLType().WithZone {
		b.SQL("(").Expr(e).SQL(" AT TIME ZONE 'UTC')")
		return
	}
	b.SQL("CAST(").Expr(e).SQL(" AS timestamp)")
}

// TimePart is EXTRACT.
func (Dialect) TimePart(b *driver.Builder, unit driver.TimeUnit, e driver.Typed) {
	name := string(unit)
	switch unit {
	case driver.WeekDay:
		name = "isodow"
	case driver.YearDay:
		name = "doy"
	}
	b.SQL("CAST(FLOOR(EXTRACT(" + name + " FROM ")
	timestamp(b, e)
	b.SQL(")) AS bigint)")
}

// Truncated is date_trunc.
func (Dialect) Truncated(b *driver.Builder, unit driver.TimeUnit, e driver.Typed) {
	b.SQL("date_trunc('" + string(unit) + "', ")
	timestamp(b, e)
	b.SQL(")")
}

// Epoch is EXTRACT, of an instant without a zone that is UTC.
func (Dialect) Epoch(b *driver.Builder, e driver.Typed) {
	b.SQL("CAST(FLOOR(EXTRACT(EPOCH FROM ")
	timestamp(b, e)
	b.SQL(")) AS bigint)")
}

// FromEpoch adds to an instant without a zone.
func (d Dialect) FromEpoch(b *driver.Builder, seconds driver.Expr) {
	b.SQL("(TIMESTAMP '1970-01-01 00:00:00' + ")
	d.Cast(b, seconds, schema.Type{Kind: schema.BigInt})
	b.SQL(" * INTERVAL '1 second')")
}

// Shifted adds intervals. They are multiplied by floats, which hold the seconds and
// what is less exactly, and not both at once.
func (d Dialect) Shifted(b *driver.Builder, e driver.Typed, micros driver.Expr) {
	b.SQL("(")
	timestamp(b, e)
	b.SQL(" + ")
	d.Cast(b, micros, schema.Type{Kind: schema.BigInt})
	b.SQL(" / 1000000 * INTERVAL '1 second' + ")
	d.Cast(b, micros, schema.Type{Kind: schema.BigInt})
	b.SQL(" % 1000000 * INTERVAL '1 microsecond')")
}

// TextAgg is string_agg.
func (Dialect) TextAgg(b *driver.Builder, e driver.Expr, separator string, order func()) {
	b.SQL("string_agg(CAST(").Expr(e).SQL(" AS text), CAST(").Arg(separator).SQL(" AS text)")
	if order != nil {
		b.SQL(" ORDER BY ")
		order()
	}
	b.SQL(")")
}

// JSONString is to_json of a text.
func (Dialect) JSONString(b *driver.Builder, e driver.Expr) {
	b.SQL("CAST(to_json(CAST(").Expr(e).SQL(" AS text)) AS text)")
}

// Upper is upper with the rules of Unicode, as Lower is lower.
func (d Dialect) Upper(b *driver.Builder, e driver.Expr) {
	b.SQL("upper(").Expr(e)
	if d.icu {
		b.SQL(` COLLATE "und-x-icu"`)
	}
	b.SQL(`) COLLATE "C"`)
}

// narrow is the functions that take whole numbers of 32 bits alone, and in which places.
var narrow = map[string][]int{
	"SUBSTR": {1, 2}, "SUBSTRING": {1, 2}, "LEFT": {1}, "RIGHT": {1}, "REPEAT": {1}, "LPAD": {1}, "RPAD": {1},
	"ROUND": {1}, "TRUNC": {1}, "CHR": {0}, "SPLIT_PART": {2},
}

// Call casts whole numbers to those: nothing is cast to a narrower type by itself.
func (Dialect) Call(b *driver.Builder, name string, args []driver.Expr) {
	own := slices.Clone(args)
	for _, i := range narrow[strings.ToUpper(name)] {
		if i < len(args) && driver.TypeOf(args[i]).Kind.IsWhole() {
			own[i] = driver.ExprFunc(func(b *driver.Builder) { b.SQL("CAST(").Expr(args[i]).SQL(" AS integer)") })
		}
	}
	driver.WriteCall(b, name, own)
}

// Written casts numbers and truth values, which the server would otherwise take for
// whatever stands beside them: a fraction for a whole number. A text and an instant
// are to it what the place asks for.
func (Dialect) Written(b *driver.Builder, ty schema.Type, x any) {
	var as string
	switch v := x.(type) {
	case nil:
		b.SQL("NULL")
		return
	case bool:
		as = "boolean"
	case int64:
		as = "bigint"
		if value.FitsBits(v, 32) {
			as = "integer"
		}
	case float64:
		as = "numeric"
	default:
		b.Encoded(ty, x)
		return
	}
	b.SQL("CAST(").Encoded(ty, x).SQL(" AS " + as + ")")
}
