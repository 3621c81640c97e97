package run

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/plan"
	"github.com/larder-db/larder/migrate/revision"
	"github.com/larder-db/larder/migrate/status"
	"github.com/larder-db/larder/schema"
)

// execution is one revision under way.
type execution struct {
	r          *Migrator
	rev        *plan.RevisionRun
	s          *history.State // as the database is; replaced when something took effect
	led        *ledger.Ledger
	number, of int
	begun      time.Time
	resumed    bool
	watch      *lockWatch // may be nil

	at      string   // what is being done, for messages
	applied []string // what of the revision took effect for good
}

// errRestart says that a transaction has to begin in another way.
var errRestart = errors.New("the revision is run again, with what was found out")

func (x *execution) tell(e Event) {
	e.Lineage, e.Revision, e.Step, e.Number, e.Of = x.rev.Member.Name, x.rev.ID(), x.rev.Step.String(), x.number, x.of
	x.r.o.Events(e)
}

func (x *execution) doing(text string) {
	x.at = text
	if x.watch != nil {
		x.watch.begin(x, text)
	}
	x.tell(Event{Kind: StatementRun, Statement: text})
}

// run runs the revision, from where the journal says that it stands.
func (x *execution) run(ctx context.Context) error {
	return x.stopped(x.segments(ctx))
}

func (x *execution) segments(ctx context.Context) error {
	if !x.r.transactional() {
		for _, g := range x.rev.Groups {
			x.rev.OutsideTx[g.Position] = true
		}
	}
	entries := x.led.Entries(x.rev.Member.Name, x.rev.ID())
	x.resumed = len(entries) > 0
	from, under, err := x.resumePoint(entries)
	if err != nil {
		return err
	}
	for {
		segs := x.rev.Segments(from)
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
		if seg.OutsideTx {
			err = x.outsideTx(ctx, seg.Groups[0], under)
			under = nil
		} else {
			err = x.inTransaction(ctx, seg, last, !last || x.resumed || from > 0)
		}
		switch {
		case errors.Is(err, errRestart):
			continue
		case err != nil:
			return err
		case last:
			return nil
		}
		from = seg.Groups[len(seg.Groups)-1].Position + 1
	}
}

// ensure makes the version table and others that a revision needs.
func (x *execution) ensure(ctx context.Context, on ledger.Execer, tables ...*schema.Table) error {
	if err := x.led.EnsureVersion(ctx, on, x.r.target(), ledger.VersionOf(x.rev.Member)); err != nil {
		return err
	}
	return x.led.Ensure(ctx, on, x.r.target().DDL, tables...)
}

// made says that ensure took effect.
func (x *execution) made(tables ...*schema.Table) {
	x.led.Made(ledger.VersionOf(x.rev.Member).String())
	for _, t := range tables {
		x.led.Made(t.Name)
	}
}

// tables are those of the runner, beside the version table, that a revision
// needs.
func (x *execution) tables(journal bool) []*schema.Table {
	out := []*schema.Table{ledger.AppliedDefinition()}
	if journal {
		out = append(out, ledger.JournalDefinition())
	}
	return out
}

// inTransaction runs groups in one transaction; the last one records the revision.
func (x *execution) inTransaction(ctx context.Context, seg plan.Segment, last, journaled bool) error {
	r := x.r
	var after *op.State
	before := len(x.applied)
	o := engine.TxOptions{Name: "migrate", Setup: slices.Clone(x.rev.Setup), Reset: slices.Clone(x.rev.Reset)}
	if last {
		o.Applied = x.recorded
	}
	x.watch = r.watch(ctx, x)
	defer x.unwatch()
	err := r.inTx(ctx, x.watch, o, func(ctx context.Context, tx *engine.Tx) error {
		x.applied = x.applied[:before]
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
	for _, g := range seg.Groups {
		x.applied = append(x.applied, g.Op.String())
	}
	return nil
}

// journalDone writes down a unit whose transaction is not the last one.
func (x *execution) journalDone(ctx context.Context, tx *engine.Tx, g plan.Group, before *op.State,
	steps []op.Step) error {
	e := x.entry(g, ledger.EntryDone)
	if structural(steps) {
		e.Script = "[]" // not needed any more; its being there says that the tables tell all
	}
	var err error
	if e.Tables, err = encodeTables(g, before); err != nil {
		return err
	}
	return e.Add(ctx, tx, x.r.o.Now())
}

// recorded asks whether the version table says that the revision is done: the
// answer to a COMMIT was lost.
func (x *execution) recorded(ctx context.Context, q engine.Queryer) (bool, error) {
	want, err := x.rowsAfter()
	if err != nil {
		return false, err
	}
	have, err := ledger.VersionOf(x.rev.Member).Rows(ctx, q)
	if err != nil {
		return false, err
	}
	slices.Sort(want)
	slices.Sort(have)
	return slices.Equal(want, have), nil
}

// groupInTx runs a unit in a transaction and applies it to the state.
func (x *execution) groupInTx(ctx context.Context, tx *engine.Tx, g plan.Group, s *history.State) ([]op.Step, error) {
	r := x.r
	t := r.onLive(ctx, func(ctx context.Context, f func(ctx context.Context, q driver.DBTX) error) error {
		return tx.Raw(ctx, "inspect", f)
	})
	steps, err := op.Compile(g.Op, s.State, t)
	if err != nil {
		return nil, err
	}
	for i := range steps {
		st := &steps[i]
		if err := st.Resolve(t); err != nil {
			return nil, err
		}
		if st.OutsideTx {
			x.rev.OutsideTx[g.Position] = true
			return nil, errRestart
		}
		if x.rev.Surround(st.Script) {
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

func (x *execution) stepInTx(ctx context.Context, tx *engine.Tx, st *op.Step, s *history.State) error {
	switch {
	case st.Data != nil:
		x.doing(st.Op.String())
		d, err := op.NewData(op.DataOptions{Queryer: tx, State: s.State, Progress: x.progress(st.Op.String()),
			Notice: x.notice, Args: x.r.o.Args})
		if err != nil {
			return err
		}
		return st.Data.Run(ctx, d)
	case !st.Script.Empty():
		return tx.Raw(ctx, "migrate", func(ctx context.Context, q driver.DBTX) error {
			return driver.RunStatements(ctx, q, st.Script, driver.RunOptions{Transactional: true, Fault: x.fault(ctx),
				Each: func(_ int, d driver.ScriptStatement) error { x.doing(title(d)); return nil }})
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
func title(s driver.ScriptStatement) string {
	if s.Comment != "" {
		return s.Comment
	}
	return s.SQL
}

// markApplied writes down that the revision is done, in the transaction of its last
// part.
func (x *execution) markApplied(ctx context.Context, tx *engine.Tx, journaled bool) error {
	r, l := x.r, x.rev.Member
	x.at = "record the version"
	if r.transactional() {
		// Made here, a first revision that fails leaves nothing behind.
		if err := x.ensure(ctx, tx, x.tables(false)...); err != nil {
			return err
		}
	}
	if err := ledger.VersionOf(l).Change(ctx, tx, x.rev.Rows...); err != nil {
		return err
	}
	after, err := x.rowsAfter()
	if err != nil {
		return err
	}
	if err := r.versioned(ctx, tx, VersionChange{Lineage: l.Name, Revision: x.rev.ID(), Up: x.rev.Direction == history.Up,
		Before: slices.Clone(x.s.Rows[l.Name]), After: after}); err != nil {
		return err
	}
	if journaled {
		if err := ledger.RemoveEntries(ctx, tx, l.Name, x.rev.ID(), 0); err != nil {
			return err
		}
	}
	if x.rev.Direction == history.Down {
		return ledger.ForgetApplied(ctx, tx, l.Name, x.rev.ID())
	}
	sum, err := l.Checksum(x.rev.ID())
	if err != nil {
		return err
	}
	now := r.o.Now()
	return ledger.MarkApplied(ctx, tx, ledger.Applied{Lineage: l.Name, Revision: x.rev.ID(), Checksum: sum, At: now,
		Took: now.Sub(x.begun), Build: r.o.Build})
}

// done takes over what the transaction of the last part changed.
func (x *execution) done() error {
	x.made(x.tables(false)...)
	rows, err := x.rowsAfter()
	if err != nil {
		return err
	}
	x.s.Rows[x.rev.Member.Name] = rows
	x.led.Journal = slices.DeleteFunc(x.led.Journal,
		func(e ledger.Entry) bool { return e.Lineage == x.rev.Member.Name && e.Revision == x.rev.ID() })
	return nil
}

// rowsAfter is what the version table holds when the revision is done.
func (x *execution) rowsAfter() ([]string, error) {
	rows, err := revision.ApplyRows(x.s.Rows[x.rev.Member.Name], x.rev.Rows...)
	if err != nil {
		return nil, dberr.New(dberr.Internal, "record the version", err.Error())
	}
	return rows, nil
}

// raw is a transaction or a connection that scripts run on.
type raw func(ctx context.Context, f func(ctx context.Context, q driver.DBTX) error) error

// onLive is the target with what the database says now about its tables.
func (r *Migrator) onLive(ctx context.Context, on raw) op.Target {
	t := r.target()
	t.Extras = func(table string) (driver.Extras, error) {
		var x driver.Extras
		err := on(ctx, func(ctx context.Context, q driver.DBTX) error {
			var err error
			x, err = t.DDL.Extras(ctx, q, driver.InspectOptions{Schema: r.eng().Schema()}, table)
			return err
		})
		return x, err
	}
	return t
}

// liveTarget is onLive on a connection of its own.
func (r *Migrator) liveTarget(ctx context.Context) op.Target {
	return r.onLive(ctx, func(ctx context.Context, f func(ctx context.Context, q driver.DBTX) error) error {
		return r.eng().OnReader(ctx, func(ctx context.Context, conn *sql.Conn) error { return f(ctx, conn) })
	})
}

// inspect reads the whole schema.
func (r *Migrator) inspect(ctx context.Context, in ledger.Inspector) (*op.State, error) {
	return status.Inspect(ctx, in, r.set)
}
