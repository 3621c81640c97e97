package driver

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/larder-db/larder/schema"
)

// Fragments that several engines write in the same words.

// WriteTupleIn writes (left) IN (rows), with values between the parenthesis and the
// rows: "" or "VALUES ".
func WriteTupleIn(b *Builder, left []Expr, rows [][]Expr, not bool, values string) {
	b.SQL("(")
	b.List(len(left), func(i int) { b.Expr(left[i]) })
	b.SQL(")")
	if not {
		b.SQL(" NOT")
	}
	b.SQL(" IN (" + values)
	b.List(len(rows), func(i int) {
		b.SQL("(")
		b.List(len(rows[i]), func(j int) { b.Expr(rows[i][j]) })
		b.SQL(")")
	})
	b.SQL(")")
}

// WriteIn writes e IN (values).
func WriteIn(b *Builder, e Expr, values []Expr, not bool) {
	b.Expr(e)
	if not {
		b.SQL(" NOT")
	}
	b.SQL(" IN (")
	b.List(len(values), func(i int) { b.Expr(values[i]) })
	b.SQL(")")
}

// TypeOf is the type of e, where it knows it.
func TypeOf(e Expr) schema.Type {
	if t, ok := e.(Typed); ok {
		return t.SQLType()
	}
	return schema.Type{}
}

// WriteDecimalText writes e, a decimal, as a text with scale digits behind the
// point, or as many more as it needs, for an engine whose ROUND of decimals is
// exact. asText writes an expression, which has digits behind the point, as a text.
func WriteDecimalText(b *Builder, e Expr, scale int, asText func(b *Builder, e Expr, digits int)) {
	round := ExprFunc(func(b *Builder) { b.SQL("ROUND(").Expr(e).SQL(", " + strconv.Itoa(scale) + ")") })
	b.SQL("CASE WHEN ").Expr(e).SQL(" = ").Expr(round).SQL(" THEN ")
	asText(b, round, scale)
	b.SQL(" ELSE TRIM(TRAILING '0' FROM ")
	asText(b, e, -1)
	b.SQL(") END")
}

// WriteSubquery writes a query in parentheses.
func WriteSubquery(b *Builder, query Expr) { b.SQL("(").Expr(query).SQL(")") }

// WriteOrderNulls writes a sort key for an engine that has NULLS FIRST and LAST.
func WriteOrderNulls(b *Builder, e Expr, desc, nullsFirst bool) {
	b.Expr(e)
	if desc {
		b.SQL(" DESC")
	}
	if nullsFirst {
		b.SQL(" NULLS FIRST")
	} else {
		b.SQL(" NULLS LAST")
	}
}

// AppendQuoted appends s between quotation marks; those inside of it are doubled.
func AppendQuoted(b []byte, s string, mark byte) []byte {
	b = append(b, mark)
	for {
		i := strings.IndexByte(s, mark)
		if i < 0 {
			return append(append(b, s...), mark)
		}
		b = append(append(b, s[:i+1]...), mark)
		s = s[i+1:]
	}
}

// AppendHex appends v as the literal X'...'.
func AppendHex(b, v []byte) []byte {
	return append(hex.AppendEncode(append(b, "X'"...), v), '\'')
}

// WriteRounded writes a rounded number for an engine whose FLOOR, CEILING and
// ROUND of decimals are exact. power is the double 10^digits.
func WriteRounded(b *Builder, how Rounding, e Typed, digits int, power string) {
	exact := e.SQLType().Kind == schema.Numeric
	name := map[Rounding]string{Down: "FLOOR", Up: "CEILING"}[how]
	switch {
	case exact && how == Nearest:
		b.SQL("ROUND(").Expr(e).SQL(", " + strconv.Itoa(digits) + ")")
	case exact && digits == 0:
		b.SQL(name + "(").Expr(e).SQL(")")
	case exact:
		b.SQL("(" + name + "(").Expr(e).
			SQL(" * 1" + strings.Repeat("0", digits) + ") / 1" + strings.Repeat("0", digits) + ")")
	case how == Nearest:
		b.SQL("(SIGN(").Expr(e).SQL(") * FLOOR(ABS(").Expr(e).SQL(") * " + power + " + 0.5) / " + power + " + 0)")
	default:
		b.SQL("(" + name + "(").Expr(e).SQL(" * " + power + ") / " + power + " + 0)")
	}
}
