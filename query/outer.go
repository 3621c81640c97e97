package query

import (
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

const (
	rightJoin = " RIGHT JOIN "
	fullJoin  = " FULL JOIN "
)

// RightJoin adds a right outer join: every row of t, with NULLs in place of what
// was there before where no row of that goes with it.
func (s SelectStmt) RightJoin(t *schema.Table, on ...Cond) SelectStmt {
	return s.RightJoinItem(tableSource{t}, on...)
}

// RightJoinItem is RightJoin for what is not a plain table. Elements of a document
// cannot be joined so: they are made of a row that there is.
func (s SelectStmt) RightJoinItem(src Source, on ...Cond) SelectStmt {
	return s.outerJoin(rightJoin, "RightJoin", src, on)
}

// FullJoin adds a full outer join: the rows that go together, and those of either
// side that go with none, with NULLs in place of the other. Where the engine lacks
// it, and where no condition is an equality of two columns, which is what engines
// have it for, it is a join from both sides; then a statement has one of them at
// most, and no RightJoin, and others are a dberr.Unsupported error.
func (s SelectStmt) FullJoin(t *schema.Table, on ...Cond) SelectStmt {
	return s.FullJoinItem(tableSource{t}, on...)
}

// FullJoinItem is FullJoin for what is not a plain table, but for elements of a
// document.
func (s SelectStmt) FullJoinItem(src Source, on ...Cond) SelectStmt {
	return s.outerJoin(fullJoin, "FullJoin", src, on)
}

func (s SelectStmt) outerJoin(kind, word string, src Source, on []Cond) SelectStmt {
	return s.with(func(n *selectState) {
		if _, ok := src.(Elements); ok && n.err == nil {
			n.err = dberr.New(dberr.Invalid, n.name,
				"elements of a document are of a row that there is, and cannot be there without one; use JoinItem or LeftJoinItem in place of "+word+"Item")
		}
		n.joins = more(n.joins, join{kind, src, on})
	})
}

// writeFrom writes what the statement reads, and returns a condition for its rows
// that comes of that.
func (n *selectState) writeFrom(b *driver.Builder) Cond {
	if n.from == nil {
		if len(n.joins) > 0 {
			b.Fail(dberr.New(dberr.Invalid, n.name, "the statement joins a table to nothing; say with From what is read first"))
		}
		return Cond{}
	}
	b.SQL(" FROM ")
	at := n.emulated(b.Dialect())
	if at < 0 {
		n.writeSource(b, n.from)
		n.writeJoins(b, n.joins)
		return Cond{}
	}
	return n.writeFull(b, at)
}

// writeSource writes something that the statement reads. A subquery sees nothing of
// what stands beside it.
func (n *selectState) writeSource(b *driver.Builder, src Source) {
	switch src.(type) {
	case Derived, markedSource:
		b.Apart(func() { src.writeSource(b) })
	default:
		src.writeSource(b)
	}
}

func (n *selectState) writeJoins(b *driver.Builder, joins []join) {
	for _, j := range joins {
		b.SQL(j.kind)
		n.writeSource(b, j.src)
		if j.kind != crossJoin {
			b.SQL(" ON ").Expr(And(j.on...))
		}
	}
}

// emulated is the place of a full join that is not the engine's; -1 without one.
func (n *selectState) emulated(d driver.Dialect) int {
	for i, j := range n.joins {
		if j.kind == fullJoin && !(d.Has(driver.FullJoin) && equates(j.on)) {
			return i
		}
	}
	return -1
}

// equates reports whether one of the conditions, all of which hold, is that two
// columns or expressions are equal.
func equates(on []Cond) bool {
	for _, c := range on {
		switch x := c.n.(type) {
		case binary:
			switch x.c.(type) {
			case arg, slot, text:
				continue
			}
			if x.op == " = " {
				return true
			}
		case junction:
			if x.op == " AND " && equates(x.conds) {
				return true
			}
		}
	}
	return false
}

const (
	sidesName = "larder_sides" // two rows, one for each side of a full join
	sideName  = "larder_side"
	hereName  = "larder_here" // is not NULL where a row of a source is there
)

// writeFull writes the full join at a place as a left join from both sides: for
// the first side the rows of what comes before with those that go with them, for
// the second what goes with none. In place of what a side has not there are NULLs;
// a side without any rows leaves one in which nothing is, which the condition that
// is returned leaves out.
func (n *selectState) writeFull(b *driver.Builder, at int) Cond {
	for i, j := range n.joins {
		if i != at && (j.kind == fullJoin || j.kind == rightJoin) {
			e := dberr.New(dberr.Unsupported, n.name,
				"a FullJoin beside another, or beside a RightJoin, is not something this engine can do for such conditions; join the rows of one in a subquery, with Subquery and FullJoinItem")
			e.Engine = b.Dialect().Engine()
			b.Fail(e)
			return Cond{}
		}
	}
	full := n.joins[at]
	on := And(full.on...)
	left, leftHere := marked(n.from)
	right, rightHere := marked(full.src)
	side := func(number string) { b.Ident(sidesName).SQL(".").Ident(sideName).SQL(" = " + number) }
	b.SQL("(SELECT 1 AS ").Ident(sideName).SQL(" UNION ALL SELECT 2) AS ").Ident(sidesName)
	before := func() {
		n.writeSource(b, left)
		n.writeJoins(b, n.joins[:at])
	}
	b.SQL(" LEFT JOIN ")
	if at > 0 {
		b.SQL("(")
	}
	before()
	if at > 0 {
		b.SQL(")")
	}
	b.SQL(" ON ")
	side("1")
	b.SQL(" LEFT JOIN ")
	n.writeSource(b, right)
	b.SQL(" ON (")
	side("1")
	b.SQL(" AND (").Expr(on).SQL(") OR ")
	side("2")
	b.SQL(" AND NOT EXISTS (SELECT 1 FROM ")
	before()
	b.SQL(" WHERE ").Expr(on).SQL("))")
	n.writeJoins(b, n.joins[at+1:])
	return Or(Cond{n: suffixed{leftHere, " IS NOT NULL"}}, Cond{n: suffixed{rightHere, " IS NOT NULL"}})
}

// marked is a source with what is not NULL in each of its rows: a column that
// cannot be, or one that is added.
func marked(src Source) (Source, driver.Expr) {
	var t *schema.Table
	switch s := src.(type) {
	case tableSource:
		t = s.t
	case Alias:
		t = s.t
	}
	name := called(src)
	here := func(column string) driver.Expr {
		return driver.ExprFunc(func(b *driver.Builder) { b.Ident(name).SQL(".").Ident(column) })
	}
	if t != nil {
		for _, c := range t.Columns {
			if !c.Nullable {
				return src, here(c.Name)
			}
		}
	}
	return markedSource{src}, here(hereName)
}

// markedSource is a source with a column that is not NULL.
type markedSource struct{ Source }

func (m markedSource) writeSource(b *driver.Builder) {
	name := called(m.Source)
	b.SQL("(SELECT ").Ident(name).SQL(".*, 1 AS ").Ident(hereName).SQL(" FROM ")
	m.Source.writeSource(b)
	b.SQL(") AS ").Ident(name)
}
