package run

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/plan"
)

// structural reports whether what undoes a group can be told from its tables.
func structural(steps []op.Step) bool {
	return !slices.ContainsFunc(steps, func(st op.Step) bool { return st.Data != nil || len(st.Statements) > 0 })
}

// resumePoint reads how far the revision has come: the position to go on from,
// and the ledger.Entry of a group that was under way.
func (x *execution) resumePoint(entries []ledger.Entry) (from int, under *ledger.Entry, err error) {
	if len(entries) == 0 {
		return 0, nil, nil
	}
	moved := func(why string) error {
		return &dberr.Error{Op: "migrate", Code: dberr.SchemaMismatch, Err: ErrHalfApplied,
			Msg: "revision " + x.rev.ID() + " is half applied and " + why +
				"; bring back the code that began it, or undo it with repair --undo"}
	}
	for n, e := range entries {
		if e.Direction != x.rev.Direction.String() || e.Position != n {
			return 0, nil, moved("its journal does not fit")
		}
		changed := n >= len(x.rev.Groups) || x.rev.Groups[n].Checksum != e.Checksum
		if e.State == ledger.EntryDone {
			if changed {
				return 0, nil, moved("the part of its code that was run has changed since (" + e.Operation + ")")
			}
			x.applied = append(x.applied, e.Operation)
			from = n + 1
			continue
		}
		if n >= len(x.rev.Groups) {
			if e.Statement > 0 || e.State != ledger.EntryFailed {
				return 0, nil, moved("the part of its code that was run has changed since (" + e.Operation + ")")
			}
			continue
		}
		// Only what commits as it goes is written down before it is done.
		under, x.rev.OutsideTx[n] = &entries[n], true
	}
	return from, under, nil
}

// outsideTx runs a group outside of a transaction with the version row: one that
// commits as it goes, or any where schema statements commit. under is where an
// earlier run has left it; nil when it begins now.
func (x *execution) outsideTx(ctx context.Context, g plan.Group, under *ledger.Entry) error {
	a := &outsideTx{x: x, group: g, after: x.s.State.Clone()}
	if err := a.begin(ctx, under); err != nil {
		return err
	}
	err := a.runAll(ctx)
	if err == nil {
		a.e.State, a.e.ErrorCode = ledger.EntryDone, ""
		err = a.move(ctx, a.x.r.o.Engine)
	} else {
		err = errors.Join(err, a.failed(ctx, err))
	}
	if err != nil {
		x.applied = append(x.applied, a.done()...)
		return err
	}
	x.applied = append(x.applied, g.Op.String())
	if a.blind {
		// What ran is known by the database only.
		if x.s.State, err = a.x.r.inspect(ctx, a.x.r.o.Engine); err != nil {
			return err
		}
		return nil
	}
	x.s.State = a.after
	return nil
}

// outsideTx is a group under way outside of a transaction.
type outsideTx struct {
	x     *execution
	group plan.Group
	e     ledger.Entry
	steps []op.Step
	after *op.State
	blind bool // after is not known

	saved   ledger.Entry // what the journal says, where this has written it
	resumed bool
	texts   []string // the statements so far, one line each
}

// begin makes the entry of the journal, or takes over the one that is there.
func (a *outsideTx) begin(ctx context.Context, under *ledger.Entry) error {
	if under != nil {
		return a.resume(ctx, *under)
	}
	var err error
	if a.steps, err = op.Compile(a.group.Op, a.after, a.target(ctx)); err != nil {
		return err
	}
	a.e = a.x.entry(a.group, ledger.EntryBegun)
	a.e.Statements = a.count()
	if a.e.Script, err = a.script(); err != nil {
		return err
	}
	if a.e.Tables, err = encodeTables(a.group, a.x.s.State); err != nil {
		return err
	}
	return a.add(ctx)
}

func (a *outsideTx) target(ctx context.Context) op.Target { return a.x.r.liveTarget(ctx) }

// count is how many statements the steps have.
func (a *outsideTx) count() int {
	n := 0
	for _, st := range a.steps {
		n += size(st)
	}
	return n
}

func size(st op.Step) int {
	if st.Data != nil {
		return 1
	}
	return len(st.Script.Statements) + len(st.Statements)
}

// script keeps the statements that depend on what was there before; "" for a
// group whose statements do not.
func (a *outsideTx) script() (ledger.Optional, error) {
	if !structural(a.steps) {
		return "", nil
	}
	scripts := []driver.Script{}
	for _, st := range a.steps {
		scripts = append(scripts, st.Script)
	}
	b, err := json.Marshal(scripts)
	return ledger.Optional(b), err
}

// resume finds out what an earlier run has left.
func (a *outsideTx) resume(ctx context.Context, e ledger.Entry) error {
	a.e, a.resumed, a.blind = e, true, true
	same := e.Checksum == a.group.Checksum
	if !same && e.Script == "" {
		if e.Statement == 0 && e.State == ledger.EntryFailed {
			return a.anew(ctx)
		}
		return dberr.New(dberr.SchemaMismatch, "migrate",
			"the operation that was under way has changed since ("+e.Operation+"); undo the revision with repair --undo")
	}
	if e.Script == "" {
		var err error
		a.steps, err = op.Compile(a.group.Op, a.after, a.target(ctx))
		return err
	}
	if !same {
		return a.replan(ctx)
	}
	known, err := a.written(ctx)
	if err != nil {
		return err
	}
	if !known {
		return a.replan(ctx)
	}
	if e.State == ledger.EntryBegun {
		return a.probe(ctx)
	}
	return nil
}

// written takes over the statements that were written down. Those of a step
// that was not reached are still to be worked out, by its place among the
// others; known is false where it has none.
func (a *outsideTx) written(ctx context.Context) (known bool, err error) {
	var scripts []driver.Script
	if err := json.Unmarshal([]byte(a.e.Script), &scripts); err != nil {
		return false, unreadable(err)
	}
	var again []op.Step
	if slices.ContainsFunc(scripts, driver.Script.Empty) {
		t, err := decodeTables(a.e.Tables)
		if err != nil {
			return false, err
		}
		before, err := op.NewState(a.x.r.target().DDL, t.Before...)
		if err != nil {
			return false, err
		}
		if again, err = op.Compile(a.group.Op, before, a.target(ctx)); err != nil || len(again) != len(scripts) {
			return false, nil //nolint:nilerr // then it is told from the tables as they are
		}
	}
	for i, s := range scripts {
		if s.Empty() {
			a.steps = append(a.steps, again[i])
			continue
		}
		a.steps = append(a.steps, op.Step{Op: a.group.Op, Script: s})
	}
	return true, nil
}

// write writes down the statements of a step that has just been worked out.
func (a *outsideTx) write(ctx context.Context) error {
	if a.e.Script == "" {
		return nil
	}
	now, err := a.script()
	if err != nil || now == a.e.Script {
		return err
	}
	a.e.Script, a.e.Statements = now, a.count()
	eng := a.x.r.o.Engine
	err = a.e.Rewrite(ctx, eng)
	if err == nil {
		a.saved.Script, a.saved.Statements = a.e.Script, a.e.Statements
	}
	return err
}

// anew begins a group of which nothing took effect as if it had not been begun.
func (a *outsideTx) anew(ctx context.Context) error {
	eng := a.x.r.o.Engine
	if err := ledger.RemoveEntries(ctx, eng, a.e.Lineage, a.e.Revision, a.e.Position); err != nil {
		return err
	}
	a.blind = false
	a.resumed = false
	return a.begin(ctx, nil)
}

// replan works out what is left to do by looking at the tables: the statements
// that were written down are not the ones that are needed any more.
func (a *outsideTx) replan(ctx context.Context) error {
	r := a.x.r
	t, err := decodeTables(a.e.Tables)
	if err != nil {
		return err
	}
	wanted, err := op.NewState(r.target().DDL, t.Before...)
	if err != nil {
		return err
	}
	if err := wanted.Apply(a.group.Op); err != nil {
		return err
	}
	changes, err := r.reconcile(ctx, t.with(a.group.Tables()), wanted, a.target(ctx), valuesOf(a.group, t))
	if err != nil {
		return err
	}
	eng := r.o.Engine
	if err := ledger.RemoveEntries(ctx, eng, a.e.Lineage, a.e.Revision, a.e.Position); err != nil {
		return err
	}
	for _, s := range changes {
		a.steps = append(a.steps, op.Step{Op: a.group.Op, Script: s})
	}
	a.e.Checksum, a.e.Operation, a.e.State, a.e.Statement, a.e.Statements = a.group.Checksum, a.group.Op.String(),
		ledger.EntryBegun, 0, a.count()
	if a.e.Script, err = a.script(); err != nil {
		return err
	}
	return a.add(ctx)
}

// probe asks whether the statement that was under way has taken effect, and
// takes away what it has left if not.
func (a *outsideTx) probe(ctx context.Context) error {
	n := a.e.Statement
	for _, st := range a.steps {
		if n >= len(st.Script.Statements) {
			n -= len(st.Script.Statements)
			continue
		}
		s := st.Script.Statements[n]
		if s.Probe == "" {
			return nil // it can be run twice
		}
		done, err := a.took(ctx, s)
		if err != nil {
			return err
		}
		if done {
			a.e.Statement++
			return nil
		}
		if s.Undo != "" {
			_, err = a.x.r.o.Engine.Exec(ctx, engine.Statement{Name: "migrate", SQL: s.Undo, Write: true})
		}
		return err
	}
	return nil
}

// runAll runs what is left of the group.
func (a *outsideTx) runAll(ctx context.Context) error {
	at := 0
	for i := range a.steps {
		st := &a.steps[i]
		if err := st.Resolve(a.target(ctx)); err != nil {
			return err
		}
		if err := a.write(ctx); err != nil {
			return err
		}
		n := size(*st)
		if at+n <= a.e.Statement {
			a.remember(st, n)
			at += n
			continue
		}
		skip := max(0, a.e.Statement-at)
		a.remember(st, skip)
		var err error
		switch {
		case st.Data != nil:
			err = a.data(ctx, st)
		case len(st.Statements) > 0:
			err = a.rows(ctx, st, skip)
		default:
			err = a.schema(ctx, st, skip)
		}
		if err != nil {
			return err
		}
		at += n
		a.blind = a.blind || st.Schema
	}
	return nil
}

// remember keeps the names of statements that took effect.
func (a *outsideTx) remember(st *op.Step, n int) {
	for i := range n {
		if i < len(st.Script.Statements) {
			a.texts = append(a.texts, title(st.Script.Statements[i]))
		} else {
			a.texts = append(a.texts, st.Op.String())
		}
	}
}

// done is what of the group took effect.
func (a *outsideTx) done() []string {
	if n := a.e.Statement; n < len(a.texts) {
		return a.texts[:n]
	}
	return a.texts
}

// add writes the entry into the journal.
func (a *outsideTx) add(ctx context.Context) error {
	err := a.e.Add(ctx, a.x.r.o.Engine, a.x.r.o.Now())
	if err == nil {
		a.saved = a.e
	}
	return err
}

// move brings the journal up to date, unless it says so already.
func (a *outsideTx) move(ctx context.Context, x ledger.Execer) error {
	if a.e == a.saved {
		return nil
	}
	err := a.e.Move(ctx, x, a.x.r.o.Now())
	if err == nil {
		a.saved = a.e
	}
	return err
}

// schema runs statements of a script, each written down before it is sent.
func (a *outsideTx) schema(ctx context.Context, st *op.Step, skip int) error {
	s := st.Script
	first := a.e.Statement
	if skip > 0 {
		// What had to be so at the beginning was looked at then.
		s.Statements, s.Expect = s.Statements[skip:], nil
	}
	eng := a.x.r.o.Engine
	if st.Script.Empty() {
		return nil
	}
	err := a.x.script(ctx, s, func(conn *sql.Conn, n int, d driver.ScriptStatement) error {
		a.e.State, a.e.ErrorCode, a.e.Statement = ledger.EntryBegun, "", first+n
		a.remember(&op.Step{Script: driver.Script{Statements: []driver.ScriptStatement{d}}}, 1)
		return a.move(ctx, ledger.OnConn(eng, conn))
	})
	if err != nil {
		n := a.e.Statement - first
		if !a.resumed || n < 0 || n >= len(s.Statements) {
			return err
		}
		// A server goes on with what a process has sent that was killed since:
		// then the same statement had to fail.
		if done, perr := a.took(ctx, s.Statements[n]); perr != nil || !done {
			return err
		}
		a.e.Statement++
		if skip += n + 1; skip == len(st.Script.Statements) {
			return nil
		}
		return a.schema(ctx, st, skip)
	}
	a.e.Statement = first + len(s.Statements)
	return nil
}

// took asks whether a statement has taken effect; one that can be run twice
// does not say.
func (a *outsideTx) took(ctx context.Context, s driver.ScriptStatement) (bool, error) {
	if s.Probe == "" {
		return false, nil
	}
	rows, err := a.x.r.o.Engine.Query(ctx, engine.Statement{Name: "migrate", SQL: s.Probe})
	if err != nil {
		return false, err
	}
	there := rows.Next()
	return there, rows.Close()
}

// rows runs statements that change rows, each in a transaction with the
// journal.
func (a *outsideTx) rows(ctx context.Context, st *op.Step, skip int) error {
	eng := a.x.r.o.Engine
	for _, one := range st.Statements[skip:] {
		a.x.doing(st.Op.String())
		next := a.e
		next.Statement, next.State, next.ErrorCode = a.e.Statement+1, ledger.EntryBegun, ""
		err := error(&dberr.Error{Code: dberr.Unsupported, Unsent: true})
		if !a.group.OutsideTx && !st.Schema {
			err = a.x.watchedTx(ctx, func(ctx context.Context, tx *engine.Tx) error {
				if _, err := tx.Exec(ctx, one); err != nil {
					return err
				}
				return next.Move(ctx, tx, a.x.r.o.Now())
			})
		}
		if e := (*dberr.Error)(nil); errors.As(err, &e) && e.Code == dberr.Unsupported && e.Unsent {
			// It ends a transaction, or its author wants it outside of one.
			a.e.State, a.e.ErrorCode = ledger.EntryBegun, ""
			if err = a.move(ctx, eng); err == nil {
				_, err = eng.Exec(ctx, one)
			}
		}
		if err != nil {
			return err
		}
		a.e = next
		a.texts = append(a.texts, st.Op.String())
	}
	return nil
}

// data runs a data step: in one transaction with the journal, or in batches
// that carry their place with them.
func (a *outsideTx) data(ctx context.Context, st *op.Step) error {
	r, eng := a.x.r, a.x.r.o.Engine
	text := st.Op.String()
	a.x.doing(text)
	state := a.after
	if a.resumed {
		live, err := r.inspect(ctx, eng)
		if err != nil {
			return err
		}
		state = live
	}
	if st.Data.Batched {
		d, err := op.NewData(op.DataOptions{Queryer: eng, Batched: true, State: state, Cursor: string(a.e.Cursor),
			Progress: a.x.progress(text), Notice: a.x.notice, Args: r.o.Args,
			Save: func(ctx context.Context, q engine.Queryer, p op.Progress) error {
				e := a.e
				e.Cursor, e.Done, e.Total, e.State, e.ErrorCode = ledger.Optional(p.Cursor), p.Done, p.Total, ledger.EntryBegun, ""
				if err := e.Move(ctx, q, r.o.Now()); err != nil {
					return err
				}
				a.e = e
				return nil
			}})
		if err != nil {
			return err
		}
		if err := st.Data.Run(ctx, d); err != nil {
			return err
		}
		a.e.Statement++
		a.texts = append(a.texts, text)
		return nil
	}
	next := a.e
	next.Statement++
	err := a.x.watchedTx(ctx, func(ctx context.Context, tx *engine.Tx) error {
		d, err := op.NewData(op.DataOptions{Queryer: tx, State: state, Progress: a.x.progress(text), Notice: a.x.notice,
			Args: r.o.Args})
		if err != nil {
			return err
		}
		if err := st.Data.Run(ctx, d); err != nil {
			return err
		}
		return next.Move(ctx, tx, r.o.Now())
	})
	if err != nil {
		return err
	}
	a.e = next
	a.texts = append(a.texts, text)
	return nil
}

// failed writes down that the statement under way has had no effect, where
// that is known. A journal that cannot be reached says begun, and the next run
// finds out.
func (a *outsideTx) failed(ctx context.Context, cause error) error {
	if lost := (*dberr.Error)(nil); errors.As(context.Cause(ctx), &lost) {
		return nil // the lock was lost, and somebody else may go on from what the journal says
	}
	code := dberr.CodeOf(cause)
	switch code {
	case dberr.Unavailable, dberr.Canceled, dberr.Timeout, dberr.Internal:
		return nil
	}
	a.e.State, a.e.ErrorCode = ledger.EntryFailed, ledger.Optional(code)
	eng := a.x.r.o.Engine
	if len(a.x.applied) == 0 && a.e.Statement == 0 && a.e.Done == 0 && a.e.Cursor == "" {
		// Nothing of the revision remains, so that it was not begun.
		if err := ledger.RemoveEntries(context.WithoutCancel(ctx), eng, a.e.Lineage, a.e.Revision, 0); err != nil {
			return fmt.Errorf("the journal could not be written: %w", err)
		}
		return nil
	}
	if err := a.move(context.WithoutCancel(ctx), eng); err != nil {
		return fmt.Errorf("the journal could not be written: %w", err)
	}
	return nil
}
