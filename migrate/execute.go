package migrate

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// execution is one revision under way.
type execution struct {
	r          *Runner
	w          *work
	s          *state // as the database is; replaced when something took effect
	b          *book
	number, of int
	begun      time.Time
	resumed    bool

	at     string   // what is being done, for messages
	stands []string // what of the revision took effect for good
}

// errRestart says that a transaction has to begin in another way.
var errRestart = errors.New("the revision is run again, with what was found out")

func (x *execution) tell(e Event) {
	e.Lineage, e.Revision, e.Step, e.Number, e.Of = x.w.l.Name, x.w.id(), x.w.step.String(), x.number, x.of
	x.r.o.Events(e)
}

func (x *execution) doing(text string) {
	x.at = text
	x.tell(Event{Kind: StatementRun, Statement: text})
}

// transactional reports whether schema changes are part of transactions.
func (r *Runner) transactional() bool { return r.o.Target.Dialect.Has(schema.TransactionalDDL) }

// run runs the revision, from where the journal says that it stands.
func (x *execution) run(ctx context.Context) error {
	return x.stopped(x.segments(ctx))
}

func (x *execution) segments(ctx context.Context) error {
	if !x.r.transactional() {
		for _, u := range x.w.units {
			x.w.alone[u.position] = true
		}
	}
	entries := x.b.of(x.w.l.Name, x.w.id())
	x.resumed = len(entries) > 0
	from, under, err := x.place(entries)
	if err != nil {
		return err
	}
	for {
		segs := x.w.segments(from)
		last := len(segs) == 1
		if !last || x.resumed || !x.r.transactional() {
			// Work that is not one transaction needs its tables ahead of it.
			tables := x.tables(!last || x.resumed)
			if err := x.ensure(ctx, x.r.o.Engine, tables...); err != nil {
				return err
			}
			x.made(tables...)
		}
		seg := segs[0]
		if seg.alone {
			err = x.alone(ctx, seg.units[0], under)
			under = nil
		} else {
			err = x.together(ctx, seg, last, !last || x.resumed || from > 0)
		}
		switch {
		case errors.Is(err, errRestart):
			continue
		case err != nil:
			return err
		case last:
			return nil
		}
		from = seg.units[len(seg.units)-1].position + 1
	}
}

// ensure makes the version table and others that a revision needs.
func (x *execution) ensure(ctx context.Context, on execer, tables ...*schema.Table) error {
	if err := x.b.ensureVersion(ctx, on, *x.r.o.Target, x.w.l.version()); err != nil {
		return err
	}
	return x.b.ensure(ctx, on, x.r.o.Target.DDL, tables...)
}

// made says that ensure took effect.
func (x *execution) made(tables ...*schema.Table) {
	x.b.has[x.w.l.version().String()] = true
	x.b.made(tables...)
}

// tables are those of the runner, beside the version table, that a revision
// needs.
func (x *execution) tables(journal bool) []*schema.Table {
	out := []*schema.Table{appliedDefinition()}
	if journal {
		out = append(out, journalDefinition())
	}
	return out
}

// together runs units in one transaction; the last one records the revision.
func (x *execution) together(ctx context.Context, seg segment, last, journaled bool) error {
	r := x.r
	var after *op.State
	stood := len(x.stands)
	o := engine.TxOptions{Name: "migrate", Setup: slices.Clone(x.w.setup), Reset: slices.Clone(x.w.reset)}
	if last {
		o.Applied = x.recorded
	}
	err := r.o.Engine.InTx(ctx, o, func(ctx context.Context, tx *engine.Tx) error {
		x.stands = x.stands[:stood]
		var err error
		after, err = x.inside(ctx, tx, seg, last, journaled)
		return err
	})
	if err != nil {
		return err
	}
	if after != nil {
		x.s.State = after
	}
	if last {
		return x.done()
	}
	for _, u := range seg.units {
		x.stands = append(x.stands, u.op.String())
	}
	return nil
}

// journalDone writes down a unit whose transaction is not the last one.
func (x *execution) journalDone(ctx context.Context, tx *engine.Tx, u unit, before *op.State, steps []op.Step) error {
	e := x.entry(u, stateDone)
	if structural(steps) {
		e.script = "[]" // not needed any more; its being there says that the tables tell all
	}
	var err error
	if e.tables, err = u.touched(before); err != nil {
		return err
	}
	return x.r.addEntry(ctx, tx.Dialect(), tx, e)
}

// recorded asks whether the version table says that the revision is done: the
// answer to a COMMIT was lost.
func (x *execution) recorded(ctx context.Context, q engine.Queryer) (bool, error) {
	want, err := x.rowsAfter()
	if err != nil {
		return false, err
	}
	have, err := versionRows(ctx, q, x.w.l.version())
	if err != nil {
		return false, err
	}
	slices.Sort(want)
	slices.Sort(have)
	return slices.Equal(want, have), nil
}

// unitInTx runs a unit in a transaction and applies it to the state.
func (x *execution) unitInTx(ctx context.Context, tx *engine.Tx, u unit, s *state) ([]op.Step, error) {
	r := x.r
	t := r.target(r.extrasOf(ctx, func(ctx context.Context, f func(ctx context.Context, q driver.Querier) error) error {
		return tx.Raw(ctx, "inspect", f)
	}))
	steps, err := op.Compile(u.op, s.State, t)
	if err != nil {
		return nil, err
	}
	for i := range steps {
		st := &steps[i]
		if err := st.Resolve(t); err != nil {
			return nil, err
		}
		if st.OutsideTx {
			x.w.alone[u.position] = true
			return nil, errRestart
		}
		if x.w.around(st.Script) {
			return nil, errRestart
		}
		if err := x.stepInTx(ctx, tx, st, s); err != nil {
			return nil, err
		}
		if st.Schema {
			if s.State, err = r.inspect(ctx, tx); err != nil {
				return nil, err
			}
		}
	}
	return steps, nil
}

func (x *execution) stepInTx(ctx context.Context, tx *engine.Tx, st *op.Step, s *state) error {
	switch {
	case st.Data != nil:
		x.doing(st.Op.String())
		d, err := op.NewData(op.DataOptions{Queryer: tx, State: s.State, Progress: x.progress(st.Op.String()), Notice: x.notice, Args: x.r.o.Args})
		if err != nil {
			return err
		}
		return st.Data.Run(ctx, d)
	case !st.Script.Empty():
		return tx.Raw(ctx, "migrate", func(ctx context.Context, q driver.Querier) error {
			return driver.RunStatements(ctx, q, st.Script, driver.RunOptions{Transactional: true, Fault: x.fault(ctx),
				Each: func(_ int, d driver.Statement) error { x.doing(title(d)); return nil }})
		})
	}
	for _, one := range st.Statements {
		x.doing(st.Op.String())
		if _, err := tx.Exec(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

func (x *execution) progress(text string) func(op.Progress) {
	return func(p op.Progress) { x.tell(Event{Kind: DataProgress, Statement: text, Done: p.Done, Total: p.Total}) }
}

func (x *execution) notice(text string) { x.tell(Event{Kind: Notice, Text: text}) }

func (x *execution) fault(ctx context.Context) func(error) error {
	return func(err error) error { return x.r.o.Engine.Classify(ctx, "", err) }
}

// title is a statement in one line for people.
func title(s driver.Statement) string {
	if s.Comment != "" {
		return s.Comment
	}
	return s.SQL
}

// record writes down that the revision is done, in the transaction of its last
// part.
func (x *execution) record(ctx context.Context, tx *engine.Tx, journaled bool) error {
	r, l, d := x.r, x.w.l, tx.Dialect()
	x.at = "record the version"
	if r.transactional() {
		// Made here, a first revision that fails leaves nothing behind.
		if err := x.ensure(ctx, tx, x.tables(false)...); err != nil {
			return err
		}
	}
	if err := changeRows(ctx, d, tx, l.version(), x.w.step.Rows); err != nil {
		return err
	}
	after, err := x.rowsAfter()
	if err != nil {
		return err
	}
	if err := r.versioned(ctx, tx, Versioned{Lineage: l.Name, Revision: x.w.id(), Up: x.w.step.Direction == Up, Before: slices.Clone(x.s.rows[l.Name]), After: after}); err != nil {
		return err
	}
	if journaled {
		if err := removeEntries(ctx, d, tx, l.Name, x.w.id(), 0); err != nil {
			return err
		}
	}
	if x.w.step.Direction == Down {
		return forgetApplied(ctx, d, tx, l, x.w.id())
	}
	sum, err := l.checksum(x.w.id())
	if err != nil {
		return err
	}
	return r.recordApplied(ctx, d, tx, l, x.w.id(), sum, r.o.Now().Sub(x.begun))
}

// done takes over what the transaction of the last part changed.
func (x *execution) done() error {
	x.made(x.tables(false)...)
	rows, err := x.rowsAfter()
	if err != nil {
		return err
	}
	x.s.rows[x.w.l.Name] = rows
	x.b.journal = slices.DeleteFunc(x.b.journal, func(e entry) bool { return e.lineage == x.w.l.Name && e.revision == x.w.id() })
	return nil
}
