package query

import (
	"fmt"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/schema"
)

// Functions that have one meaning on every engine. NULL in gives NULL out.

var instantType = schema.Type{Kind: schema.DateTime}

// Upper is e in upper case, in the sense of Unicode, letter by letter.
func Upper(e Operand[string]) Expr[string] {
	return Expr[string]{ty: plainT, n: driver.ExprFunc(func(b *driver.Builder) { b.Dialect().Upper(b, asText(e)) })}
}

// Trim is e without spaces (U+0020) at its ends.
func Trim(e Operand[string]) Expr[string] {
	return Expr[string]{ty: plainT, n: call{"TRIM", []driver.Expr{asText(e)}}}
}

// Replace is e with to in place of each from, which differs from other cases of
// its letters. An empty from replaces nothing.
func Replace(e Operand[string], from, to string) Expr[string] {
	return Expr[string]{ty: plainT, n: call{"REPLACE", []driver.Expr{asText(e), Val(from), Val(to)}}}
}

// Substr is the characters of e from the one with the number from, counted from
// 1, at most length of them. A from below 1 or a negative length is refused.
func Substr(e Operand[string], from, length int) Expr[string] {
	if from < 1 || length < 0 {
		return failed[string](dberr.New(dberr.Invalid, "substr",
			"characters are counted from 1, and a length is not negative"))
	}
	return Expr[string]{ty: plainT,
		n: call{"SUBSTR", []driver.Expr{asText(e), text(fmt.Sprint(from)), text(fmt.Sprint(length))}}}
}

// asText is e as a text also where its column is of another type, as an enum.
func asText(e driver.Typed) driver.Expr {
	if k := e.SQLType().Kind; k.IsText() {
		return e
	}
	return Cast[string](e, plainT)
}

// Abs is e without its sign.
func Abs[T Number](e Operand[T]) Expr[T] {
	ty := e.SQLType()
	if ty.Kind != schema.Numeric {
		return Expr[T]{ty: ty, n: call{"ABS", []driver.Expr{e}}}
	}
	negative := Expr[Decimal]{n: e, ty: ty}.Lt("0")
	minus := Expr[Decimal]{n: Val[Decimal]("0"),
		ty: schema.Type{Kind: schema.Numeric, Precision: ty.Precision, Scale: ty.Scale}}
	return Expr[T]{ty: ty, n: driver.ExprFunc(func(b *driver.Builder) {
		b.SQL("CASE WHEN ").Expr(negative).SQL(" THEN ").Expr(calculation{typed(minus, ty), "-", e}).SQL(" ELSE ").
			Expr(e).SQL(" END")
	})}
}

// Mod is the rest of the whole numbers a / c, which has the sign of a; NULL when
// c is 0.
func Mod[T ~int | ~int16 | ~int32 | ~int64](a, c Operand[T]) Expr[T] {
	return Expr[T]{ty: a.SQLType(), n: binary{a: a, op: " % ", c: call{"NULLIF", []driver.Expr{c, text("0")}}, wrap: true}}
}

// Floor is the greatest whole number that is not greater than e.
func Floor[T Number](e Operand[T]) Expr[T] { return rounded(e, driver.Down, 0) }

// Ceil is the least whole number that is not less than e.
func Ceil[T Number](e Operand[T]) Expr[T] { return rounded(e, driver.Up, 0) }

// Round is e with digits behind the point, of which there are 0 to 15; halves go
// away from zero. Of a float that is the half of what it is nearest to: 1.005 is
// less than it looks. Decimals are exact.
func Round[T Number](e Operand[T], digits int) Expr[T] { return rounded(e, driver.Nearest, digits) }

func rounded[T any](e Operand[T], how driver.Rounding, digits int) Expr[T] {
	ty := e.SQLType()
	switch {
	case digits < 0 || digits > 15:
		return failed[T](dberr.New(dberr.Invalid, "round", "a number is rounded to 0 to 15 digits behind the point"))
	case ty.Kind.IsWhole():
		return Expr[T]{ty: ty, n: e}
	case ty.Kind == schema.Numeric:
		ty.Precision, ty.Scale = max(ty.Precision, 1), digits
	}
	return Expr[T]{ty: ty, n: driver.ExprFunc(func(b *driver.Builder) { b.Dialect().Rounded(b, how, e, digits) })}
}

// TimeUnit is a part of an instant, in UTC.
type TimeUnit = driver.TimeUnit

// The units. Week, which begins on a Monday, is for [Trunc] alone; WeekDay (1 is
// Monday) and YearDay (from 1) are for [Part] alone. Quarter and Month count from
// 1, and Second has no fraction.
const (
	Year    = driver.Year
	Quarter = driver.Quarter
	Month   = driver.Month
	Week    = driver.Week
	Day     = driver.Day
	Hour    = driver.Hour
	Minute  = driver.Minute
	Second  = driver.Second
	WeekDay = driver.WeekDay
	YearDay = driver.YearDay
)

// Part is a part of an instant or a date, in UTC: Part(Month, t) is 1 in January.
func Part(unit TimeUnit, t Operand[time.Time]) Expr[int64] {
	if unit == Week {
		return failed[int64](dberr.New(dberr.Invalid, "part of a time", "weeks have no number here; use Trunc, or YearDay"))
	}
	return Expr[int64]{ty: bigint, n: driver.ExprFunc(func(b *driver.Builder) { b.Dialect().TimePart(b, unit, t) })}
}

// Trunc is the instant at which the unit of t began, in UTC: for groups of days
// and months.
func Trunc(unit TimeUnit, t Operand[time.Time]) Expr[time.Time] {
	if unit == WeekDay || unit == YearDay {
		unit = Day
	}
	return Expr[time.Time]{ty: instantType,
		n: driver.ExprFunc(func(b *driver.Builder) { b.Dialect().Truncated(b, unit, t) })}
}

// Epoch is the whole seconds from 1970-01-01 UTC to t, less than 0 before it.
func Epoch(t Operand[time.Time]) Expr[int64] {
	return Expr[int64]{ty: bigint, n: driver.ExprFunc(func(b *driver.Builder) { b.Dialect().Epoch(b, t) })}
}

// FromEpoch is the instant so many seconds after 1970-01-01 UTC.
func FromEpoch(seconds Operand[int64]) Expr[time.Time] {
	return Expr[time.Time]{ty: instantType,
		n: driver.ExprFunc(func(b *driver.Builder) { b.Dialect().FromEpoch(b, seconds) })}
}

// JoinText is the texts of a group one after another, with separator between
// them, in the order given; without one in any. NULLs are left out, and NULL is
// what comes of none. Texts longer than the packet of a server that has a limit
// are its error.
func JoinText(e Operand[string], separator string, order ...Ordering) Expr[string] {
	return Expr[string]{ty: plainT, n: aggregate{arg: typed(asText(e), plainT), ordered: true, f: func(b *driver.Builder, e driver.Typed, _ func()) {
		b.Dialect().TextAgg(b, e, separator, ordered(b, order))
	}}}
}

// JSONArray is the values of a group as a JSON array, in the order given; without
// one in any. NULL is null in it, and SQL NULL is what comes of no rows. e is a
// text, a whole number, a boolean or a document.
func JSONArray[T any](e Operand[T], order ...Ordering) Expr[jsonvalue.JSON] {
	ty := schema.Type{Kind: schema.JSON}
	return Expr[jsonvalue.JSON]{ty: ty, n: aggregate{arg: e, ordered: true, f: func(b *driver.Builder, e driver.Typed, _ func()) {
		element, err := spelled(e)
		if err != nil {
			b.Fail(err)
			return
		}
		all := driver.ExprFunc(func(b *driver.Builder) { b.Dialect().TextAgg(b, element, ",", ordered(b, order)) })
		array := driver.ExprFunc(func(b *driver.Builder) { b.Dialect().Concat(b, []driver.Expr{text("'['"), all, text("']'")}) })
		b.Dialect().Cast(b, array, ty)
	}}}
}

// spelled is a value as JSON text.
func spelled(e driver.Typed) (driver.Expr, error) {
	var out driver.Expr
	switch k := e.SQLType().Kind; {
	case k.IsWhole(), k == schema.JSON, k == schema.JSONB:
		out = Cast[string](e, plainT)
	case k == schema.Boolean:
		out = driver.ExprFunc(func(b *driver.Builder) {
			b.SQL("CASE WHEN ").Expr(e).SQL(" THEN 'true' WHEN NOT ").Expr(e).SQL(" THEN 'false' END")
		})
	case k.IsText(), k == schema.Enum, k == schema.UUID:
		out = driver.ExprFunc(func(b *driver.Builder) { b.Dialect().JSONString(b, e) })
	default:
		return nil, dberr.New(dberr.Invalid, "JSON array", fmt.Sprintf("a %s has no one spelling in JSON; make a text of it with Cast", k))
	}
	return call{"COALESCE", []driver.Expr{out, text("'null'")}}, nil
}

// ordered writes the items of an ORDER BY; nil without any.
func ordered(b *driver.Builder, order []Ordering) func() {
	if len(order) == 0 {
		return nil
	}
	return func() { b.List(len(order), func(i int) { b.Expr(order[i].order()) }) }
}

// Filter is an aggregate of those rows alone for which all conditions hold:
// Filter(CountAll(), Role.Eq("admin")). Others are as rows with NULL to it, which
// aggregates leave out but for [JSONArray], which is refused.
func Filter[T any](of Expr[T], conds ...Cond) Expr[T] {
	on := And(conds...)
	switch n := of.n.(type) {
	case aggregate:
		if _, ok := any(of).(Expr[jsonvalue.JSON]); !ok {
			all := n.arg
			n.arg = typedAs{driver.ExprFunc(func(b *driver.Builder) { b.SQL("CASE WHEN ").Expr(on).SQL(" THEN ").Expr(all).SQL(" END") }), all.SQLType()}
			of.n = n
			return of
		}
	case text:
		if n == countAll {
			of.n = aggregateOf("COUNT", Case[int64]().When(on, 1).End(), nil)
			return of
		}
	}
	return failed[T](dberr.New(dberr.Invalid, "filter",
		"Filter takes an aggregate function itself, such as Sum or CountAll; calculate with what comes of it"))
}
