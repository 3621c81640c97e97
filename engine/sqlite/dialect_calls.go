package sqlite

import (
	sqldriver "database/sql/driver"
	"math"
	"math/big"
	"strconv"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// roundingFunctions are scalar; NULL in gives NULL out. Floats are rounded in
// Go, because not every build of SQLite has functions of mathematics.
func roundingFunctions() []scalarFunction {
	return []scalarFunction{
		{"larder_round", 3, func(args []sqldriver.Value) (sqldriver.Value, error) {
			var x float64
			switch v := args[0].(type) {
			case float64:
				x = v
			case int64:
				x = float64(v)
			default:
				return nil, nil
			}
			how, _ := args[1].(int64)
			digits, _ := args[2].(int64)
			p := math.Pow10(int(digits))
			switch driver.Rounding(how) {
			case driver.Down:
				x = math.Floor(x*p) / p
			case driver.Up:
				x = math.Ceil(x*p) / p
			default:
				x = math.Copysign(math.Floor(math.Abs(x)*p+0.5)/p, x)
			}
			return x + 0, nil
		}},
		{"larder_decimal_round", 3, texts(func(a []string) (sqldriver.Value, error) {
			x, err := parseDecimal(a[0])
			if err != nil {
				return nil, err
			}
			how, _ := strconv.Atoi(a[1])
			digits, _ := strconv.Atoi(a[2])
			return x.rounded(driver.Rounding(how), digits).stored(), nil
		})},
	}
}

// rounded is d with at most so many digits behind the point.
func (d decimal) rounded(how driver.Rounding, digits int) decimal {
	if d.scale <= digits {
		return d
	}
	if how == driver.Nearest {
		return d.quo(decimal{big.NewInt(1), 0}, digits)
	}
	n, rest := new(big.Int).QuoRem(d.n, power(d.scale-digits), new(big.Int))
	if how == driver.Down && rest.Sign() < 0 {
		n.Sub(n, big.NewInt(1))
	}
	if how == driver.Up && rest.Sign() > 0 {
		n.Add(n, big.NewInt(1))
	}
	return decimal{n, digits}
}

// Rounded calls what is written in Go.
func (Dialect) Rounded(b *driver.Builder, how driver.Rounding, e driver.Typed, digits int) {
	name := "larder_round("
	if e.SQLType().Kind == schema.Numeric {
		name = "larder_decimal_round("
	}
	b.SQL(name).Expr(e).SQL(", " + strconv.Itoa(int(how)) + ", " + strconv.Itoa(digits) + ")")
}

// places is where the parts of an instant stand in its text.
var places = map[driver.TimeUnit][2]int{
	driver.Year: {1, 4}, driver.Month: {6, 2}, driver.Day: {9, 2}, driver.Hour: {12, 2}, driver.Minute: {15,
		2}, driver.Second: {18, 2},
}

// part writes a piece of the text of an instant: strftime would round its fraction.
func part(b *driver.Builder, e driver.Expr, from, length int) {
	b.SQL("substr(larder_instant(").Expr(e).SQL("), " + strconv.Itoa(from) + ", " + strconv.Itoa(length) + ")")
}

// TimePart reads the text.
func (Dialect) TimePart(b *driver.Builder, unit driver.TimeUnit, e driver.Typed) {
	switch unit {
	case driver.Quarter:
		b.SQL("((CAST(")
		part(b, e, 6, 2)
		b.SQL(" AS INTEGER) + 2) / 3)")
	case driver.WeekDay:
		b.SQL("((CAST(strftime('%w', ")
		part(b, e, 1, 10)
		b.SQL(") AS INTEGER) + 6) % 7 + 1)")
	case driver.YearDay:
		b.SQL("CAST(strftime('%j', ")
		part(b, e, 1, 10)
		b.SQL(") AS INTEGER)")
	default:
		b.SQL("CAST(")
		part(b, e, places[unit][0], places[unit][1])
		b.SQL(" AS INTEGER)")
	}
}

// restOf is the text of an instant behind a unit that has just begun.
var restOf = map[driver.TimeUnit]string{
	driver.Year: "-01-01 00:00:00.000000", driver.Month: "-01 00:00:00.000000", driver.Day: " 00:00:00.000000",
	driver.Hour: ":00:00.000000", driver.Minute: ":00.000000", driver.Second: ".000000",
}

// Truncated puts such a text behind what stays.
func (Dialect) Truncated(b *driver.Builder, unit driver.TimeUnit, e driver.Typed) {
	switch unit {
	case driver.Quarter:
		b.SQL("(")
		part(b, e, 1, 5)
		b.SQL(" || substr('01040710', (CAST(")
		part(b, e, 6, 2)
		b.SQL(" AS INTEGER) - 1) / 3 * 2 + 1, 2) || '" + restOf[driver.Month] + "')")
	case driver.Week:
		b.SQL("(strftime('%Y-%m-%d', ")
		part(b, e, 1, 10)
		b.SQL(", 'weekday 0', '-6 days') || '" + restOf[driver.Day] + "')")
	default:
		b.SQL("(")
		switch unit {
		case driver.Hour, driver.Minute, driver.Second:
			// A date has none.
			b.SQL("substr(")
			part(b, e, 1, 19)
			b.SQL(" || ' 00:00:00', 1, " + strconv.Itoa(places[unit][0]+places[unit][1]-1) + ")")
		default:
			part(b, e, 1, places[unit][0]+places[unit][1]-1)
		}
		b.SQL(" || '" + restOf[unit] + "')")
	}
}

// Epoch leaves the fraction out, which strftime would round.
func (Dialect) Epoch(b *driver.Builder, e driver.Typed) {
	b.SQL("CAST(strftime('%s', ")
	part(b, e, 1, 19)
	b.SQL(") AS INTEGER)")
}

// FromEpoch writes the text.
func (Dialect) FromEpoch(b *driver.Builder, seconds driver.Expr) {
	b.SQL("strftime('%Y-%m-%d %H:%M:%S.000000', ").Expr(seconds).SQL(", 'unixepoch')")
}

// Shifted calls what is written in Go: strftime goes to the millisecond.
func (Dialect) Shifted(b *driver.Builder, e driver.Typed, micros driver.Expr) {
	b.SQL("larder_shift(").Expr(e).SQL(", ").Expr(micros).SQL(")")
}

// TextAgg is group_concat.
func (d Dialect) TextAgg(b *driver.Builder, e driver.Expr, separator string, order func()) {
	b.SQL("group_concat(").Expr(e).SQL(", ").Arg(separator)
	if order != nil {
		b.SQL(" ORDER BY ")
		order()
	}
	b.SQL(")")
}

// JSONString is json_quote, which makes a null of NULL.
func (Dialect) JSONString(b *driver.Builder, e driver.Expr) {
	b.SQL("CASE WHEN ").Expr(e).SQL(" IS NOT NULL THEN json_quote(CAST(").Expr(e).SQL(" AS TEXT)) END")
}

// Upper is not upper, which knows ASCII only.
func (Dialect) Upper(b *driver.Builder, e driver.Expr) { b.SQL("larder_upper(").Expr(e).SQL(")") }

// Call writes the call as it is.
func (Dialect) Call(b *driver.Builder, name string, args []driver.Expr) {
	driver.WriteCall(b, name, args)
}

// Written binds the value, which has a type of its own.
func (Dialect) Written(b *driver.Builder, ty schema.Type, x any) { b.Encoded(ty, x) }
