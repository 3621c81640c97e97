package query

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// call is a function of the same name and meaning on every engine.
type call struct {
	name string
	args []driver.Expr
}

func (c call) WriteSQL(b *driver.Builder) { driver.WriteCall(b, c.name, c.args) }

// namedCall is a function that the program calls by its name.
type namedCall call

func (c namedCall) WriteSQL(b *driver.Builder) { b.Dialect().Call(b, c.name, c.args) }

var (
	bigint = schema.Type{Kind: schema.BigInt}
	float  = schema.Type{Kind: schema.Float}
	plainT = schema.Type{Kind: schema.Text}
)

// Func calls a function that every engine has under this name, such as ABS. The
// name is written as it is, but for those that are the same everywhere
// under another name here: LENGTH, CHAR_LENGTH, UPPER and LOWER of texts are [Length],
// [Upper] and [Lower], and ROUND is [Round], its digits a [Val]. NULLIF compares as
// Eq does. LENGTH of bytes is their number. LOG of one number, which engines take to
// different bases, is a dberr.Invalid error.
func Func[T any](name string, args ...driver.Expr) Expr[T] {
	var own func(b *driver.Builder)
	switch len(args) {
	case 1:
		if strings.EqualFold(name, "log") {
			return failed[T](dberr.New(dberr.Invalid, "function",
				"LOG of one number is to base 10 on some engines and natural on others; call LN or LOG10"))
		}
		own = ownFunction(strings.ToUpper(name), args[0])
	case 2:
		own = ownFunctionOfTwo(strings.ToUpper(name), args[0], args[1])
	}
	if own != nil {
		return Expr[T]{ty: typeFor[T](), n: driver.ExprFunc(own)}
	}
	for _, r := range name {
		if !(r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') {
			return failed[T](dberr.New(dberr.Invalid, "function", "a function's name has only letters, digits and _"))
		}
	}
	return Expr[T]{n: namedCall{name, args}, ty: typeFor[T]()}
}

// ownFunction writes a function of e that engines have under one name and with
// several meanings; nil for others.
func ownFunction(name string, e driver.Expr) func(b *driver.Builder) {
	ty := kindOf(e)
	switch {
	case name == "LENGTH" && !octets(e), name == "CHAR_LENGTH":
		return func(b *driver.Builder) { b.Dialect().Length(b, e) }
	case name == "UPPER":
		return func(b *driver.Builder) { b.Dialect().Upper(b, asText(typed(e, plainT))) }
	case name == "LOWER":
		return func(b *driver.Builder) { b.Dialect().Lower(b, asText(typed(e, plainT))) }
	case name == "ROUND" && ty.Kind.IsNumber() && !ty.Kind.IsWhole():
		return func(b *driver.Builder) { b.Expr(roundedTo(e, ty, 0)) }
	}
	return nil
}

// ownFunctionOfTwo is ownFunction for two arguments.
func ownFunctionOfTwo(name string, e, c driver.Expr) func(b *driver.Builder) {
	ty := kindOf(e)
	switch {
	case name == "ROUND" && ty.Kind.IsNumber():
		x, ok := c.(interface{ node() driver.Expr })
		if !ok {
			return nil
		}
		l, ok := x.node().(literal)
		if !ok || !l.ty.Kind.IsWhole() {
			return nil
		}
		digits := reflect.ValueOf(l.v)
		if !digits.CanInt() {
			return nil
		}
		return rounded(Expr[any]{n: e, ty: ty}, driver.Nearest, int(digits.Int())).WriteSQL
	case name == "NULLIF" && (ty.Kind == schema.Numeric || ty.Kind == schema.DateTime || isJSON(ty.Kind)):
		return nulled(e, Expr[any]{n: e, ty: ty}.cmp(" = ", c)).WriteSQL
	}
	return nil
}

// nulled is e, or NULL where the condition holds.
func nulled(e driver.Expr, where Cond) driver.Expr {
	return driver.ExprFunc(func(b *driver.Builder) {
		b.SQL("CASE WHEN ").Expr(where).SQL(" THEN NULL ELSE ").Expr(e).SQL(" END")
	})
}

// octets reports whether e is bytes, whose length is their number.
func octets(e driver.Expr) bool {
	t, ok := e.(driver.Typed)
	return ok && t.SQLType().Kind == schema.Bytes
}

func failed[T any](err error) Expr[T] {
	return Expr[T]{ty: typeFor[T](), n: driver.ExprFunc(func(b *driver.Builder) { b.Fail(err) })}
}

const countAll text = "COUNT(*)"

// CountAll is COUNT(*).
func CountAll() Expr[int64] { return Expr[int64]{n: countAll, ty: bigint} }

// CountOf is the number of rows in which e is not NULL.
func CountOf(e driver.Expr) Expr[int64] {
	return Expr[int64]{n: aggregateOf("COUNT", e, nil), ty: bigint}
}

// CountDistinct is the number of different values of e.
func CountDistinct(e driver.Expr) Expr[int64] {
	return Expr[int64]{ty: bigint, n: driver.ExprFunc(func(b *driver.Builder) {
		b.SQL("COUNT(DISTINCT ")
		b.Aggregates(func() { b.Labels(false, func() { b.Expr(grouping(e)) }) })
		b.SQL(")")
	})}
}

// aggregate is a function f of an argument in the rows of a group, or with over,
// which writes the window, of the rows of a window. f is called with an over that
// writes nothing where there is no window.
type aggregate struct {
	arg     driver.Typed
	ordered bool // the order is its own: there is none of it over a window
	f       func(b *driver.Builder, e driver.Typed, over func())
}

// WriteSQL writes the function of a group.
func (a aggregate) WriteSQL(b *driver.Builder) {
	b.Aggregates(func() { a.write(b, func() {}) })
}

func (a aggregate) write(b *driver.Builder, over func()) {
	b.Labels(false, func() { a.f(b, a.arg, over) })
}

// aggregateOf is the aggregate function name of e, cast to a type where that is asked for.
func aggregateOf(name string, e driver.Expr, cast *schema.Type) aggregate {
	return aggregate{arg: typed(e, schema.Type{}), f: func(b *driver.Builder, e driver.Typed, over func()) {
		x := driver.ExprFunc(func(b *driver.Builder) {
			b.Expr(call{name, []driver.Expr{e}})
			over()
		})
		if cast != nil {
			b.Dialect().Cast(b, x, *cast)
			return
		}
		b.Expr(x)
	}}
}

// Sum is the sum, NULL when there are no rows. The sum of integers is cast to
// 64 bits, which some engines would make a decimal of; that of decimals is exact.
func Sum[T any](e Operand[T]) Expr[T] {
	ty := e.SQLType()
	if err := numeric("SUM", ty); err != nil {
		return failed[T](err)
	}
	switch ty.Kind {
	case schema.Integer, schema.SmallInt, schema.BigInt:
		return Expr[T]{ty: bigint, n: aggregateOf("SUM", e, &bigint)}
	case schema.Numeric:
		return Expr[T]{ty: ty, n: aggregate{arg: e, f: func(b *driver.Builder, e driver.Typed, over func()) { b.Dialect().DecimalSum(b, e, over) }}}
	}
	return Expr[T]{ty: ty, n: aggregateOf("SUM", e, nil)}
}

// Avg is the average as a float, NULL when there are no rows. [AvgTo] is exact.
func Avg[T any](e Operand[T]) Expr[float64] {
	if err := numeric("AVG", e.SQLType()); err != nil {
		return failed[float64](err)
	}
	if e.SQLType().Kind != schema.Numeric {
		return Expr[float64]{ty: float, n: aggregateOf("AVG", e, &float)}
	}
	return Expr[float64]{ty: float, n: aggregate{arg: e, f: func(b *driver.Builder, e driver.Typed, over func()) {
		b.Dialect().Cast(b, driver.ExprFunc(func(b *driver.Builder) { b.Dialect().DecimalSum(b, e, over) }), float)
		b.SQL(" / NULLIF(").Expr(call{"COUNT", []driver.Expr{e}})
		over()
		b.SQL(", 0)")
	}}}
}

// Min is the smallest value, NULL when there are no rows: of texts, enums and
// UUIDs that which stands first as a text, of truth values false. Documents and
// bytes have none.
func Min[T any](e Operand[T]) Expr[T] { return extreme[T]("MIN", e) }

// Max is the largest value, NULL when there are no rows, as of [Min].
func Max[T any](e Operand[T]) Expr[T] { return extreme[T]("MAX", e) }

func extreme[T any](name string, e Operand[T]) Expr[T] {
	ty := e.SQLType()
	switch ty.Kind {
	case schema.Numeric:
		return Expr[T]{ty: ty, n: aggregate{arg: e, f: func(b *driver.Builder, e driver.Typed, over func()) {
			b.Dialect().DecimalExtreme(b, name, e, over)
		}}}
	case schema.Enum:
		return Expr[T]{ty: plainT, n: aggregateOf(name, castText(e), nil)}
	case schema.UUID:
		return Expr[T]{ty: ty, n: aggregateOf(name, castText(e), &ty)}
	case schema.Boolean:
		return Expr[T]{ty: ty, n: aggregate{arg: e, f: func(b *driver.Builder, e driver.Typed, over func()) {
			number := driver.ExprFunc(func(b *driver.Builder) {
				b.SQL("CASE WHEN ").Expr(e).SQL(" THEN 1 WHEN NOT ").Expr(e).SQL(" THEN 0 END")
			})
			b.SQL("(").Expr(call{name, []driver.Expr{number}})
			over()
			b.SQL(" = 1)")
		}}}
	case schema.JSON, schema.JSONB, schema.Bytes:
		return failed[T](dberr.New(dberr.Invalid, name,
			fmt.Sprintf("values of kind %s have no order that is the same on every engine", ty.Kind)))
	}
	return Expr[T]{ty: ty, n: aggregateOf(name, e, nil)}
}

// Coalesce is the first of its values that is not NULL.
func Coalesce[T any](first Operand[T], rest ...Operand[T]) Expr[T] {
	if len(rest) == 0 {
		return Expr[T]{n: first, ty: first.SQLType()} // some engines want two
	}
	args := []driver.Expr{first}
	for _, r := range rest {
		args = append(args, r)
	}
	args, ty := alike(args)
	return Expr[T]{n: call{"COALESCE", args}, ty: ty}
}

// IfNull is the expression, or v where it is NULL.
func (e Expr[T]) IfNull(v T) Expr[T] {
	value := e.bind(v)
	if e.ty.Kind == schema.Numeric {
		value = Cast[T](value, compared(e.ty)) // or some engine makes a text of the decimal
	}
	return Expr[T]{n: call{"COALESCE", []driver.Expr{e.n, value}}, ty: e.ty, of: e.of}
}

// NullIf is NULL where e equals v, else e.
func NullIf[T any](e Operand[T], v T) Expr[T] {
	ty := e.SQLType()
	value := arg{ty: compared(ty), v: v}
	switch ty.Kind {
	case schema.DateTime, schema.Numeric, schema.JSON, schema.JSONB:
		return Expr[T]{ty: ty, n: nulled(e, Cond{n: compare(e, ty, " = ", value)})}
	}
	return Expr[T]{n: call{"NULLIF", []driver.Expr{e, value}}, ty: ty}
}

// Number is what arithmetic works on.
type Number interface {
	~int | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~float32 | ~float64 | Decimal
}

func arith[T any](a driver.Expr, op string, c driver.Expr, ty schema.Type) Expr[T] {
	if err := numeric(op, ty); err != nil {
		return failed[T](err)
	}
	switch {
	case ty.Kind == schema.Numeric:
		return Expr[T]{n: calculation{typed(a, ty), op, typed(c, ty)}, ty: ty}
	case ty.Kind.IsWhole():
		return Expr[T]{n: binary{a: wide{a}, op: " " + op + " ", c: wide{c}, wrap: true}, ty: bigint}
	}
	return Expr[T]{n: binary{a: a, op: " " + op + " ", c: c, wrap: true}, ty: ty}
}

// wide is a whole number that is calculated with in 64 bits, whatever its column has.
type wide struct{ e driver.Expr }

func (w wide) WriteSQL(b *driver.Builder) {
	switch v := w.e.(type) {
	case arg:
		v.ty = bigint
		b.Expr(v)
		return
	case driver.Typed:
		k := v.SQLType().Kind
		if f, ok := fieldOf(v); ok {
			if own := f.own(b).Kind; own.IsWhole() {
				k = own
			}
		}
		if k != schema.BigInt && k.IsWhole() && b.Dialect().Has(driver.NarrowIntegers) {
			b.Dialect().Cast(b, v, bigint)
			return
		}
	}
	b.Expr(w.e)
}

// Plus is "e + v".
func (e Expr[T]) Plus(v T) Expr[T] { return arith[T](e, "+", e.bind(v), e.ty) }

// Minus is "e - v".
func (e Expr[T]) Minus(v T) Expr[T] { return arith[T](e, "-", e.bind(v), e.ty) }

// Times is "e * v".
func (e Expr[T]) Times(v T) Expr[T] { return arith[T](e, "*", e.bind(v), e.ty) }

// Add is "a + c".
func Add[T Number](a, c Operand[T]) Expr[T] { return arith[T](a, "+", c, a.SQLType()) }

// Sub is "a - c".
func Sub[T Number](a, c Operand[T]) Expr[T] { return arith[T](a, "-", c, a.SQLType()) }

// Mul is "a * c".
func Mul[T Number](a, c Operand[T]) Expr[T] { return arith[T](a, "*", c, a.SQLType()) }

// Div is "a / c" as a float, whatever the operands are; NULL when c is 0.
func Div[T Number](a, c Operand[T]) Expr[float64] {
	return arith[float64](Cast[float64](a, float), "/", call{"NULLIF", []driver.Expr{c, text("0")}}, float)
}

// Exists holds when the query has a row.
func Exists(q Query) Cond {
	return Cond{n: driver.ExprFunc(func(b *driver.Builder) { b.SQL("EXISTS (").Expr(q).SQL(")") })}
}

// Scalar is the value of a query of one row and one column; NULL without a row.
// A query of several rows is a dberr.Invalid error when the statement runs, and
// one of several columns before that.
func Scalar[T any](q Query) Expr[T] {
	ty := typeFor[T]()
	if t, ok := q.(interface{ resultTypes() []Selectable }); ok && len(t.resultTypes()) == 1 {
		k := kindOf(t.resultTypes()[0])
		if _, ok := fieldOf(t.resultTypes()[0]); ok {
			k = resultTypesOf(q)[0]
		}
		if k.Kind != "" && k.Kind != schema.Other {
			ty = k
		}
	}
	return Expr[T]{ty: ty, n: driver.ExprFunc(func(b *driver.Builder) {
		inner := driver.ExprFunc(func(b *driver.Builder) {
			if _, ok := b.Dialect().(writing); ok {
				subquery(b, q)
			} else {
				b.Expr(q)
			}
		})
		if oneRow(b.Dialect(), q) {
			driver.WriteSubquery(b, inner)
			return
		}
		b.Dialect().SingleValue(b, inner)
		if n := len(q.resultColumns()); n > 1 {
			b.Fail(dberr.New(dberr.Invalid, nameOf(q),
				fmt.Sprintf("a query that stands for one value has one column, and this has %d; select the one that is meant", n)))
		}
	})}
}

// oneRow reports whether q is known to have one row at most: an aggregate of all
// rows, a limit of one, a whole primary key.
func oneRow(d driver.Dialect, q Query) bool {
	s, ok := q.(SelectStmt)
	if !ok || s.s == nil {
		return false
	}
	if l, ok := s.s.limit.(arg); ok && l.v == int64(1) || most(s) == 1 {
		return true
	}
	if len(s.s.group) > 0 {
		return false
	}
	own := driver.NewBuilder(d)
	return own.Watch(func() { s.s.writeColumns(own) }).Aggregate
}

// CaseExpr is CASE ... END under construction.
type CaseExpr[T any] struct {
	ty    schema.Type
	whens []when
}

type when struct {
	c Cond
	v driver.Expr
}

// Case starts a CASE of type T.
func Case[T any]() CaseExpr[T] { return CaseExpr[T]{ty: typeFor[T]()} }

// When adds a branch with a value.
func (c CaseExpr[T]) When(cond Cond, v T) CaseExpr[T] { return c.WhenTo(cond, Val(v)) }

// WhenTo adds a branch with an expression.
func (c CaseExpr[T]) WhenTo(cond Cond, v Operand[T]) CaseExpr[T] {
	c.whens = more(c.whens, when{cond, v})
	return c
}

// Else ends the CASE with a value for all other rows.
func (c CaseExpr[T]) Else(v T) Expr[T] { return c.ElseTo(Val(v)) }

// ElseTo ends the CASE with an expression for all other rows.
func (c CaseExpr[T]) ElseTo(v Operand[T]) Expr[T] { return c.end(v) }

// End ends the CASE; where no branch holds it is NULL.
func (c CaseExpr[T]) End() Expr[T] { return c.end(nil) }

func (c CaseExpr[T]) end(other driver.Expr) Expr[T] {
	if len(c.whens) == 0 {
		return failed[T](dberr.New(dberr.Invalid, "case", "a CASE has no branch; add one with When"))
	}
	whens, other, ty := c.alike(other)
	return Expr[T]{ty: ty, n: driver.ExprFunc(func(b *driver.Builder) {
		b.SQL("CASE")
		for _, w := range whens {
			b.SQL(" WHEN ").Expr(w.c).SQL(" THEN ").Expr(w.v)
		}
		if other != nil {
			b.SQL(" ELSE ").Expr(other)
		}
		b.SQL(" END")
	})}
}

// alike is the branches with their values in one type.
func (c CaseExpr[T]) alike(other driver.Expr) ([]when, driver.Expr, schema.Type) {
	var values []driver.Expr
	for _, w := range c.whens {
		values = append(values, w.v)
	}
	if other != nil {
		values = append(values, other)
	}
	if len(values) == 0 {
		return c.whens, other, c.ty
	}
	values, ty := alike(values)
	if !textual(ty.Kind) {
		ty = c.ty
	}
	whens := make([]when, len(c.whens))
	for i, w := range c.whens {
		whens[i] = when{w.c, values[i]}
	}
	if other != nil {
		other = values[len(whens)]
	}
	return whens, other, ty
}
