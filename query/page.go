package query

import (
	"fmt"

	"github.com/larder-db/larder/dberr"
)

// Page reads the next n rows behind a place in the order, without counting off
// the rows before it. after holds the values that the last row of the page
// before has in the columns of OrderBy, nil for NULL; none is the first page.
// The order must end in a unique column, or rows that are equal are lost.
// NULLs stand behind all values in each direction unless the order says otherwise.
func (s SelectStmt) Page(n int, after ...any) SelectStmt {
	s = s.with(func(st *selectState) {
		st.paged = true
		order := make([]Order, len(st.order))
		for i, o := range st.order {
			if o.nulls == 0 && o.nullable() {
				o.nulls = 2
			}
			order[i] = o
		}
		st.order = order
		switch {
		case len(order) == 0:
			st.err = dberr.New(dberr.Invalid, st.name, "Page needs an order; call OrderBy before")
		case len(after) > 0 && len(after) != len(order):
			st.err = dberr.New(dberr.Invalid, st.name,
				fmt.Sprintf("the place of a page has %d values and the order %d columns", len(after), len(order)))
		}
	})
	if s.s.err == nil && len(after) > 0 {
		s = s.Where(behind(s.s.order, after))
	}
	return s.Limit(n)
}

// nullable reports whether the item can be NULL: all but columns that are
// declared otherwise.
func (o Order) nullable() bool {
	r, ok := o.e.(colRef)
	return !ok || r.col.Nullable
}

// behind holds for the rows that come after the one with these values:
// (a > ?) OR (a = ? AND b > ?) OR ...
func behind(order []Order, after []any) Cond {
	var alternatives []Cond
	var equal []Cond
	for i, o := range order {
		if next, ok := o.beyond(after[i]); ok {
			alternatives = append(alternatives, And(append(append([]Cond{}, equal...), next)...))
		}
		equal = append(equal, o.same(after[i]))
	}
	return Or(alternatives...)
}

// beyond holds for values behind v in the item's order; false when there are none.
func (o Order) beyond(v any) (Cond, bool) {
	isNull := Cond{n: suffixed{o.e, " IS NULL"}}
	if v == nil {
		return Cond{n: suffixed{o.e, " IS NOT NULL"}}, o.nulls == 1
	}
	op := " > "
	if o.desc {
		op = " < "
	}
	c := Cond{n: compare(o.e, o.ty, op, o.bound(v))}
	if o.nulls == 2 && o.nullable() {
		c = Or(c, isNull)
	}
	return c, true
}

func (o Order) same(v any) Cond {
	if v == nil {
		return Cond{n: suffixed{o.e, " IS NULL"}}
	}
	return Cond{n: compare(o.e, o.ty, " = ", o.bound(v))}
}
