package query

import (
	"fmt"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// Cast is e converted to a column type, in the same way on every engine; NULL
// stays NULL. What there is no one way for is an error that names both types.
//
//   - To a text: whole numbers in digits, decimals with the scale of their column
//     (or more where they were calculated and need them), truth values as true and
//     false, dates as 2024-01-02, times as 03:04:05.000000, instants as both, in
//     UTC. Floats and bytes have no one text. The length of the type cuts nothing.
//   - To a whole number: floats and decimals are rounded, halves away from zero, and
//     truth values are 1 and 0. A text is its number of up to 18 digits, NULL when it is
//     something else.
//   - To a float or a decimal: whole numbers and decimals. A decimal is rounded to the scale of
//     the type, where it has a precision; a float needs one to become a decimal. A
//     text is its number, of up to 35 digits before the point and 30 behind it, and
//     for a float an exponent of up to two; NULL when it is something else.
//   - To a truth value: whole numbers, of which 0 is false.
//   - To a date: the day of an instant, in UTC. To an instant: the start of a date.
//     To a time of day: that of an instant.
//   - To a UUID: texts of its form, in letters of either case; others are NULL.
//   - To bytes: the UTF-8 of a text.
//
// An expression whose type is not known, as one of a kind that no other describes,
// is converted as the engine does it.
func Cast[T any](e driver.Expr, ty schema.Type) Expr[T] {
	n, err := converted(e, ty)
	if err != nil {
		x := failed[T](err)
		x.ty = ty
		return x
	}
	return Expr[T]{ty: ty, n: n}
}

// conversion is e as the engine makes it a type.
type conversion struct {
	e  driver.Expr
	ty schema.Type
}

func (c conversion) WriteSQL(b *driver.Builder) { b.Dialect().Cast(b, c.e, c.ty) }

// Texts that are numbers, and UUIDs.
const (
	wholeText   = "^[-+]?0*[0-9]{1,18}$"
	decimalForm = "^[-+]?0*[0-9]{1,35}([.][0-9]{0,30})?$"
	floatForm   = "^[-+]?0*[0-9]{1,35}([.][0-9]{0,30})?([eE][-+]?[0-9]{1,2})?$"
	uuidForm    = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
)

// converted is e as a ty.
func converted(e driver.Expr, ty schema.Type) (driver.Expr, error) {
	from := kindOf(e)
	plain := driver.Expr(conversion{e, ty})
	switch {
	case from.Kind == "" || from.Kind == schema.Other || ty.Kind == schema.Other ||
		from.Kind == ty.Kind && ty.Kind != schema.Numeric,
		isJSON(from.Kind) && isJSON(ty.Kind):
		return plain, nil
	}
	var out driver.Expr
	switch k := ty.Kind; {
	case k.IsText(), k == schema.Enum:
		out = toText(e, from, plain)
	case k.IsWhole():
		out = toWhole(e, from, ty, plain)
	case k == schema.Numeric:
		out = toDecimal(e, from, ty, plain)
	case k == schema.Float && from.Kind.IsNumber():
		out = plain
	case k == schema.Float && isText(from.Kind):
		out = onlyOf(e, floatForm, plain)
	case k == schema.Boolean && from.Kind.IsWhole():
		out = wrapped{binary{a: e, op: " <> ", c: text("0")}}
	case k == schema.Date && from.Kind == schema.DateTime, k == schema.DateTime && from.Kind == schema.Date,
		k == schema.Time && from.Kind == schema.DateTime, k == schema.Bytes && isText(from.Kind):
		out = plain
	case k == schema.UUID && isText(from.Kind):
		out = onlyOf(e, uuidForm, conversion{Lower(Expr[string]{n: e, ty: plainT}), ty})
	}
	if out == nil {
		return nil, dberr.New(dberr.Invalid, "cast", fmt.Sprintf("a value of kind %s does not become one of kind %s in the same way on every engine; %s", from.Kind, ty.Kind, instead(from.Kind, ty.Kind)))
	}
	return out, nil
}

func isJSON(k schema.Kind) bool { return k == schema.JSON || k == schema.JSONB }

// isText reports whether values of the kind are texts to a statement.
func isText(k schema.Kind) bool { return k.IsText() || k == schema.Enum }

// instead is what to do where there is no conversion.
func instead(from, to schema.Kind) string {
	switch {
	case from == schema.Float && to != schema.Boolean:
		return "make it a decimal of a scale first"
	case to == schema.Boolean:
		return "compare it with a value"
	case to == schema.Date, to == schema.DateTime, to == schema.Time:
		return "bind a time of Go, or calculate with FromEpoch"
	case from == schema.Date, from == schema.DateTime, from == schema.Time:
		return "take a part of it with Part, or Epoch"
	}
	return "read it as it is and convert it in Go"
}

func toText(e driver.Expr, from schema.Type, plain driver.Expr) driver.Expr {
	switch from.Kind {
	case schema.Float, schema.Bytes:
		return nil
	case schema.Boolean:
		return truthAs(e, "'true'", "'false'")
	}
	return plain
}

// truthAs is one of two texts for a truth value.
func truthAs(e driver.Expr, yes, no text) driver.Expr {
	return driver.ExprFunc(func(b *driver.Builder) {
		b.SQL("CASE WHEN ").Expr(e).SQL(" THEN ").Expr(yes).SQL(" WHEN NOT ").Expr(e).SQL(" THEN ").Expr(no).SQL(" END")
	})
}

func toWhole(e driver.Expr, from, ty schema.Type, plain driver.Expr) driver.Expr {
	switch {
	case from.Kind.IsWhole():
		return plain
	case from.Kind == schema.Boolean:
		return truthAs(e, "1", "0")
	case from.Kind.IsNumber():
		return conversion{roundedTo(e, from, 0), ty}
	case isText(from.Kind):
		return onlyOf(e, wholeText, plain)
	}
	return nil
}

func toDecimal(e driver.Expr, from, ty schema.Type, plain driver.Expr) driver.Expr {
	switch {
	case isText(from.Kind):
		plain = onlyOf(e, decimalForm, plain)
	case from.Kind == schema.Float:
		if ty.Precision == 0 {
			return nil
		}
		return conversion{roundedTo(e, from, ty.Scale), ty}
	case !from.Kind.IsNumber():
		return nil
	}
	if ty.Precision == 0 {
		return plain
	}
	return roundedTo(plain, schema.Type{Kind: schema.Numeric, Precision: from.Precision, Scale: from.Scale}, ty.Scale)
}

// roundedTo is a number with digits behind the point, halves away from zero.
func roundedTo(e driver.Expr, from schema.Type, digits int) driver.Expr {
	return driver.ExprFunc(func(b *driver.Builder) { b.Dialect().Rounded(b, driver.Nearest, typedAs{e, from}, digits) })
}

// onlyOf is what becomes of a text of a form, and NULL of others.
func onlyOf(e driver.Expr, form string, then driver.Expr) driver.Expr {
	return driver.ExprFunc(func(b *driver.Builder) {
		b.SQL("CASE WHEN ")
		b.Dialect().Regexp(b, castText(e), form)
		b.SQL(" THEN ").Expr(then).SQL(" END")
	})
}
