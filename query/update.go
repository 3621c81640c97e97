package query

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// UpdateStmt is an UPDATE. Its methods return changed copies.
type UpdateStmt struct {
	s *updateState
	m *memo
}

type updateState struct {
	name      string
	table     *schema.Table
	set       []Assignment
	others    others
	where     []Cond
	all       bool
	own       []Assignment // what Go gives to columns that are not set
	guarded   bool         // it finds a row by its version
	returning []Selectable
	err       error
}

// Update starts an UPDATE of t. It needs a condition that a row could fail, or AllRows.
func Update(t *schema.Table) UpdateStmt {
	return UpdateStmt{s: &updateState{table: t, own: onUpdate(t)}, m: &memo{}}
}

func (s UpdateStmt) with(f func(*updateState)) UpdateStmt {
	n := *s.s
	f(&n)
	return UpdateStmt{s: &n, m: &memo{}}
}

// Named names the statement for logs, metrics and query counts.
func (s UpdateStmt) Named(name string) UpdateStmt {
	return s.with(func(n *updateState) { n.name = name })
}

// Set adds assignments.
func (s UpdateStmt) Set(set ...Assignment) UpdateStmt {
	return s.with(func(n *updateState) {
		for _, a := range set {
			if a.col.table != n.table {
				n.fail(fmt.Sprintf("column %s is not one of the table", a.col))
			}
		}
		n.set = more(n.set, set...)
	})
}

// Params adds assignments of parameters named like their columns, for [Prepare].
func (s UpdateStmt) Params(cols ...AnyColumn) UpdateStmt {
	return s.with(func(n *updateState) {
		for _, c := range cols {
			r := c.reference()
			n.set = more(n.set, Assignment{col: r, value: Param[any](r.col.Name).typed(r.col.Type, r.String())})
		}
	})
}

// Where adds conditions, all of which must hold.
func (s UpdateStmt) Where(conds ...Cond) UpdateStmt {
	return s.with(func(n *updateState) { n.where = more(n.where, present(conds)...) })
}

// AllRows says that every row is meant when the conditions are not there or
// restrict nothing.
func (s UpdateStmt) AllRows() UpdateStmt { return s.with(func(n *updateState) { n.all = true }) }

// Diff updates the row of before to what after has: only the columns in which
// the two structs differ, found by their db tags. The row is found by the
// primary key of before, which after must have as well, and by its [Version]
// where the table has one: then no row is a dberr.Conflict.
func (s UpdateStmt) Diff(before, after any) UpdateStmt {
	return s.with(func(n *updateState) { n.diff(before, after) })
}

func (n *updateState) diff(before, after any) {
	b, info, err := structValue(before)
	if err != nil {
		n.err = err
		return
	}
	a, ainfo, err := structValue(after)
	if err != nil {
		n.err = err
		return
	}
	if info != ainfo {
		n.fail(fmt.Sprintf("Diff compares two of the same type, not %s and %s", info.t, ainfo.t))
		return
	}
	if n.table.PrimaryKey == nil {
		n.fail("Diff needs a table with a primary key")
		return
	}
	if _, err := info.columnsOf(n.table); err != nil {
		n.err = err
		return
	}
	keys := 0
	for _, f := range info.fields {
		c := n.table.Column(f.name)
		if f.readOnly || c.Generated != nil {
			continue
		}
		ref := colRef{table: n.table, col: c}
		bv, av := fieldValue(b.FieldByIndex(f.index)), fieldValue(a.FieldByIndex(f.index))
		same := equalValues(bv, av)
		if slices.Contains(n.table.PrimaryKey.Columns, c.Name) {
			keys++
			if !same {
				n.fail("the primary key of the two structs differs")
				return
			}
			n.where = more(n.where, Cond{n: compare(ref, c.Type, " = ", arg{ty: compared(c.Type), of: ref.String(), v: bv})})
			continue
		}
		if c.Version {
			n.guarded = true
			n.where = more(n.where, Cond{n: compare(ref, c.Type, " = ", arg{ty: c.Type, of: ref.String(), v: bv})})
		}
		if !same {
			n.set = more(n.set, Assignment{col: ref, value: arg{ty: c.Type, of: ref.String(), v: av}})
		}
	}
	if keys != len(n.table.PrimaryKey.Columns) {
		n.fail("the struct lacks a column of the primary key")
	}
}

// equalValues compares what two fields hold. Times are equal as instants.
func equalValues(a, b any) bool {
	if t, ok := a.(time.Time); ok {
		u, ok := b.(time.Time)
		return ok && t.Equal(u)
	}
	return reflect.DeepEqual(a, b)
}

// Empty reports whether there is nothing to set. Running such a statement
// changes nothing and counts the rows that it would have matched.
func (s UpdateStmt) Empty() bool { return len(s.s.set) == 0 }

// Changes names the columns that are set, each once, in the order in which they
// were given; empty when nothing is set.
func (s UpdateStmt) Changes() []string {
	out := make([]string, 0, len(s.s.set))
	for _, a := range s.s.set {
		if !slices.Contains(out, a.col.col.Name) {
			out = append(out, a.col.col.Name)
		}
	}
	return out
}

func (n *updateState) fail(msg string) {
	if n.err == nil {
		n.err = dberr.New(dberr.Invalid, n.table.Name, msg)
	}
}

// Returning makes the statement give the rows as they are afterwards.
func (s UpdateStmt) Returning(cols ...Selectable) UpdateStmt {
	return s.with(func(n *updateState) { n.returning = cols })
}

func (s UpdateStmt) unreturned() Statement {
	if len(s.s.returning) == 0 {
		return s
	}
	return s.with(func(n *updateState) { n.returning = nil })
}

func (s UpdateStmt) resultColumns() []string { return columnNames(s.s.returning) }

func (s UpdateStmt) resultTypes() []Selectable { return s.s.returning }

func (s UpdateStmt) compile(d driver.Dialect) (*compiled, error) {
	return compile(s.m, d, s.s.name, true, s)
}

// WriteSQL writes the statement.
func (s UpdateStmt) WriteSQL(b *driver.Builder) { changing(b, s.write) }

func (s UpdateStmt) write(b *driver.Builder) {
	n := s.s
	switch {
	case n.err != nil:
		b.Fail(n.err)
		return
	case len(n.set) == 0:
		b.Fail(dberr.New(dberr.Invalid, n.table.Name, "the UPDATE sets nothing"))
		return
	}
	if err := meansRows("UPDATE", n.table, n.where, n.all); err != nil {
		b.Fail(err)
		return
	}
	set, err := once(n.table, unset(n.own, n.set, nil))
	if err == nil {
		set, err = inTurn(b.Dialect(), set)
	}
	if err != nil {
		b.Fail(err)
		return
	}
	if !n.others.begin(b, n.table, n.returning) {
		return
	}
	defer b.Leave()
	joined := len(n.others.from) > 0 && !b.Dialect().Has(driver.UpdateFrom)
	writeTable(b.SQL("UPDATE "), n.table)
	if joined {
		n.others.write(b, ", ")
	}
	b.SQL(" SET ")
	b.List(len(set), func(i int) {
		if joined {
			b.Ident(n.table.Name).SQL(".")
		}
		b.Ident(set[i].col.col.Name).SQL(" = ").Expr(set[i].value)
	})
	if len(n.others.from) > 0 && !joined {
		n.others.write(b, " FROM ")
	}
	writeWhere(b, n.where)
	writeReturning(b, n.returning, driver.UpdateReturning)
}

// meansRows refuses to change every row unless that was asked for by name. A
// condition that no row can fail, such as And of nothing, is none.
func meansRows(what string, t *schema.Table, where []Cond, all bool) error {
	if all || restricts(where) {
		return nil
	}
	return dberr.New(dberr.Invalid, t.Name,
		"the "+what+" has no condition that a row could fail; call AllRows if every row is meant")
}

// inTurn puts assignments into an order in which each reads what the row had
// before, on engines that make them one after another.
func inTurn(d driver.Dialect, set []Assignment) ([]Assignment, error) {
	if d.Has(driver.SetAtOnce) || len(set) < 2 {
		return set, nil
	}
	reads := make([]map[string]bool, len(set))
	for i, a := range set {
		switch a.value.(type) {
		case arg, slot:
		default:
			reads[i] = namesIn(d, a.value)
		}
	}
	out := make([]Assignment, 0, len(set))
	done := make([]bool, len(set))
	for len(out) < len(set) {
		progress := false
		for i, a := range set {
			if done[i] {
				continue
			}
			free := true // nobody who waits still reads what a sets
			for j := range set {
				if j != i && !done[j] && reads[j][a.col.col.Name] {
					free = false
					break
				}
			}
			if free {
				out, done[i], progress = append(out, a), true, true
			}
		}
		if !progress {
			return nil, unsupported(d, "an UPDATE whose assignments read each other's columns")
		}
	}
	return out, nil
}

// namesIn is the identifiers that an expression mentions.
func namesIn(d driver.Dialect, e driver.Expr) map[string]bool {
	l := listener{Dialect: d, names: map[string]bool{}}
	b := driver.NewBuilder(l)
	e.WriteSQL(b)
	return l.names
}

type listener struct {
	driver.Dialect
	names map[string]bool
}

func (l listener) AppendIdent(b []byte, name string) ([]byte, error) {
	l.names[name] = true
	return l.Dialect.AppendIdent(b, name)
}

// DeleteStmt is a DELETE. Its methods return changed copies.
type DeleteStmt struct {
	s *deleteState
	m *memo
}

type deleteState struct {
	name      string
	table     *schema.Table
	others    others
	where     []Cond
	all       bool
	returning []Selectable
}

// Delete starts a DELETE from t. It needs a condition that a row could fail, or AllRows.
func Delete(t *schema.Table) DeleteStmt {
	return DeleteStmt{s: &deleteState{table: t}, m: &memo{}}
}

func (s DeleteStmt) with(f func(*deleteState)) DeleteStmt {
	n := *s.s
	f(&n)
	return DeleteStmt{s: &n, m: &memo{}}
}

// Named names the statement for logs, metrics and query counts.
func (s DeleteStmt) Named(name string) DeleteStmt {
	return s.with(func(n *deleteState) { n.name = name })
}

// Where adds conditions, all of which must hold.
func (s DeleteStmt) Where(conds ...Cond) DeleteStmt {
	return s.with(func(n *deleteState) { n.where = more(n.where, present(conds)...) })
}

// AllRows says that every row is meant when the conditions are not there or
// restrict nothing.
func (s DeleteStmt) AllRows() DeleteStmt { return s.with(func(n *deleteState) { n.all = true }) }

// Returning makes the statement give the rows as they were.
func (s DeleteStmt) Returning(cols ...Selectable) DeleteStmt {
	return s.with(func(n *deleteState) { n.returning = cols })
}

func (s DeleteStmt) unreturned() Statement {
	if len(s.s.returning) == 0 {
		return s
	}
	return s.with(func(n *deleteState) { n.returning = nil })
}

func (s DeleteStmt) resultColumns() []string { return columnNames(s.s.returning) }

func (s DeleteStmt) resultTypes() []Selectable { return s.s.returning }

func (s DeleteStmt) compile(d driver.Dialect) (*compiled, error) {
	return compile(s.m, d, s.s.name, true, s)
}

// WriteSQL writes the statement.
func (s DeleteStmt) WriteSQL(b *driver.Builder) { changing(b, s.write) }

func (s DeleteStmt) write(b *driver.Builder) {
	n := s.s
	if err := meansRows("DELETE", n.table, n.where, n.all); err != nil {
		b.Fail(err)
		return
	}
	if !n.others.begin(b, n.table, n.returning) {
		return
	}
	defer b.Leave()
	d := b.Dialect()
	switch {
	case len(n.others.from) == 0:
		writeTable(b.SQL("DELETE FROM "), n.table)
		writeWhere(b, n.where)
	case d.Has(driver.DeleteUsing):
		writeTable(b.SQL("DELETE FROM "), n.table)
		n.others.write(b, " USING ")
		writeWhere(b, n.where)
	case d.Has(driver.DeleteJoined):
		writeTable(b.SQL("DELETE "), n.table)
		writeTable(b.SQL(" FROM "), n.table)
		n.others.write(b, ", ")
		writeWhere(b, n.where)
	default:
		writeTable(b.SQL("DELETE FROM "), n.table)
		n.others.write(b.SQL(" WHERE EXISTS (SELECT 1"), " FROM ")
		writeWhere(b, n.where)
		b.SQL(")")
	}
	writeReturning(b, n.returning, driver.DeleteReturning)
}
