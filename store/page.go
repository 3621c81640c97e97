package store

import (
	"math"

	"github.com/larder-db/larder/query"
)

// PageSize is how many rows a page of the REST API has.
const PageSize = 60

// Page is a part of a list. The zero value is all of it. Lists that are long
// are read faster by key: see ChatFilter.After.
type Page struct {
	Limit  int // rows at most; 0 is all
	Offset int // rows to leave out
}

// PageNumber is page n of PageSize rows, counted from 1; what is below counts
// as 1.
func PageNumber(n int) Page {
	return PageOf(n, PageSize)
}

// PageOf is page n of so many rows, counted from 1; what is below counts as 1.
func PageOf(n, rows int) Page {
	n = min(max(n, 1), math.MaxInt32)
	return Page{Limit: rows, Offset: (n - 1) * rows}
}

func (p Page) apply(st query.SelectStmt) query.SelectStmt {
	if p.Limit > 0 {
		st = st.Limit(p.Limit)
	}
	if p.Offset > 0 {
		st = st.Offset(p.Offset)
	}
	return st
}

// pageOf is the page of what was read whole.
func pageOf[T any](all []T, p Page) []T {
	all = all[min(p.Offset, len(all)):]
	if p.Limit > 0 {
		all = all[:min(p.Limit, len(all))]
	}
	return all
}

// sortable is a column that lists can be sorted by.
type sortable interface {
	Asc() query.Order
	Desc() query.Order
}

// sorted is the order by one of columns, downwards unless ascending; an unknown
// name is that of the standard one.
func sorted(by string, ascending bool, standard sortable, columns map[string]sortable) query.Ordering {
	c, ok := columns[by]
	if !ok {
		c = standard
	}
	if ascending {
		return c.Asc()
	}
	return c.Desc()
}

// when is the condition, or none.
func when(use bool, c query.Cond) query.Cond {
	if use {
		return c
	}
	return query.Cond{}
}

func collect[T, V any](list []T, of func(T) V) []V {
	out := make([]V, len(list))
	for i, x := range list {
		out[i] = of(x)
	}
	return out
}
