package op

import (
	"fmt"
	"slices"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// Step is what has to be run for an operation, or a part of one, on one
// engine. Exactly one of Script, Statements and Data is set; none when there
// is nothing to do, and then Note says why.
type Step struct {
	Op         Op
	Script     driver.Script      // schema statements
	Statements []engine.Statement // rows
	Data       *DataStep
	OutsideTx  bool // in an OutsideTx, or the engine refuses it in a transaction
	Schema     bool // the schema is not known afterwards: look at it again
	Note       string

	later *driver.Alteration // its script is written when the step before it was run
}

// Resolve writes the script of a step that needs to see what the step before
// it did. A runner calls it for every step right before running it; it does
// nothing for most.
func (st *Step) Resolve(t Target) error {
	if st.later == nil {
		return nil
	}
	a := *st.later
	x, err := t.Extras(a.Before.Name)
	if err != nil {
		return err
	}
	a.Extras = x
	if st.Script, err = t.DDL.Change(a); err != nil {
		return err
	}
	st.OutsideTx = st.OutsideTx || outside(st.Script)
	st.later = nil
	return nil
}

func outside(s driver.Script) bool {
	return slices.ContainsFunc(s.Statements, func(st driver.ScriptStatement) bool { return st.OutsideTx })
}

// Target is what steps are made for.
type Target struct {
	Dialect driver.Dialect
	// DDL is the one that the state was made with.
	DDL driver.DDL
	// Extras reads what the live database says about a table; nil when there
	// is no database, as for plans and scripts.
	Extras func(table string) (driver.Extras, error)
	// Literal writes values into the statements instead of binding them, for
	// scripts.
	Literal bool
}

// Compile makes the steps of one operation, in order, and applies it to the
// state. Guards are answered by the state: online it is what was found in the
// database; for a script, what the history has made so far.
//
// With Target.Extras, which looks at the live database, an operation is compiled
// when the ones before it have been run, and each step is resolved before it is
// run: see [Step.Resolve].
func Compile(o Op, s *State, t Target) ([]Step, error) {
	switch o := o.(type) {
	case Composite:
		var out []Step
		for _, inner := range Group(o.Ops) {
			steps, err := Compile(inner, s, t)
			if err != nil {
				return nil, err
			}
			out = append(out, steps...)
		}
		return out, nil
	case OutsideTx:
		var out []Step
		for _, inner := range Group(o.Ops) {
			steps, err := Compile(inner, s, t)
			if err != nil {
				return nil, err
			}
			for i := range steps {
				steps[i].OutsideTx = true
			}
			out = append(out, steps...)
		}
		return out, nil
	case DataStep:
		return []Step{{Op: o, Data: &o}}, nil
	case Execute:
		if err := o.text(t.Dialect).check(s); err != nil {
			return nil, err
		}
		if err := o.apply(s); err != nil {
			return nil, err
		}
		st, err := o.statement(t.Dialect, t.Literal)
		if err != nil {
			return nil, err
		}
		if st == nil {
			return []Step{{Op: o, Note: "nothing to run on this engine"}}, nil
		}
		return []Step{{Op: o, Statements: []engine.Statement{*st}, Schema: o.Schema}}, nil
	case BulkInsert:
		tbl, err := s.need(o.Table)
		if err != nil {
			return nil, err
		}
		sts, err := insert(t.Dialect, tbl, o.Columns, o.Rows, t.Literal)
		return []Step{{Op: o, Statements: sts}}, err
	case bulkDelete:
		tbl, err := s.need(o.Table)
		if err != nil {
			return nil, err
		}
		sts, err := o.statements(t.Dialect, tbl, t.Literal)
		return []Step{{Op: o, Statements: sts}}, err
	}
	return structure(o, s, t)
}

func structure(o Op, s *State, t Target) ([]Step, error) {
	if why := allIdle(o, s); why != "" {
		return []Step{{Op: o, Note: why}}, nil
	}
	before := s.Clone()
	changes, err := s.alterations([]Op{o})
	if err != nil {
		return nil, err
	}
	if len(changes) == 0 {
		return []Step{{Op: o, Note: "it makes no difference on this engine"}}, nil
	}
	var out []Step
	for n, c := range changes {
		a := c.Alteration
		if n > 0 && t.Extras != nil {
			out = append(out, Step{Op: o, later: &a})
			continue
		}
		name := ""
		if a.Before != nil {
			name = a.Before.Name
		}
		if a.Extras, err = extras(name, before, t); err != nil {
			return nil, err
		}
		script, err := t.DDL.Change(a)
		if err != nil {
			return nil, err
		}
		out = append(out, Step{Op: o, Script: script, OutsideTx: outside(script)})
	}
	return out, nil
}

// allIdle says why there is nothing to do, when no operation has anything to do.
func allIdle(o Op, s *State) string {
	why := ""
	for inner := range All([]Op{o}) {
		g, ok := inner.(guarded)
		if !ok {
			return ""
		}
		if why = g.idle(s); why == "" {
			return ""
		}
	}
	return why
}

// extras of a table: what the database says, or what can be told from the state.
func extras(table string, s *State, t Target) (driver.Extras, error) {
	if t.Extras != nil && s.Table(table) != nil {
		return t.Extras(table)
	}
	return t.DDL.ExtrasOf(s.Tables(), table), nil
}

// Group puts neighbouring operations on one table into a Batch, so that they
// are made together. Renames, whole tables and what is made concurrently stay
// by themselves. A Composite is what it recorded.
func Group(ops []Op) []Op {
	var out []Op
	for _, o := range flat(ops) {
		if n := len(out); n > 0 && joins(o) && joins(out[n-1]) && out[n-1].On() == o.On() {
			b, ok := out[n-1].(Batch)
			if !ok {
				b = Batch{Table: o.On(), Ops: []Op{out[n-1]}}
			}
			b.Ops = slices.Clone(b.Ops)
			if inner, ok := o.(Batch); ok {
				b.Ops = append(b.Ops, inner.Ops...)
			} else {
				b.Ops = append(b.Ops, o)
			}
			out[n-1] = b
			continue
		}
		out = append(out, o)
	}
	return out
}

func joins(o Op) bool {
	switch o := o.(type) {
	case CreateTable, DropTable, RenameTable, RenameColumn:
		return false
	case Batch:
		return !slices.ContainsFunc(o.Ops, func(i Op) bool { return !joins(i) })
	}
	_, ok := o.(structural)
	return ok && !quiet(o)
}

// bulkDelete undoes a BulkInsert.
type bulkDelete struct {
	Table   string
	Columns []string
	Rows    [][]any
	insert  BulkInsert
}

func (o bulkDelete) On() string { return o.Table }

func (o bulkDelete) String() string {
	return fmt.Sprintf("delete %d rows from %s", len(o.Rows), o.Table)
}

func (o bulkDelete) apply(s *State) error { return o.insert.apply(s) }

func (o bulkDelete) reverse(*State) (Op, error) { return o.insert, nil }

func (o bulkDelete) loss(*State) []string {
	return []string{fmt.Sprintf("what was changed in the %d rows that were inserted into %s", len(o.Rows), o.Table)}
}

func (o bulkDelete) statements(d driver.Dialect, t *schema.Table, literal bool) ([]engine.Statement, error) {
	var out []engine.Statement
	for _, row := range o.Rows {
		st, err := statement(query.Delete(t).Where(rowIs(t, o.Columns, func(i int) any { return row[i] })...), d,
			"delete", literal)
		if err != nil {
			return nil, err
		}
		out = append(out, st)
	}
	return out, nil
}

// rowIs holds for the rows that have the values in the columns.
func rowIs(t *schema.Table, columns []string, value func(i int) any) []query.Cond {
	out := make([]query.Cond, len(columns))
	for i, n := range columns {
		c := query.ColumnOf[any](t, n)
		if v := value(i); v == nil {
			out[i] = c.IsNull()
		} else {
			out[i] = c.Eq(v)
		}
	}
	return out
}
