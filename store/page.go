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
	n = min(max(n, 1), math.MaxInt32)
	return Page{Limit: PageSize, Offset: (n - 1) * PageSize}
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
