package query

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// Decimal is an exact decimal number as text: "0.10". Columns of kind Numeric
// are Column[Decimal]. It is read with as many digits behind the point as its
// column has, or more where it was calculated and needs them, and of a number
// that is no column's, such as a member of a document, with those it needs.
type Decimal string

// Scan takes the number in whatever form the driver has it. NULL is an error: read a
// column that may have it into a *Decimal.
func (d *Decimal) Scan(src any) error {
	s, err := decimalText(src)
	if err == nil {
		*d = Decimal(s)
	}
	return err
}

func decimalText(src any) (string, error) {
	switch x := src.(type) {
	case string:
		return x, nil
	case []byte:
		return string(x), nil
	case int64:
		return strconv.FormatInt(x, 10), nil
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64), nil
	}
	return "", fmt.Errorf("a %T is not a decimal number", src)
}

// scaled is the number with scale digits behind the point, or as many more as it
// needs. What is not in plain notation stays as it is.
func scaled(s string, scale int) string {
	if strings.Trim(s, "-0123456789.") != "" {
		return s
	}
	whole, frac, _ := strings.Cut(s, ".")
	if len(frac) > scale {
		frac = frac[:scale] + strings.TrimRight(frac[scale:], "0")
	}
	if n := scale - len(frac); n > 0 {
		frac += strings.Repeat("0", n)
	}
	if frac == "" {
		return whole
	}
	return whole + "." + frac
}

// calculation is "a op c" of decimals.
type calculation struct {
	a  driver.Typed
	op string
	c  driver.Typed
}

func (x calculation) WriteSQL(b *driver.Builder) { b.Dialect().Arithmetic(b, x.op, x.a, x.c) }

// stored is an expression that becomes the value of a column of decimals or of
// whole numbers.
type stored struct {
	e  driver.Expr
	ty schema.Type
}

func (s stored) WriteSQL(b *driver.Builder) { b.Dialect().Stored(b, s.e, s.ty) }

// typedAs is an expression of a known type.
type typedAs struct {
	driver.Expr
	ty schema.Type
}

// SQLType is the type.
func (t typedAs) SQLType() schema.Type { return t.ty }

// typed is e with its type.
func typed(e driver.Expr, ty schema.Type) driver.Typed {
	if t, ok := e.(driver.Typed); ok {
		return t
	}
	return typedAs{e, ty}
}

// AvgTo is the exact average of decimals, rounded to scale digits behind the
// point, halves away from zero; NULL when there are no rows.
func AvgTo(e Operand[Decimal], scale int) Expr[Decimal] {
	ty := schema.Type{Kind: schema.Numeric, Precision: 65, Scale: scale}
	return Expr[Decimal]{ty: ty, n: aggregate{arg: e, f: func(b *driver.Builder, e driver.Typed, over func()) {
		sum := driver.ExprFunc(func(b *driver.Builder) { b.Dialect().DecimalSum(b, e, over) })
		count := driver.ExprFunc(func(b *driver.Builder) {
			b.Expr(call{"COUNT", []driver.Expr{e}})
			over()
		})
		b.Dialect().Quotient(b, sum, count, scale)
	}}}
}
