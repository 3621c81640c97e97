package query

import (
	"encoding/json"
	"fmt"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// inlineList is the longest list that is bound value by value. Longer ones go
// as one JSON array where the type has an exact spelling there.
const inlineList = 512

// In holds when e equals one of the values; with none it is false.
func (e Expr[T]) In(values ...T) Cond { return e.in(values, false) }

// NotIn holds when e equals none of the values; with none it is true, also
// for NULL.
func (e Expr[T]) NotIn(values ...T) Cond { return e.in(values, true) }

func (e Expr[T]) in(values []T, not bool) Cond {
	if len(values) == 0 {
		return constant(not)
	}
	return Cond{n: inNode[T]{e: e, values: values, not: not}}
}

type inNode[T any] struct {
	e      Expr[T]
	values []T
	not    bool
}

func (n inNode[T]) WriteSQL(b *driver.Builder) {
	if len(n.values) > inlineList && arrayable(n.e.ty.Kind) {
		n.writeArray(b)
		return
	}
	if max := b.Dialect().Limits().BindArgs; max > 0 && len(n.values) > max {
		b.Fail(dberr.New(dberr.TooLarge, n.e.of,
			fmt.Sprintf("the list has %d values and the engine takes %d in one statement; send it in parts",
				len(n.values), max)))
		return
	}
	// The last value is repeated up to the next power of two, so that lists of
	// many lengths make few different texts.
	values := make([]driver.Expr, padded(len(n.values)))
	for i := range values {
		values[i] = n.e.bind(n.values[min(i, len(n.values)-1)])
	}
	if n.e.ty.Kind == schema.DateTime {
		b.Dialect().InstantIn(b, n.e.n, values, n.not)
		return
	}
	for i := range values {
		values[i] = meant(values[i], compared(n.e.ty))
	}
	driver.WriteIn(b, meant(n.e.n, n.e.ty), values, n.not)
}

func (n inNode[T]) writeArray(b *driver.Builder) {
	ty := compared(n.e.ty)
	array := make([]any, len(n.values))
	for i, v := range n.values {
		x, err := encode(b.Dialect(), ty, v)
		if err != nil {
			b.Fail(named(err, n.e.of))
			return
		}
		array[i] = x
	}
	t, err := json.Marshal(array)
	if err != nil {
		b.Fail(dberr.New(dberr.Invalid, n.e.of, "the list holds a value that JSON cannot spell"))
		return
	}
	b.Dialect().InArray(b, n.e.n, ty, string(t), n.not)
}

func arrayable(k schema.Kind) bool {
	switch k {
	case schema.String, schema.Text, schema.Enum, schema.UUID, schema.Integer, schema.BigInt, schema.SmallInt:
		return true
	}
	return false
}

func padded(n int) int {
	if n > inlineList {
		return n
	}
	p := 1
	for p < n {
		p *= 2
	}
	return p
}

// InQuery holds when the one column of q has e among its rows.
func (e Expr[T]) InQuery(q Query) Cond { return e.inQuery(q, " IN (") }

// NotInQuery is the opposite; as in SQL it holds for nothing when q gives a NULL.
func (e Expr[T]) NotInQuery(q Query) Cond { return e.inQuery(q, " NOT IN (") }

func (e Expr[T]) inQuery(q Query, op string) Cond {
	return Cond{n: driver.ExprFunc(func(b *driver.Builder) {
		left, ty := e.n, e.ty
		if f, ok := left.(field); ok {
			left, ty = f.asItem(), f.asItem().as(f.own(b))
		}
		q := q
		if types := resultTypesOf(q); len(types) == 1 && types[0].Kind != "" && ty.Kind != "" && !oneType(ty, types[0]) &&
			(textual(ty.Kind) || textual(types[0].Kind)) {
			if textual(ty.Kind) {
				left = castText(left)
			}
			types[0] = plainT
			q = becoming(q, types, false)
		}
		if ty.Kind == schema.Numeric {
			left, q = grouping(typed(left, ty)), operand(q)
		}
		b.Expr(left).SQL(op)
		subquery(b, q)
		b.SQL(")")
	})}
}

// TupleExpr is several columns compared together.
type TupleExpr struct{ cols []AnyColumn }

// Tuple compares several columns together: Tuple(a, b).In([]any{1, "x"}, ...).
func Tuple(cols ...AnyColumn) TupleExpr { return TupleExpr{cols} }

// In holds when the columns equal one of the rows; with none it is false.
func (t TupleExpr) In(rows ...[]any) Cond { return t.in(rows, false) }

// NotIn holds when the columns equal none of the rows; with none it is true.
func (t TupleExpr) NotIn(rows ...[]any) Cond { return t.in(rows, true) }

func (t TupleExpr) in(rows [][]any, not bool) Cond {
	if len(rows) == 0 {
		return Expr[bool]{}.in(nil, not)
	}
	return Cond{n: driver.ExprFunc(func(b *driver.Builder) {
		if max := b.Dialect().Limits().BindArgs; max > 0 && len(rows)*len(t.cols) > max {
			b.Fail(dberr.New(dberr.TooLarge, "tuple list",
				fmt.Sprintf("the list has %d values and the engine takes %d in one statement; send it in parts",
					len(rows)*len(t.cols), max)))
			return
		}
		left := make([]driver.Expr, len(t.cols))
		for i, c := range t.cols {
			left[i] = exactly(c, c.reference().col.Type)
		}
		out := make([][]driver.Expr, len(rows))
		for i, row := range rows {
			if len(row) != len(t.cols) {
				b.Fail(dberr.New(dberr.Invalid, "tuple list",
					fmt.Sprintf("row %d has %d values for %d columns", i, len(row), len(t.cols))))
				return
			}
			for j, v := range row {
				r := t.cols[j].reference()
				out[i] = append(out[i], exactly(arg{ty: compared(r.col.Type), of: r.String(), v: v}, compared(r.col.Type)))
			}
		}
		b.Dialect().TupleIn(b, left, out, not)
	})}
}
