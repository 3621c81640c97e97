package query

import (
	"fmt"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// An enum and a UUID are texts that some engines have types of their own for,
// which do not go with texts there, and whose order is another one. What is asked
// of them as texts is asked of the text.

// textual is a text that some engine has a type of its own for.
func textual(k schema.Kind) bool { return k == schema.Enum || k == schema.UUID }

// castText is e as a text.
func castText(e driver.Expr) driver.Expr {
	return driver.ExprFunc(func(b *driver.Builder) { b.Dialect().Cast(b, e, plainT) })
}

// kindOf is the type of e, where it knows it.
func kindOf(e driver.Expr) schema.Type {
	if t, ok := e.(driver.Typed); ok {
		return t.SQLType()
	}
	return schema.Type{}
}

// oneType reports whether values of two types are of one type on every engine.
func oneType(a, c schema.Type) bool {
	return a.Kind == c.Kind && (a.Kind != schema.Enum || a.Name == c.Name)
}

// asTexts is both sides of a comparison as texts, where they have to be: enums
// that are compared by order, and an enum or a UUID with anything but itself.
func asTexts(e driver.Expr, ty schema.Type, op string, c driver.Expr) (left, right driver.Expr, ok bool) {
	bound := false
	switch c.(type) {
	case arg, slot:
		bound = true
	}
	other := kindOf(c)
	if f, is := fieldOf(c); is && textual(ty.Kind) && (op == " = " || op == " <> ") {
		return fieldBeside{f, ty, e, castText(e)}, fieldBeside{f, ty, f.asItem(), f}, true
	}
	if f, is := fieldOf(e); is && textual(other.Kind) && (op == " = " || op == " <> ") {
		return fieldBeside{f, other, f.asItem(), f}, fieldBeside{f, other, c, castText(c)}, true
	}
	inOrder := ty.Kind == schema.Enum && op != " = " && op != " <> "
	if !inOrder && (bound || !textual(ty.Kind) && !textual(other.Kind) || oneType(ty, other)) {
		return nil, nil, false
	}
	if textual(ty.Kind) {
		e = castText(e)
	}
	if !bound && textual(other.Kind) {
		c = castText(c)
	}
	return e, c, true
}

// sortKey is e in the form in which it is put in order.
func sortKey(e driver.Expr, ty schema.Type) driver.Expr {
	if ty.Kind == schema.Enum {
		return castText(e)
	}
	return meant(e, ty)
}

// alike is expressions that stand for one value, in one type: as texts when one
// of them is an enum or a UUID and another is not the same. ty is that type.
func alike(es []driver.Expr) (out []driver.Expr, ty schema.Type) {
	ty = kindOf(es[0])
	mixed, some := false, false
	for _, e := range es {
		k := kindOf(e)
		mixed = mixed || !oneType(ty, k)
		some = some || textual(k.Kind)
	}
	if !mixed || !some {
		return es, ty
	}
	out = make([]driver.Expr, len(es))
	for i, e := range es {
		if out[i] = e; textual(kindOf(e).Kind) {
			out[i] = castText(e)
		}
	}
	return out, plainT
}

// grouping is an expression in the form in which equal values of it are one: in
// DISTINCT, GROUP BY, PARTITION BY, UNION and COUNT(DISTINCT).
func grouping(e driver.Expr) driver.Expr {
	if ty := kindOf(e); unscaled(ty) {
		return typedAs{driver.ExprFunc(func(b *driver.Builder) { b.Dialect().AsDecimal(b, typed(e, ty)) }), ty}
	}
	return comparableForm(e)
}

// rewritten reports whether grouping writes a value of the type in another form.
func rewritten(ty schema.Type) bool { return ty.Kind == schema.JSON || unscaled(ty) }

// unscaled is a decimal of which no column says how many digits it has.
func unscaled(ty schema.Type) bool { return ty.Kind == schema.Numeric && ty.Precision == 0 }

// labelForm is e in the form of an item of GROUP BY where that can be named by its
// label, as in HAVING.
func labelForm(e driver.Typed) driver.Expr {
	return driver.ExprFunc(func(b *driver.Builder) {
		if b.Labelling() {
			b.Expr(grouping(e))
			return
		}
		b.Expr(comparableForm(e))
	})
}

// comparableForm is a document in the form in which some engine compares it at all.
func comparableForm(e driver.Expr) driver.Expr {
	if ty := kindOf(e); ty.Kind == schema.JSON {
		return meaning{e, ty}
	}
	return e
}

// distinct is an item of a SELECT list of which equal values are one.
func distinct(e driver.Expr) driver.Expr {
	if kindOf(e).Kind == schema.Enum {
		return castText(e)
	}
	return grouping(e)
}

// matched is e as the text that LIKE and its kin look at. A value whose text
// engines spell in different ways is refused.
func matched(b *driver.Builder, e driver.Expr, ty schema.Type, of string) (driver.Expr, bool) {
	switch k := ty.Kind; {
	case k == schema.Enum, k == schema.UUID, k.IsWhole():
		return castText(e), true
	case k == schema.JSON:
		return meaning{e, ty}, true
	case k == schema.String, k == schema.Text, k == schema.Other, k == "":
		return e, true
	}
	what := "the expression"
	if of != "" {
		what = "it"
	}
	b.Fail(dberr.New(dberr.Invalid, of,
		fmt.Sprintf("%s is of kind %s, whose text engines spell in different ways; compare it by its value, or Cast it to a text", what, ty.Kind)))
	return nil, false
}

// numeric refuses an aggregate of numbers over anything else.
func numeric(name string, ty schema.Type) error {
	if ty.Kind.IsNumber() || ty.Kind == schema.Other || ty.Kind == "" {
		return nil
	}
	return dberr.New(dberr.Invalid, strings.ToUpper(name),
		fmt.Sprintf("it takes numbers, and not values of kind %s", ty.Kind))
}
