package migrate

import (
	"context"
	"slices"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/revision"
	"github.com/larder-db/larder/schema"
)

// state is the schema as it is known, and the rows of the version tables.
type state struct {
	*op.State
	rows map[string][]string
}

func newState(ddl driver.DDL, tables ...*schema.Table) (*state, error) {
	s, err := op.NewState(ddl, tables...)
	return &state{State: s, rows: map[string][]string{}}, err
}

// unit is what is run, and written down in the journal, as one: an operation,
// or neighbours that are made together.
type unit struct {
	op       op.Op
	position int
	outside  bool // written in an OutsideTx block
	checksum string
}

// units cuts the operations of a revision.
func units(ops []op.Op) []unit {
	var out []unit
	add := func(o op.Op, outside bool) {
		out = append(out, unit{op: o, position: len(out), outside: outside, checksum: checksumOps(o)})
	}
	for _, o := range op.Group(ops) {
		if block, ok := o.(op.OutsideTx); ok {
			for _, inner := range op.Group(block.Ops) {
				add(inner, true)
			}
			continue
		}
		add(o, false)
	}
	return out
}

// batched reports whether the unit is a data step that commits as it goes.
func (u unit) batched() bool {
	d, ok := u.op.(op.DataStep)
	return ok && d.Batched
}

// tables are the names of the tables that the unit changes, before and after.
func (u unit) tables() []string {
	var out []string
	add := func(n string) {
		if n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	for o := range op.All([]op.Op{u.op}) {
		add(o.On())
		if rename, ok := o.(op.RenameTable); ok {
			add(rename.To)
		}
	}
	return out
}

// renames reports whether the unit gives something another name.
func (u unit) renames() bool {
	for o := range op.All([]op.Op{u.op}) {
		switch o.(type) {
		case op.RenameTable, op.RenameColumn:
			return true
		}
	}
	return false
}

// work is a revision that is about to run.
type work struct {
	aimed
	units []unit
	// What has to be known before its transaction begins. The plan finds it
	// out; what the plan could not see is found when it runs.
	setup, reset []string
	verify       []driver.Check // that count what may not become more
	alone        map[int]bool   // positions of units that stand outside of a transaction
}

func (w *work) id() string { return w.step.Revision.ID }

// record works out what a revision does in the direction of its step.
func (r *Runner) record(a aimed) (*work, []op.Op, error) {
	ops, err := r.ops(a)
	if err != nil {
		return nil, nil, err
	}
	w := &work{aimed: a, units: units(ops), alone: map[int]bool{}}
	for _, u := range w.units {
		w.alone[u.position] = u.outside || u.batched()
	}
	return w, ops, nil
}

func (r *Runner) ops(a aimed) ([]op.Op, error) {
	id := a.step.Revision.ID
	if a.step.Direction == revision.Up {
		return r.up(a.l, id)
	}
	ops, err := a.l.down(id, r.here, func() (*op.State, error) {
		s, err := r.replay(*r.o.Target, a.l, slices.Concat(a.step.Revision.Down, a.step.Revision.DependsOn))
		if err != nil {
			return nil, err
		}
		return s.State, nil
	})
	return r.here(ops), err
}

// up records what a revision does on the way up, on the engine at hand.
func (r *Runner) up(l *lineage, id string) ([]op.Op, error) {
	ops, err := l.up(id)
	return r.here(ops), err
}

// here is what of the operations is for the engine at hand; all, where it is
// for none.
func (r *Runner) here(ops []op.Op) []op.Op {
	if r.o.Target == nil {
		return ops
	}
	return op.For(r.o.Target.Dialect, ops)
}

// target is what units are compiled for. extras may be nil.
func (r *Runner) target(extras func(string) (driver.Extras, error)) op.Target {
	return op.Target{Dialect: r.o.Target.Dialect, DDL: r.o.Target.DDL, Extras: extras}
}

// note remembers what a step that was written down wants of the way it is run.
func (w *work) note(u unit, st *op.Step) {
	if st.OutsideTx {
		w.alone[u.position] = true
	}
	w.around(st.Script)
}

// around adds what a script wants outside of the transaction, and reports
// whether that was new.
func (w *work) around(s driver.Script) bool {
	fresh := false
	add := func(list *[]string, texts []string) {
		for _, t := range texts {
			if !slices.Contains(*list, t) {
				*list, fresh = append(*list, t), true
			}
		}
	}
	add(&w.setup, s.Before)
	add(&w.reset, s.After)
	for _, c := range s.Verify {
		if c.Kind == driver.NotMore && !slices.Contains(w.verify, c) {
			w.verify, fresh = append(w.verify, c), true
		}
	}
	return fresh
}

// segment is a run of units in one transaction, or one unit outside of any.
type segment struct {
	units []unit
	alone bool
}

// segments cuts the units from a position on. There is always one that is in
// a transaction at the end: it has the version row.
func (w *work) segments(from int) []segment {
	var out []segment
	for _, u := range w.units {
		if u.position < from {
			continue
		}
		n := len(out)
		switch {
		case w.alone[u.position]:
			out = append(out, segment{units: []unit{u}, alone: true})
		case n == 0 || out[n-1].alone:
			out = append(out, segment{units: []unit{u}})
		default:
			out[n-1].units = append(out[n-1].units, u)
		}
	}
	if n := len(out); n == 0 || out[n-1].alone {
		out = append(out, segment{})
	}
	return out
}

// raw is a transaction or a connection that scripts run on.
type raw func(ctx context.Context, f func(ctx context.Context, q driver.Querier) error) error

// extrasOf reads extras in a transaction.
func (r *Runner) extrasOf(ctx context.Context, on raw) func(string) (driver.Extras, error) {
	return func(table string) (driver.Extras, error) {
		var x driver.Extras
		err := on(ctx, func(ctx context.Context, q driver.Querier) error {
			var err error
			x, err = r.o.Target.DDL.Extras(ctx, q, driver.InspectOptions{Schema: r.o.Engine.Schema()}, table)
			return err
		})
		return x, err
	}
}

// inspect reads the whole schema.
func (r *Runner) inspect(ctx context.Context, in inspector) (*op.State, error) {
	tables, err := in.Inspect(ctx, driver.InspectOptions{Tables: func(name string) bool { return !r.ours(name) }})
	if err != nil {
		return nil, err
	}
	return op.NewState(r.o.Target.DDL, tables...)
}

// ours reports whether a table is one of the runner's own.
func (r *Runner) ours(name string) bool {
	switch name {
	case appliedTable, journalTable, unfinishedTable:
		return true
	}
	return slices.ContainsFunc(r.all, func(l *lineage) bool { return l.VersionSchema == "" && l.VersionTable == name })
}

var _ inspector = (*engine.Tx)(nil)
