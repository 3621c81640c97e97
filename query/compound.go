package query

import (
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// CompoundStmt is the union, difference or intersection of queries with the
// same columns. Its methods return changed copies.
type CompoundStmt struct {
	c    compound
	name string
	ctes []*CTE
	tail []Order
	lim  driver.Expr
	off  driver.Expr
	m    *memo
}

type compound struct {
	op    string
	parts []Query
	bare  bool // the parts stand as they are: for a recursive CTE, whose reference must be on top
	set   bool // EXCEPT or INTERSECT
}

// Union is the rows of all queries, each row once.
func Union(parts ...Query) CompoundStmt { return compoundOf(" UNION ", false, parts) }

// UnionAll is the rows of all queries.
func UnionAll(parts ...Query) CompoundStmt { return compoundOf(unionAll, false, parts) }

const unionAll = " UNION ALL "

// Except is the rows of the first query that none of the others has.
func Except(parts ...Query) CompoundStmt { return compoundOf(" EXCEPT ", true, parts) }

// Intersect is the rows that all queries have.
func Intersect(parts ...Query) CompoundStmt { return compoundOf(" INTERSECT ", true, parts) }

func compoundOf(op string, set bool, parts []Query) CompoundStmt {
	return CompoundStmt{c: compound{op: op, set: set, parts: parts}, m: &memo{}}
}

// Named names the statement for logs and metrics.
func (s CompoundStmt) Named(name string) CompoundStmt { s.name, s.m = name, &memo{}; return s }

// With defines CTEs for the statement.
func (s CompoundStmt) With(ctes ...*CTE) CompoundStmt {
	s.ctes, s.m = more(s.ctes, ctes...), &memo{}
	return s
}

// OrderBy orders the whole by columns of the result, named as in the first query.
func (s CompoundStmt) OrderBy(items ...ResultOrder) CompoundStmt {
	for _, it := range items {
		s.tail = more(s.tail, Order(it))
	}
	s.m = &memo{}
	return s
}

// ResultOrder orders the rows of a union by one of its columns.
type ResultOrder Order

// ByColumn orders by the result column of that name.
func ByColumn(name string, desc bool) ResultOrder {
	return ResultOrder{desc: desc, e: resultColumn(name)}
}

// resultColumn is a column of the result by its name.
type resultColumn string

func (c resultColumn) WriteSQL(b *driver.Builder) { b.Ident(string(c)) }

// known refuses an order by what is no column of the result.
func (s CompoundStmt) known() error {
	names := s.resultColumns()
	for _, o := range s.tail {
		c, ok := o.e.(resultColumn)
		if ok && names != nil && !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, string(c)) }) {
			return dberr.New(dberr.Invalid, s.name,
				"the result has no column "+string(c)+" to be ordered by (it has "+strings.Join(names, ", ")+
					"); correct the name, or give it with As in the first query")
		}
	}
	return nil
}

// Limit reads at most n rows of the whole.
func (s CompoundStmt) Limit(n int) CompoundStmt {
	s.lim, s.m = (&selectState{}).count("limit", n), &memo{}
	return s
}

// Offset leaves out the first n rows of the whole.
func (s CompoundStmt) Offset(n int) CompoundStmt {
	s.off, s.m = (&selectState{}).count("offset", n), &memo{}
	return s
}

// Subquery is the statement as a derived table.
func (s CompoundStmt) Subquery(name string) Derived { return Derived{sel: s, name: name} }

// WriteSQL writes the statement without parentheses.
func (s CompoundStmt) WriteSQL(b *driver.Builder) {
	if err := s.known(); err != nil {
		b.Fail(err)
		return
	}
	writeCTEs(b, s.ctes)
	s.c.WriteSQL(b)
	writeTail(b, s.tail, s.lim, s.off)
}

func (s CompoundStmt) compile(d driver.Dialect) (*compiled, error) {
	return compile(s.m, d, s.name, false, s)
}

func (s CompoundStmt) resultTypes() []Selectable { return s.c.resultTypes() }

func (s CompoundStmt) resultColumns() []string { return s.c.resultColumns() }

func (c compound) WriteSQL(b *driver.Builder) {
	if c.set && !b.Dialect().Has(driver.SetOperations) {
		b.Fail(unsupported(b.Dialect(), "EXCEPT or INTERSECT"))
		return
	}
	types, err := c.unified()
	if err != nil {
		b.Fail(err)
		return
	}
	for i, p := range c.parts {
		if i > 0 {
			b.SQL(c.op)
		}
		if c.op != unionAll {
			p = operand(p)
		}
		p = becoming(p, types, c.bare)
		if c.bare || plain(p) {
			b.Expr(p)
			continue
		}
		// Parentheses around an operand are not understood everywhere; a
		// derived table is.
		b.SQL("SELECT * FROM (").Expr(p).SQL(") AS ").Ident("part" + strconv.Itoa(i+1))
	}
}

// operand is p as a part of a set of rows: equal ones are one.
func operand(p Query) Query {
	switch q := p.(type) {
	case SelectStmt:
		return q.with(func(n *selectState) { n.operand = true })
	case CompoundStmt:
		parts := make([]Query, len(q.c.parts))
		for i, x := range q.c.parts {
			parts[i] = operand(x)
		}
		q.c.parts, q.m = parts, &memo{}
		return q
	}
	return p
}

// plain reports whether p can be an operand as it is.
func plain(p Query) bool {
	s, ok := p.(SelectStmt)
	return ok && s.s != nil && len(s.s.order) == 0 && s.s.limit == nil && s.s.offset == nil && len(s.s.ctes) == 0 &&
		s.s.lock == nil
}

func (c compound) compile(d driver.Dialect) (*compiled, error) { return compile(nil, d, "", false, c) }

func (c compound) resultTypes() []Selectable {
	if len(c.parts) == 0 {
		return nil
	}
	if t, ok := c.parts[0].(interface{ resultTypes() []Selectable }); ok {
		return t.resultTypes()
	}
	return nil
}

func (c compound) resultColumns() []string {
	if len(c.parts) == 0 {
		return nil
	}
	return c.parts[0].resultColumns()
}
