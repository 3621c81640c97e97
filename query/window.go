package query

import (
	"strconv"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// Frame is a set of rows around the current one: how they are divided, in which
// order they are, and how many of them count. The zero Frame is all rows. It may
// be used by several functions: Over(Sum(n)).In(f). Its methods return changed copies.
type Frame struct {
	partition []driver.Expr
	order     []Order
	unit      string // ROWS or RANGE; empty for the default
	from, to  Bound
}

// Bound is one end of the rows that count.
type Bound struct {
	n    int
	text string // behind the number, if there is one
	unit bool   // n counts
	at   int    // the order of bounds
}

// Preceding is n rows before the current one; with Range, a value that is less by n.
func Preceding(n int) Bound { return Bound{n: n, text: " PRECEDING", unit: true, at: 1} }

// Following is n rows behind the current one; with Range, a value that is greater by n.
func Following(n int) Bound { return Bound{n: n, text: " FOLLOWING", unit: true, at: 3} }

// CurrentRow is the row itself; with Range, all rows that are equal to it in the order.
func CurrentRow() Bound { return Bound{text: "CURRENT ROW", at: 2} }

// FirstRow is the first row of the partition: UNBOUNDED PRECEDING.
func FirstRow() Bound { return Bound{text: "UNBOUNDED PRECEDING"} }

// LastRow is the last row of the partition: UNBOUNDED FOLLOWING.
func LastRow() Bound { return Bound{text: "UNBOUNDED FOLLOWING", at: 4} }

// String is the bound as SQL spells it: "2 PRECEDING".
func (d Bound) String() string {
	if d.unit {
		return strconv.Itoa(d.n) + d.text
	}
	return d.text
}

// PartitionBy divides the rows.
func (f Frame) PartitionBy(exprs ...driver.Expr) Frame {
	f.partition = more(f.partition, exprs...)
	return f
}

// OrderBy orders the rows of a partition.
func (f Frame) OrderBy(items ...Ordering) Frame {
	for _, it := range items {
		f.order = more(f.order, it.order())
	}
	return f
}

// Rows counts the rows from one to another, in the order of the partition.
func (f Frame) Rows(from, to Bound) Frame { f.unit, f.from, f.to = "ROWS", from, to; return f }

// Range counts the rows whose value in the order lies between two bounds. With
// Preceding or Following the order is one number.
func (f Frame) Range(from, to Bound) Frame { f.unit, f.from, f.to = "RANGE", from, to; return f }

// check says what no engine would take, or would take for something else.
func (f Frame) check() error {
	fail := func(why string) error { return dberr.New(dberr.Invalid, "window", why) }
	switch {
	case f.unit == "":
		return nil
	case f.from.text == "" || f.to.text == "":
		return fail("a frame has two bounds; use FirstRow, Preceding, CurrentRow, Following or LastRow")
	case f.from.n < 0 || f.to.n < 0:
		return fail("the number of rows of a frame is negative; use Preceding for rows before and Following for rows behind")
	case f.from.at > f.to.at || f.from.at == 4 || f.to.at == 0 ||
		f.from.at == f.to.at && (f.from.n-f.to.n)*(2-f.from.at) < 0:
		return fail("the frame ends before it begins; exchange its bounds")
	case f.unit == "RANGE" && (f.from.unit || f.to.unit) && (len(f.order) != 1 || !counts(f.order[0].ty.Kind)):
		return fail("a range by numbers goes by one number in the order; order by one whole number or float, or count Rows")
	}
	return nil
}

// counts reports whether every engine adds a number to a value of that kind.
func counts(k schema.Kind) bool { return k.IsWhole() || k == schema.Float }

func (f Frame) write(b *driver.Builder) {
	if err := f.check(); err != nil {
		b.Fail(err)
		return
	}
	gap := ""
	part := func(keyword string) {
		b.SQL(gap + keyword)
		gap = " "
	}
	if len(f.partition) > 0 {
		part("PARTITION BY ")
		b.List(len(f.partition), func(i int) { b.Expr(grouping(f.partition[i])) })
	}
	if len(f.order) > 0 {
		part("ORDER BY ")
		b.List(len(f.order), func(i int) { b.Expr(f.order[i]) })
	}
	if f.unit != "" {
		part(f.unit + " BETWEEN " + f.from.String() + " AND " + f.to.String())
	}
}

// Window is an aggregate or window function over a window under construction.
type Window[T any] struct {
	fn    driver.Expr
	ty    schema.Type
	frame Frame
}

// Over makes a window function of an aggregate: Sum, Avg, Min, Max, CountAll,
// CountOf, AvgTo, or a function called with [Func]. What is calculated from the
// result comes behind: Over(Sum(n)).OrderBy(id).Expr().Plus(1).
func Over[T any](e Expr[T]) Window[T] {
	switch n := e.n.(type) {
	case aggregate:
		if n.ordered {
			return Window[T]{ty: e.ty,
				fn: failed[T](dberr.New(dberr.Invalid, "window",
					"JoinText and JSONArray are of groups alone; take them in a subquery"))}
		}
		return Window[T]{fn: e.n, ty: e.ty}
	case call, text:
		return Window[T]{fn: e.n, ty: e.ty}
	}
	return Window[T]{ty: e.ty, fn: failed[T](dberr.New(dberr.Invalid, "window",
		"Over takes an aggregate function itself, such as Sum; calculate with what comes of it, and count different values in a subquery"))}
}

// RowNumber numbers the rows of a partition from 1.
func RowNumber() Window[int64] { return Window[int64]{fn: text("ROW_NUMBER()"), ty: bigint} }

// Rank is the place of a row in its partition; equals share one, and as many places behind it are free.
func Rank() Window[int64] { return Window[int64]{fn: text("RANK()"), ty: bigint} }

// DenseRank is Rank without free places.
func DenseRank() Window[int64] { return Window[int64]{fn: text("DENSE_RANK()"), ty: bigint} }

// Lag is the value of e in the row before; NULL in the first.
func Lag[T any](e Operand[T]) Window[T] { return windowed("LAG", e) }

// Lead is the value of e in the next row; NULL in the last.
func Lead[T any](e Operand[T]) Window[T] { return windowed("LEAD", e) }

// FirstValue is the value of e in the first row of the frame.
func FirstValue[T any](e Operand[T]) Window[T] { return windowed("FIRST_VALUE", e) }

// LastValue is the value of e in the last row of the frame, which is the current
// one and its equals unless Rows or Range says otherwise.
func LastValue[T any](e Operand[T]) Window[T] { return windowed("LAST_VALUE", e) }

func windowed[T any](name string, e Operand[T]) Window[T] {
	return Window[T]{fn: call{name, []driver.Expr{e}}, ty: e.SQLType()}
}

// In takes the window from a [Frame] that was made before, for functions that share one.
func (w Window[T]) In(f Frame) Window[T] { w.frame = f; return w }

// PartitionBy divides the rows.
func (w Window[T]) PartitionBy(exprs ...driver.Expr) Window[T] {
	w.frame = w.frame.PartitionBy(exprs...)
	return w
}

// OrderBy orders the rows of a partition.
func (w Window[T]) OrderBy(items ...Ordering) Window[T] {
	w.frame = w.frame.OrderBy(items...)
	return w
}

// Rows counts the rows from one to another, as [Frame.Rows] does.
func (w Window[T]) Rows(from, to Bound) Window[T] { w.frame = w.frame.Rows(from, to); return w }

// Range counts the rows between two values of the order, as [Frame.Range] does.
func (w Window[T]) Range(from, to Bound) Window[T] { w.frame = w.frame.Range(from, to); return w }

// Expr is the finished expression.
func (w Window[T]) Expr() Expr[T] {
	return Expr[T]{ty: w.ty, n: driver.ExprFunc(func(b *driver.Builder) {
		if !b.Dialect().Has(driver.Windows) {
			b.Fail(unsupported(b.Dialect(), "a window function"))
			return
		}
		b.Windowed()
		over := func() {
			b.SQL(" OVER (")
			w.frame.write(b)
			b.SQL(")")
		}
		if a, ok := w.fn.(aggregate); ok {
			a.write(b, over)
			return
		}
		if w.fn == countAll {
			b.SQL(string(countAll)) // it counts the rows of the window: nothing is grouped
		} else {
			b.Expr(w.fn)
		}
		over()
	})}
}

// As is Expr under a name.
func (w Window[T]) As(name string) Expr[T] { return w.Expr().As(name) }
