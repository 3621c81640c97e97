package query

import (
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// others is what an UPDATE or a DELETE reads beside the table that it changes.
type others struct {
	from []Source
	ctes []*CTE
}

// From has the statement read another table, which Where joins to the one that is
// changed; assignments may take its values with SetTo. A row that goes with
// several of the other table takes the values of one of them, and which is for
// the engine to say. Such a statement has no Returning: where engines allow it
// they differ in what a column means there.
//
//	query.Update(Books).From(Prices).Set(BookPrice.SetTo(PriceAmount)).Where(PriceBook.EqTo(BookID))
func (s UpdateStmt) From(t *schema.Table) UpdateStmt { return s.FromItem(tableSource{t}) }

// FromItem is From for what is not a plain table: an alias, a derived table, a CTE.
func (s UpdateStmt) FromItem(src Source) UpdateStmt {
	return s.with(func(n *updateState) { n.others.from = more(n.others.from, src) })
}

// With defines CTEs for the statement, for FromItem. A subquery of a condition
// takes its own, with [SelectStmt.With], which every engine has.
func (s UpdateStmt) With(ctes ...*CTE) UpdateStmt {
	return s.with(func(n *updateState) { n.others.ctes = more(n.others.ctes, ctes...) })
}

// Using has the statement read another table, which Where joins to the one whose
// rows are deleted: those that go with at least one of its rows. Such a statement
// has no Returning.
func (s DeleteStmt) Using(t *schema.Table) DeleteStmt { return s.UsingItem(tableSource{t}) }

// UsingItem is Using for what is not a plain table: an alias, a derived table, a CTE.
func (s DeleteStmt) UsingItem(src Source) DeleteStmt {
	return s.with(func(n *deleteState) { n.others.from = more(n.others.from, src) })
}

// With defines CTEs for the statement, for UsingItem. A subquery of a condition
// takes its own, with [SelectStmt.With], which every engine has.
func (s DeleteStmt) With(ctes ...*CTE) DeleteStmt {
	return s.with(func(n *deleteState) { n.others.ctes = more(n.others.ctes, ctes...) })
}

// begin enters the scope of a statement that changes t, and writes its WITH; false
// when there is something that no engine has, or this one has not.
func (o others) begin(b *driver.Builder, t *schema.Table, returning []Selectable) bool {
	if len(o.from)+len(o.ctes) > 0 && len(returning) > 0 {
		b.Fail(dberr.New(dberr.Invalid, t.Name,
			"a statement that reads other tables has no Returning; select the rows in the same transaction"))
		return false
	}
	if len(o.ctes) > 0 {
		if b.Dialect().Has(driver.WriteCTE) {
			writeCTEs(b, o.ctes)
		} else if !slices.ContainsFunc(o.from, o.defines) {
			b.Fail(unsupported(b.Dialect(), "WITH for a statement that reads it in a condition; give With to the subquery"))
			return false
		}
	}
	b.Enter(writeScope{t, o.from})
	return true
}

// defines reports whether src is one of the CTEs.
func (o others) defines(src Source) bool {
	c, ok := src.(*CTE)
	return ok && slices.Contains(o.ctes, c)
}

// write writes the other sources behind a keyword. Where the statement cannot
// begin with WITH, each of its CTEs is a derived table that does; and where it
// cannot read the table that it writes, derived tables are found beforehand.
func (o others) write(b *driver.Builder, keyword string) {
	w, apart := b.Dialect().(writing)
	derived := func(name string, sel driver.Expr) {
		b.SQL("(")
		if apart {
			b.In(w.Dialect, driver.ExprFunc(func(b *driver.Builder) { b.Dialect().Materialized(b, sel) }))
		} else {
			b.Expr(sel)
		}
		b.SQL(") AS ").Ident(name)
	}
	b.SQL(keyword)
	b.List(len(o.from), func(i int) {
		switch src := o.from[i].(type) {
		case Derived:
			derived(src.name, src.sel)
			return
		case *CTE:
			if o.defines(src) && (apart || !b.Dialect().Has(driver.WriteCTE)) {
				derived(src.name, driver.ExprFunc(func(b *driver.Builder) {
					writeCTEs(b, o.ctes)
					b.SQL("SELECT * FROM ").Ident(src.name)
				}))
				return
			}
		}
		o.from[i].writeSource(b)
	})
}

// writeScope is that of a statement that changes one table and reads others.
type writeScope struct {
	t    *schema.Table
	from []Source
}

// Knows is for the builder.
func (s writeScope) Knows(name string, table bool) bool {
	return knows(tableSource{s.t}, name, table) ||
		slices.ContainsFunc(s.from, func(src Source) bool { return knows(src, name, table) })
}

// ColumnType is for the builder.
func (s writeScope) ColumnType(source, column string) schema.Type {
	return typeIn(more([]Source{tableSource{s.t}}, s.from...), source, column)
}

// Tables is for the builder.
func (s writeScope) Tables() []string {
	out := []string{s.t.Name}
	for _, src := range s.from {
		out = append(out, called(src))
	}
	return out
}
