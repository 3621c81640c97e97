package query

import (
	"strconv"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// DistinctOn keeps one row of those that are equal in the expressions: the first in
// the order of OrderBy, which it needs and which is also that of the result. NULLs
// are equal. Limit and Offset count the rows that are kept. The latest message of
// each chat:
//
//	query.SelectFrom(Messages).DistinctOn(MessageChat).OrderBy(MessageAt.Desc(), MessageID)
//
// Rows that are equal in the order, too, are kept one of, and which is for the
// engine to say. With Distinct, GroupBy, Page or a lock it is refused: select what
// is kept with Subquery, and the rest around it.
func (s SelectStmt) DistinctOn(exprs ...driver.Expr) SelectStmt {
	return s.with(func(n *selectState) { n.distinctOn = more(n.distinctOn, exprs...) })
}

const (
	keptName  = "larder_kept"
	keptPlace = "larder_place"
)

// writeDistinctOn writes the statement around one that numbers the rows which are
// equal.
func (n *selectState) writeDistinctOn(b *driver.Builder) {
	if err := n.keepsOne(); err != nil {
		b.Fail(err)
		return
	}
	inner := *n
	inner.distinctOn, inner.ctes, inner.order, inner.limit, inner.offset, inner.cols, inner.operand = nil, nil, nil, nil,
		nil, nil, false
	outer := selectState{name: n.name, ctes: n.ctes, limit: n.limit, offset: n.offset, operand: n.operand}
	add := func(e driver.Expr, ty schema.Type, prefix string, i int) Expr[any] {
		name := prefix + strconv.Itoa(i+1)
		inner.cols = append(inner.cols, Expr[any]{n: unlabelled(e), ty: ty, label: name})
		kept := Field[any](keptName, name)
		kept.ty = ty
		return kept
	}
	for i, c := range n.cols {
		kept := add(c, kindOf(c), "c", i)
		kept.name, kept.label = "", c.columnName()
		outer.cols = append(outer.cols, kept)
	}
	place := RowNumber().PartitionBy(n.distinctOn...)
	place.frame.order = n.order
	for i, o := range n.order {
		o.e = add(o.e, o.ty, "o", i).n
		outer.order = append(outer.order, o)
	}
	inner.cols = append(inner.cols, place.As(keptPlace))
	outer.from = Derived{sel: SelectStmt{s: &inner, m: &memo{}}, name: keptName}
	outer.where = []Cond{Field[int64](keptName, keptPlace).Eq(1)}
	SelectStmt{s: &outer, m: &memo{}}.WriteSQL(b)
}

// unlabelled is what a SELECT list has without the name that it has there.
func unlabelled(e driver.Expr) driver.Expr {
	return driver.ExprFunc(func(b *driver.Builder) { b.Expr(e) })
}

// keepsOne says why a statement cannot be DistinctOn.
func (n *selectState) keepsOne() error {
	var why string
	switch {
	case len(n.order) == 0:
		why = "keeps the first row in the order, and the statement has none; call OrderBy"
	case n.paged:
		why = "keeps rows of a page, not of all; page over its Subquery"
	case n.distinct:
		why = "keeps one row, and Distinct has nothing to leave out; take one of the two"
	case len(n.group) > 0 || len(n.having) > 0:
		why = "is of rows, not of groups; group in a Subquery"
	case n.lock != nil:
		why = "is of rows that are found in a subquery, which cannot be locked; lock them by their keys in a statement of their own"
	default:
		return nil
	}
	return dberr.New(dberr.Invalid, n.name, "DistinctOn "+why)
}
