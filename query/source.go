package query

import (
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// Source is something to select from: an [Alias], a [Derived] table, a [CTE].
type Source interface {
	writeSource(b *driver.Builder)
}

// writeTable writes the name of a table in FROM, or of one that is changed. Its
// columns name it without its schema, which every engine takes.
func writeTable(b *driver.Builder, t *schema.Table) *driver.Builder {
	if t.Schema != "" {
		b.Ident(t.Schema).SQL(".")
	}
	return b.Ident(t.Name)
}

type tableSource struct{ t *schema.Table }

func (s tableSource) writeSource(b *driver.Builder) { writeTable(b, s.t) }

// Alias is a table under another name in one statement.
type Alias struct {
	t    *schema.Table
	name string
}

// As is t under the name given; its columns are c.Of(alias).
func As(t *schema.Table, name string) Alias { return Alias{t, name} }

// Table is the table behind the alias, as it was declared; never nil.
func (a Alias) Table() *schema.Table { return a.t }

func (a Alias) writeSource(b *driver.Builder) { writeTable(b, a.t).SQL(" AS ").Ident(a.name) }

// Derived is a subquery in FROM.
type Derived struct {
	sel  Query
	name string
}

func (d Derived) writeSource(b *driver.Builder) { b.SQL("(").Expr(d.sel).SQL(") AS ").Ident(d.name) }

// CTE is a common table expression: a named subquery of a WITH clause.
type CTE struct {
	name      string
	columns   []string
	recursive bool
	body      Query
}

// With names a subquery. Select from it with FromItem or JoinItem, and hand it
// to the statement with the With method. Its columns are those of the subquery, by
// their names there, and are read with [Field].
func With(name string, sel Query) *CTE {
	return &CTE{name: name, body: sel, columns: sel.resultColumns()}
}

// WithRecursive names a subquery that refers to itself: the rows of base, then
// again and again the rows of step over the rows found last, until there are
// no more. With distinct, rows found before are left out, which ends cycles.
func WithRecursive(name string, base SelectStmt, distinct bool, step func(self *CTE) SelectStmt) *CTE {
	c := &CTE{name: name, recursive: true, columns: base.resultColumns()}
	op := " UNION ALL "
	if distinct {
		op = " UNION "
	}
	c.body = compound{op: op, parts: []Query{base, step(c)}, bare: true}
	return c
}

func (c *CTE) writeSource(b *driver.Builder) { b.Ident(c.name) }

func (c *CTE) writeDefinition(b *driver.Builder) {
	b.Ident(c.name).SQL(" (")
	b.List(len(c.columns), func(i int) { b.Ident(c.columns[i]) })
	b.SQL(") AS (").Expr(c.body).SQL(")")
}

// Query is a statement that can stand inside of another: a SELECT or a UNION
// of some.
type Query interface {
	driver.Expr
	Reader
	resultColumns() []string
}
