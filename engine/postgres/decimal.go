package postgres

import (
	"strconv"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// operand is e as numeric: the type of a value that is bound is not known yet.
func (d Dialect) operand(b *driver.Builder, e driver.Typed) {
	if e.SQLType().Precision > 0 {
		b.Expr(e)
		return
	}
	d.Cast(b, e, schema.Type{Kind: schema.Numeric})
}

// Arithmetic is the operator.
func (d Dialect) Arithmetic(b *driver.Builder, op string, a, c driver.Typed) {
	b.SQL("(")
	d.operand(b, a)
	b.SQL(" " + op + " ")
	d.operand(b, c)
	b.SQL(")")
}

// DecimalSum is SUM.
func (d Dialect) DecimalSum(b *driver.Builder, e driver.Typed, over func()) {
	d.DecimalExtreme(b, "SUM", e, over)
}

// DecimalExtreme is the function itself.
func (d Dialect) DecimalExtreme(b *driver.Builder, fn string, e driver.Typed, over func()) {
	b.SQL(fn + "(")
	d.operand(b, e)
	b.SQL(")")
	over()
}

// AsDecimal needs no care: the server has a type for decimals.
func (Dialect) AsDecimal(b *driver.Builder, e driver.Typed) { b.Expr(e) }

// Quotient divides with more digits than it keeps.
func (d Dialect) Quotient(b *driver.Builder, a, c driver.Expr, scale int) {
	b.SQL("ROUND(CAST(").Expr(a).SQL(" AS numeric(1000, " + strconv.Itoa(scale+30) + ")) / NULLIF(").Expr(c).
		SQL(", 0), " + strconv.Itoa(scale) + ")")
}

// Stored is e: the column rounds, and refuses what does not fit.
func (Dialect) Stored(b *driver.Builder, e driver.Expr, _ schema.Type) { b.Expr(e) }
