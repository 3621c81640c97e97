package query

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// InsertStmt is an INSERT. Its methods return changed copies.
type InsertStmt struct {
	s *insertState
	m *memo
}

type insertState struct {
	name      string
	table     *schema.Table
	fields    fieldColumns
	cols      []*schema.Column
	rows      [][]driver.Expr
	room      *room // behind rows
	from      Query
	upsert    *upsert
	returning []Selectable
	err       error
}

type upsert struct {
	target []AnyColumn
	key    string // the name of the key that decides, instead of its columns
	update []AnyColumn
	set    []Assignment
	own    []Assignment // what Go gives to columns that are not set
	where  []Cond
}

// Insert starts an INSERT into t. Without values it inserts one row of defaults.
func Insert(t *schema.Table) InsertStmt {
	return InsertStmt{s: &insertState{table: t}, m: &memo{}}
}

// InsertRows is an INSERT of rows, whose fields have db tags.
func InsertRows[T any](t *schema.Table, rows []T) InsertStmt {
	s := Insert(t)
	n := *s.s
	for i := range rows {
		n.addStruct(&rows[i])
	}
	if len(rows) == 0 {
		n.err = dberr.New(dberr.Invalid, t.Name, "there are no rows to insert")
	}
	return InsertStmt{s: &n, m: &memo{}}
}

func (s InsertStmt) with(f func(*insertState)) InsertStmt {
	n := *s.s
	f(&n)
	return InsertStmt{s: &n, m: &memo{}}
}

// Named names the statement for logs, metrics and query counts.
func (s InsertStmt) Named(name string) InsertStmt {
	return s.with(func(n *insertState) { n.name = name })
}

// Values adds a row. Every row names the same columns.
func (s InsertStmt) Values(values ...Assignment) InsertStmt {
	return s.with(func(n *insertState) {
		cols := make([]*schema.Column, len(values))
		row := make([]driver.Expr, len(values))
		for i, v := range values {
			if v.col.table != n.table {
				n.fail(fmt.Sprintf("column %s is not one of the table", v.col))
				return
			}
			cols[i], row[i] = v.col.col, v.value
		}
		n.addRow(cols, row)
	})
}

// Row adds a row from a struct: its fields with db tags, each of which names a
// column of the table. Zero fields of identity columns are omitted: the server
// assigns them; those of columns with a [Default] take that. A field that is only read says so: `db:"comments,readonly"`.
func (s InsertStmt) Row(v any) InsertStmt { return s.with(func(n *insertState) { n.addStruct(v) }) }

// Map adds a row from values by column name.
func (s InsertStmt) Map(values map[string]any) InsertStmt {
	return s.with(func(n *insertState) {
		var cols []*schema.Column
		var row []driver.Expr
		for _, name := range slices.Sorted(maps.Keys(values)) {
			c := n.table.Column(name)
			if c == nil {
				n.fail(fmt.Sprintf("the table has no column %q", name))
				return
			}
			cols = append(cols, c)
			row = append(row, n.value(c, values[name]))
		}
		n.addRow(cols, row)
	})
}

// Params adds a row in which each column takes its value from a parameter of
// the column's name: for [Prepare], whose ExecRow takes them from a struct.
func (s InsertStmt) Params(cols ...AnyColumn) InsertStmt {
	return s.with(func(n *insertState) {
		var cs []*schema.Column
		var row []driver.Expr
		for _, c := range cols {
			r := c.reference()
			cs = append(cs, r.col)
			row = append(row, Param[any](r.col.Name).typed(r.col.Type, r.String()))
		}
		n.addRow(cs, row)
	})
}

// FromSelect inserts the rows of a query; cols name what its columns are for.
func (s InsertStmt) FromSelect(q Query, cols ...AnyColumn) InsertStmt {
	return s.with(func(n *insertState) {
		n.from, n.cols = q, nil
		for _, c := range cols {
			n.cols = append(n.cols, c.reference().col)
		}
		n.setOnce(n.cols)
	})
}

func (n *insertState) fail(msg string) {
	if n.err == nil {
		n.err = dberr.New(dberr.Invalid, n.table.Name, msg)
	}
}

func (n *insertState) value(c *schema.Column, v any) driver.Expr {
	return n.cell(&cell{}, c, v)
}

// cell is what stands in a row for column c: in a place of at, unless v is an
// expression.
func (n *insertState) cell(at *cell, c *schema.Column, v any) driver.Expr {
	if e, ok := v.(driver.Expr); ok {
		if _, param := e.(parameter); !param && keepsTo(c.Type) {
			return stored{e, c.Type}
		}
		return e
	}
	*at = cell{table: n.table, col: c, v: v}
	return at
}

// cell is a value in a row of an INSERT. Statements have many: it is an arg that
// does not copy the column's type and spells the column's name only in an error.
type cell struct {
	table *schema.Table
	col   *schema.Column
	v     any
}

func (c *cell) SQLType() schema.Type { return c.col.Type }

func (c *cell) WriteSQL(b *driver.Builder) {
	x, err := c.encode(b.Dialect())
	if err != nil {
		b.Fail(err)
		return
	}
	b.Encoded(c.col.Type, x)
}

func (c *cell) encode(d driver.Dialect) (any, error) {
	x, err := encode(d, c.col.Type, c.v)
	if err != nil {
		return nil, named(err, c.table.Name+"."+c.col.Name)
	}
	return x, nil
}

func (c *cell) arg() arg { return arg{ty: c.col.Type, of: c.table.Name + "." + c.col.Name, v: c.v} }

// isBound reports whether what stands in a row is a value, and not an expression.
func isBound(e driver.Expr) bool {
	switch e.(type) {
	case *cell, arg:
		return true
	}
	return false
}

// encodeBound is such a value as the driver takes it.
func encodeBound(d driver.Dialect, e driver.Expr) (any, error) {
	if c, ok := e.(*cell); ok {
		return c.encode(d)
	}
	a := e.(arg)
	x, err := encode(d, a.ty, a.v)
	return x, named(err, a.of)
}

func (n *insertState) addRow(cols []*schema.Column, row []driver.Expr) {
	if n.from != nil {
		n.fail("an INSERT takes rows from a query or from values, not from both")
	}
	cols, row = n.completed(cols, row)
	if len(n.rows) > 0 && !slices.Equal(n.cols, cols) {
		n.fail("all rows of an INSERT name the same columns in the same order")
		return
	}
	if len(n.rows) == 0 {
		n.setOnce(cols)
	}
	n.cols = cols
	n.rows, n.room = n.room.add(n.rows, row)
}

// room is an array of rows that copies of a statement share: each sees those
// that are its own. Without it a statement that grows row by row would copy them
// all for each one.
type room struct {
	rows [][]driver.Expr
	used atomic.Int64
}

// add puts row behind rows: in place, if they are the last that the room has,
// else in a room of their own.
func (r *room) add(rows [][]driver.Expr, row []driver.Expr) ([][]driver.Expr, *room) {
	n := len(rows)
	if r == nil || n == 0 || n >= len(r.rows) || &rows[0] != &r.rows[0] || !r.used.CompareAndSwap(int64(n), int64(n+1)) {
		own := &room{rows: make([][]driver.Expr, max(4, 2*n))}
		copy(own.rows, rows)
		own.used.Store(int64(n + 1))
		r = own
	}
	r.rows[n] = row
	return r.rows[: n+1 : n+1], r
}

// completed is a row with the columns that Go gives a value.
func (n *insertState) completed(cols []*schema.Column, row []driver.Expr) ([]*schema.Column, []driver.Expr) {
	for _, c := range n.table.Columns {
		if c.OnInsert != nil && !slices.Contains(cols, c) {
			cols, row = append(cols, c), append(row, ownValue(n.table, c, c.OnInsert))
		}
	}
	return cols, row
}

// whole is the statement with a row of defaults when it has none.
func (n *insertState) whole() *insertState {
	if n.from != nil || len(n.rows) > 0 ||
		!slices.ContainsFunc(n.table.Columns, func(c *schema.Column) bool { return c.OnInsert != nil }) {
		return n
	}
	w := *n
	w.addRow(nil, nil)
	return &w
}

func (n *insertState) setOnce(cols []*schema.Column) {
	for i, c := range cols {
		if slices.Contains(cols[:i], c) {
			n.fail("the statement sets column " + c.Name + " twice; set it once")
		}
	}
}

func (n *insertState) addStruct(v any) {
	r, info, err := structValue(v)
	if err != nil {
		if n.err == nil {
			n.err = err
		}
		return
	}
	if n.fields.of != info {
		if n.fields, err = info.columnsOf(n.table); err != nil {
			if n.err == nil {
				n.err = err
			}
			return
		}
	}
	cols := make([]*schema.Column, 0, len(info.fields))
	row := make([]driver.Expr, 0, len(info.fields))
	cells := make([]cell, len(info.fields))
	for i, f := range info.fields {
		c := n.fields.columns[i]
		if f.readOnly || c.Generated != nil {
			continue
		}
		fv := r.FieldByIndex(f.index)
		if c.Identity != nil && fv.IsZero() {
			continue
		}
		cols = append(cols, c)
		if c.OnInsert != nil && fv.IsZero() {
			row = append(row, ownValue(n.table, c, c.OnInsert))
			continue
		}
		row = append(row, n.cell(&cells[i], c, fieldValue(fv)))
	}
	if len(cols) == 0 {
		n.fail(fmt.Sprintf("%s has no field for a column of the table", info.t))
	}
	n.addRow(cols, row)
}

// OnConflict says what to do when a row with the same key exists: follow it
// with DoNothing or DoUpdate. cols are the columns of a unique key that the table
// declares, in any order: its primary key, a unique constraint or a unique index,
// or when there is no other the one unique index over them that is partial. A
// conflict in another key is an error on every engine.
//
// The rows of the statement are inserted one after another: of several with one
// key a later one finds the earlier, and leaves or changes it. Only where the
// rows come from a query does PostgreSQL refuse a key that comes twice.
func (s InsertStmt) OnConflict(cols ...AnyColumn) Conflict { return Conflict{s: s, target: cols} }

// OnConflictKey is [InsertStmt.OnConflict] with the name of a unique constraint or
// a unique index of the declaration, which may be partial, or over expressions: a
// row outside of the predicate is in conflict with none. Of such a key every
// column has to have a value in the statement.
func (s InsertStmt) OnConflictKey(name string) Conflict { return Conflict{s: s, key: name} }

// Conflict is an INSERT that lacks only what to do on a conflict.
type Conflict struct {
	s      InsertStmt
	target []AnyColumn
	key    string
}

// DoNothing leaves the row that exists as it is; it is not counted and not returned.
func (c Conflict) DoNothing() InsertStmt {
	return c.s.with(func(n *insertState) { n.upsert = &upsert{target: c.target, key: c.key} })
}

// DoUpdate gives cols of the row that exists the values of the new one.
func (c Conflict) DoUpdate(cols ...AnyColumn) InsertStmt {
	return c.s.with(func(n *insertState) {
		n.upsert = &upsert{target: c.target, key: c.key, update: cols, own: onUpdate(n.table)}
		if len(cols) == 0 {
			n.fail("DoUpdate names the columns to update; use DoNothing for none")
		}
		named := make([]*schema.Column, len(cols))
		for i, c := range cols {
			named[i] = c.reference().col
		}
		n.setOnce(named)
	})
}

// DoUpdateSet makes assignments to the row that exists; [Excluded] is a value of the new one.
func (c Conflict) DoUpdateSet(set ...Assignment) InsertStmt {
	return c.s.with(func(n *insertState) {
		n.upsert = &upsert{target: c.target, key: c.key, set: set, own: onUpdate(n.table)}
		if len(set) == 0 {
			n.fail("DoUpdateSet makes at least one assignment; use DoNothing for none")
		}
	})
}

// UpdateWhere updates on conflict only rows for which the conditions hold;
// others are left, and are not counted and not returned.
func (s InsertStmt) UpdateWhere(conds ...Cond) InsertStmt {
	return s.with(func(n *insertState) {
		if n.upsert == nil {
			n.fail("UpdateWhere follows OnConflict")
			return
		}
		u := *n.upsert
		u.where = more(u.where, present(conds)...)
		n.upsert = &u
	})
}

// Excluded is the value of the row that was to be inserted, in DoUpdateSet and UpdateWhere.
func Excluded[T any](c Column[T]) Expr[T] {
	return Expr[T]{ty: c.ty, of: c.of, n: driver.ExprFunc(func(b *driver.Builder) {
		b.Dialect().Excluded(b, c.ref.col.Name)
	})}
}

// Returning makes the statement give the rows as they were stored.
func (s InsertStmt) Returning(cols ...Selectable) InsertStmt {
	return s.with(func(n *insertState) { n.returning = cols })
}

func (s InsertStmt) unreturned() Statement {
	if len(s.s.returning) == 0 {
		return s
	}
	return s.with(func(n *insertState) { n.returning = nil })
}

func (s InsertStmt) resultColumns() []string { return columnNames(s.s.returning) }

func (s InsertStmt) resultTypes() []Selectable { return s.s.returning }

func (s InsertStmt) compile(d driver.Dialect) (*compiled, error) {
	return compile(s.m, d, s.s.name, true, s)
}

// WriteSQL writes the statement as an engine runs it that has everything it asks for.
func (s InsertStmt) WriteSQL(b *driver.Builder) { changing(b, s.write) }

func (s InsertStmt) write(b *driver.Builder) {
	n := s.s.whole()
	if n.err != nil {
		b.Fail(n.err)
		return
	}
	b.Enter(tableScope{n.table})
	defer b.Leave()
	writeTable(b.SQL("INSERT INTO "), n.table)
	switch {
	case n.from != nil:
		n.writeColumns(b)
		b.SQL(" ")
		switch {
		case b.Dialect().Has(driver.LooseColumns) && !b.Script() && slices.Contains(n.beyond(), true):
			n.writeStored(b)
		case n.upsert == nil:
			b.Expr(n.from)
		default:
			// ON CONFLICT behind a bare SELECT is read as a join by some engines.
			b.SQL("SELECT * FROM (").Expr(n.from).SQL(") AS ").Ident("given").SQL(" WHERE 1 = 1")
		}
	case len(n.rows) == 0 || len(n.cols) == 0:
		b.SQL(" ")
		b.Dialect().DefaultRow(b)
	default:
		n.writeColumns(b)
		b.SQL(" VALUES ")
		b.List(len(n.rows), func(i int) {
			b.SQL("(")
			b.List(len(n.cols), func(j int) { b.Expr(n.rows[i][j]) })
			b.SQL(")")
		})
	}
	if n.upsert != nil {
		n.writeUpsert(b)
	}
	writeReturning(b, n.returning, driver.InsertReturning)
}

// keepsTo reports whether a column of the type has a range or a scale.
func keepsTo(ty schema.Type) bool { return ty.Kind == schema.Numeric || ty.Kind.IsWhole() }

// beyond tells of each column whether the query may give it a number that it
// does not hold.
func (n *insertState) beyond() []bool {
	var given []Selectable
	if q, ok := n.from.(interface{ resultTypes() []Selectable }); ok {
		given = q.resultTypes()
	}
	if s, ok := n.from.(SelectStmt); !ok || s.s == nil || len(given) != len(n.cols) {
		given = nil
	}
	out := make([]bool, len(n.cols))
	for i, c := range n.cols {
		out[i] = keepsTo(c.Type)
		if given == nil {
			continue
		}
		if own, ok := given[i].(AnyColumn); ok {
			ty := own.reference().col.Type
			same := ty.Kind == schema.Numeric && c.Type.Kind == schema.Numeric && ty.Precision == c.Type.Precision &&
				ty.Scale == c.Type.Scale
			out[i] = out[i] && !same && !(c.Type.Kind.IsWhole() && ty.Kind.IsWhole() && ty.Kind.Bits() <= c.Type.Kind.Bits())
		}
	}
	return out
}

// writeStored writes the query with each number as its column stores it.
func (n *insertState) writeStored(b *driver.Builder) {
	name := func(i int) string { return "c" + strconv.Itoa(i+1) }
	b.SQL("WITH ").Ident("given").SQL(" (")
	b.List(len(n.cols), func(i int) { b.Ident(name(i)) })
	b.SQL(") AS (").Expr(n.from).SQL(") SELECT ")
	beyond := n.beyond()
	b.List(len(n.cols), func(i int) {
		c := driver.ExprFunc(func(b *driver.Builder) { b.Ident(name(i)) })
		if beyond[i] {
			b.Expr(stored{c, n.cols[i].Type})
		} else {
			b.Expr(c)
		}
	})
	b.SQL(" FROM ").Ident("given").SQL(" WHERE 1 = 1")
}

func (n *insertState) writeColumns(b *driver.Builder) {
	b.SQL(" (")
	b.List(len(n.cols), func(i int) { b.Ident(n.cols[i].Name) })
	b.SQL(")")
}

func (n *insertState) writeUpsert(b *driver.Builder) {
	u := driver.Upsert{Table: n.table.Name}
	key, err := n.conflict()
	if err != nil {
		b.Fail(err)
		return
	}
	key.into(&u)
	for _, c := range n.upsert.update {
		u.Update = append(u.Update, c.reference().col.Name)
	}
	set, err := once(n.table, unset(n.upsert.own, n.upsert.set, u.Update))
	if err == nil {
		set, err = inTurn(b.Dialect(), set)
	}
	if err != nil {
		b.Fail(err)
		return
	}
	for _, a := range set {
		u.Set = append(u.Set, driver.Assignment{Column: a.col.col.Name, Value: a.value})
	}
	if len(n.upsert.where) > 0 {
		u.Where = And(n.upsert.where...)
	}
	b.Dialect().Upsert(b, u)
}

func writeReturning(b *driver.Builder, cols []Selectable, f driver.Feature) {
	if len(cols) == 0 {
		return
	}
	if !b.Dialect().Has(f) {
		b.Fail(unsupported(b.Dialect(), string(f)))
		return
	}
	b.SQL(" RETURNING ")
	b.List(len(cols), func(i int) { writeReturned(b, cols[i]) })
}

// writeReturned leaves the table out of a column's name: some engines do not
// know it there.
func writeReturned(b *driver.Builder, c Selectable) {
	if r, ok := c.(AnyColumn); ok {
		b.Ident(r.reference().col.Name)
		return
	}
	writeSelected(b, c)
}
