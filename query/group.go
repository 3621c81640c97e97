package query

import (
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// A column beside an aggregate, or in a group, that has several values there is
// refused: some engines take any of them, some none. In a group of the primary key
// every column of its table has one value.

// inHaving says where a column stands.
const inHaving = "stands in Having"

// groups is what is known of the groups of a statement while it is written.
type groups struct {
	n      *selectState
	single func(e driver.Expr) bool // the expression has one value in a group; nil without GroupBy
	made   bool                     // there are aggregate functions
	column string                   // the first one that has several values
	where  string                   // what is done with it
}

func (n *selectState) grouping(b *driver.Builder) *groups {
	g := &groups{n: n}
	if len(n.group) == 0 {
		return g
	}
	text := textOf(b)
	grouped := make(map[string]bool, 2*len(n.group))
	for _, e := range n.group {
		grouped[text(e)] = true
		grouped[text(grouping(e))] = true
	}
	g.single = func(e driver.Expr) bool {
		switch x := e.(type) {
		case arg, slot:
			return false
		case AnyColumn:
			ref := x.reference()
			return grouped[text(ref)] || keyed(ref, func(key colRef) bool { return grouped[text(key)] })
		case colRef:
			return grouped[text(x)] || keyed(x, func(key colRef) bool { return grouped[text(key)] })
		}
		return grouped[text(e)]
	}
	return g
}

// keyed reports whether has holds for the whole primary key of a column's table.
func keyed(ref colRef, has func(key colRef) bool) bool {
	key := ref.table.PrimaryKey
	return key != nil && !slices.ContainsFunc(key.Columns, func(name string) bool {
		return !has(colRef{table: ref.table, col: ref.table.Column(name), as: ref.as})
	})
}

// watch writes a part of the statement that stands beside its groups.
func (g *groups) watch(b *driver.Builder, where string, f func()) {
	made := b.Part(func() {
		if g.single != nil {
			b.Beside(g.single, f)
			return
		}
		f()
	})
	g.made = g.made || made.Aggregate
	if made.Window && where == inHaving {
		b.Fail(dberr.New(dberr.Invalid, g.n.name,
			"a window function stands in Having, ahead of which there are no windows; select it in a subquery, and its condition around that"))
	}
	if g.column == "" && len(made.Columns) > 0 {
		g.column, g.where = made.Columns[0], where
	}
}

// check says what is wrong with the statement.
func (g *groups) check() error {
	n := g.n
	switch {
	case len(n.group) == 0 && !g.made && len(n.having) > 0:
		return dberr.New(dberr.Invalid, n.name,
			"Having is a condition for groups, of which the statement has none; use Where, or add GroupBy")
	case g.column == "" || len(n.group) == 0 && !g.made:
		return nil
	case len(n.group) == 0:
		return dberr.New(dberr.Invalid, n.name,
			"column "+g.column+" "+g.where+
				" beside an aggregate function and is not grouped; add it to GroupBy, or select it in another statement")
	}
	return dberr.New(dberr.Invalid, n.name,
		"column "+g.column+" "+g.where+" and is not grouped; add it to GroupBy, or take an aggregate function of it")
}

// ofRows writes a part of a statement that is about single rows.
func ofRows(b *driver.Builder, where string, f func()) {
	made := b.Part(f)
	if made.Window {
		b.Fail(dberr.New(dberr.Invalid, "",
			"a window function stands in "+where+
				", ahead of which there are no windows; select it in a subquery, and its condition around that"))
	}
	if made.Aggregate {
		b.Fail(dberr.New(dberr.Invalid, "",
			"an aggregate function stands in "+where+", which is about single rows; use Having, or a subquery"))
	}
}
