package migrate

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
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// touched is what the journal keeps of the tables of a unit.
type touched struct {
	Names  []string        // before and after
	Before []*schema.Table // those that were there
}

// entry is what the journal says of a unit when it begins.
func (x *execution) entry(u unit, state string) entry {
	return entry{lineage: x.w.l.Name, revision: x.w.id(), position: u.position, direction: x.w.step.Direction.String(),
		operation: u.op.String(), checksum: u.checksum, state: state}
}

// touched writes down the tables of a unit as they are before it.
func (u unit) touched(before *op.State) (string, error) {
	t := touched{Names: u.tables()}
	for _, n := range t.Names {
		if was := before.Table(n); was != nil {
			t.Before = append(t.Before, was)
		}
	}
	b, err := json.Marshal(t)
	return string(b), err
}

// structural reports whether what undoes a unit can be told from its tables.
func structural(steps []op.Step) bool {
	return !slices.ContainsFunc(steps, func(st op.Step) bool { return st.Data != nil || len(st.Statements) > 0 })
}

// place reads where the revision stands: the position to go on from, and the
// entry of a unit that was under way.
func (x *execution) place(entries []entry) (from int, under *entry, err error) {
	if len(entries) == 0 {
		return 0, nil, nil
	}
	moved := func(why string) error {
		return &dberr.Error{Op: "migrate", Code: dberr.SchemaMismatch, Err: ErrHalfApplied,
			Msg: "revision " + x.w.id() + " stands half done and " + why + "; bring back the code that began it, or undo it with repair --undo"}
	}
	for n, e := range entries {
		if e.direction != x.w.step.Direction.String() || e.position != n {
			return 0, nil, moved("its journal does not fit")
		}
		changed := n >= len(x.w.units) || x.w.units[n].checksum != e.checksum
		if e.state == stateDone {
			if changed {
				return 0, nil, moved("the part of its code that was run has changed since (" + e.operation + ")")
			}
			x.stands = append(x.stands, e.operation)
			from = n + 1
			continue
		}
		if n >= len(x.w.units) {
			if e.statement > 0 || e.state != stateFailed {
				return 0, nil, moved("the part of its code that was run has changed since (" + e.operation + ")")
			}
			continue
		}
		// Only what commits as it goes is written down before it is done.
		under, x.w.alone[n] = &entries[n], true
	}
	return from, under, nil
}

// alone runs a unit outside of a transaction with the version row: one that
// commits as it goes, or any where schema statements commit. under is where an
// earlier run has left it; nil when it begins now.
func (x *execution) alone(ctx context.Context, u unit, under *entry) error {
	a := &alone{x: x, u: u, after: x.s.State.Clone()}
	if err := a.begin(ctx, under); err != nil {
		return err
	}
	err := a.runAll(ctx)
	if err == nil {
		a.e.state, a.e.errorCode = stateDone, ""
		err = a.move(ctx, a.r().o.Engine)
	} else {
		err = errors.Join(err, a.failed(ctx, err))
	}
	if err != nil {
		x.stands = append(x.stands, a.stand()...)
		return err
	}
	x.stands = append(x.stands, u.op.String())
	if a.blind {
		// What ran is known by the database only.
		if x.s.State, err = a.r().inspect(ctx, a.r().o.Engine); err != nil {
			return err
		}
		return nil
	}
	x.s.State = a.after
	return nil
}

// alone is a unit under way outside of a transaction.
type alone struct {
	x     *execution
	u     unit
	e     entry
	steps []op.Step
	after *op.State
	blind bool // after is not known

	resumed bool
	texts   []string // the statements so far, one line each
}

func (a *alone) r() *Runner { return a.x.r }

// begin makes the entry of the journal, or takes over the one that is there.
func (a *alone) begin(ctx context.Context, under *entry) error {
	r := a.r()
	eng := r.o.Engine
	if under != nil {
		return a.resume(ctx, *under)
	}
	var err error
	if a.steps, err = op.Compile(a.u.op, a.after, a.target(ctx)); err != nil {
		return err
	}
	a.e = a.x.entry(a.u, stateBegun)
	a.e.statements = a.count()
	if a.e.script, err = a.script(); err != nil {
		return err
	}
	if a.e.tables, err = a.u.touched(a.x.s.State); err != nil {
		return err
	}
	return r.addEntry(ctx, eng.Dialect(), eng, a.e)
}

func (a *alone) target(ctx context.Context) op.Target { return a.x.liveTarget(ctx) }

// count is how many statements the steps have.
func (a *alone) count() int {
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
// unit whose statements do not.
func (a *alone) script() (string, error) {
	if !structural(a.steps) {
		return "", nil
	}
	scripts := []driver.Script{}
	for _, st := range a.steps {
		scripts = append(scripts, st.Script)
	}
	b, err := json.Marshal(scripts)
	return string(b), err
}

// resume finds out what an earlier run has left.
func (a *alone) resume(ctx context.Context, e entry) error {
	a.e, a.resumed, a.blind = e, true, true
	same := e.checksum == a.u.checksum
	if !same && e.script == "" {
		if e.statement == 0 && e.state == stateFailed {
			return a.anew(ctx)
		}
		return dberr.New(dberr.SchemaMismatch, "migrate", "the operation that was under way has changed since ("+e.operation+"); undo the revision with repair --undo")
	}
	if e.script == "" {
		var err error
		a.steps, err = op.Compile(a.u.op, a.after, a.target(ctx))
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
	if e.state == stateBegun {
		return a.probe(ctx)
	}
	return nil
}

// written takes over the statements that were written down. Those of a step
// that was not reached are still to be worked out, by its place among the
// others; known is false where it has none.
func (a *alone) written(ctx context.Context) (known bool, err error) {
	var scripts []driver.Script
	if err := json.Unmarshal([]byte(a.e.script), &scripts); err != nil {
		return false, &dberr.Error{Op: "journal", Code: dberr.Internal, Msg: "the journal cannot be read; restore " + journalTable + " or the database from a backup", Err: err}
	}
	var again []op.Step
	if slices.ContainsFunc(scripts, driver.Script.Empty) {
		t, err := decodeTouched(a.e.tables)
		if err != nil {
			return false, err
		}
		before, err := op.NewState(a.r().o.Target.DDL, t.Before...)
		if err != nil {
			return false, err
		}
		if again, err = op.Compile(a.u.op, before, a.target(ctx)); err != nil || len(again) != len(scripts) {
			return false, nil //nolint:nilerr // then it is told from the tables as they are
		}
	}
	for i, s := range scripts {
		if s.Empty() {
			a.steps = append(a.steps, again[i])
			continue
		}
		a.steps = append(a.steps, op.Step{Op: a.u.op, Script: s})
	}
	return true, nil
}

// write writes down the statements of a step that has just been worked out.
func (a *alone) write(ctx context.Context) error {
	if a.e.script == "" {
		return nil
	}
	now, err := a.script()
	if err != nil || now == a.e.script {
		return err
	}
	a.e.script, a.e.statements = now, a.count()
	eng := a.r().o.Engine
	return a.r().rewriteEntry(ctx, eng.Dialect(), eng, a.e)
}

// anew begins a unit of which nothing stands as if it had not been begun.
func (a *alone) anew(ctx context.Context) error {
	eng := a.r().o.Engine
	if err := removeEntries(ctx, eng.Dialect(), eng, a.e.lineage, a.e.revision, a.e.position); err != nil {
		return err
	}
	a.blind = false
	a.resumed = false
	return a.begin(ctx, nil)
}

// replan works out what is left to do by looking at the tables: the statements
// that were written down are not the ones that are needed any more.
func (a *alone) replan(ctx context.Context) error {
	r := a.r()
	t, err := decodeTouched(a.e.tables)
	if err != nil {
		return err
	}
	wanted, err := op.NewState(r.o.Target.DDL, t.Before...)
	if err != nil {
		return err
	}
	if err := wanted.Apply(a.u.op); err != nil {
		return err
	}
	changes, err := r.toward(ctx, t.with(a.u.tables()), wanted, a.target(ctx), a.u.values(t))
	if err != nil {
		return err
	}
	eng := r.o.Engine
	if err := removeEntries(ctx, eng.Dialect(), eng, a.e.lineage, a.e.revision, a.e.position); err != nil {
		return err
	}
	for _, s := range changes {
		a.steps = append(a.steps, op.Step{Op: a.u.op, Script: s})
	}
	a.e.checksum, a.e.operation, a.e.state, a.e.statement, a.e.statements = a.u.checksum, a.u.op.String(), stateBegun, 0, a.count()
	if a.e.script, err = a.script(); err != nil {
		return err
	}
	return r.addEntry(ctx, eng.Dialect(), eng, a.e)
}

func (t touched) with(names []string) touched {
	for _, n := range names {
		if !slices.Contains(t.Names, n) {
			t.Names = append(slices.Clone(t.Names), n)
		}
	}
	return t
}

func decodeTouched(s string) (touched, error) {
	var raw struct {
		Names  []string
		Before json.RawMessage
	}
	bad := func(err error) (touched, error) {
		return touched{}, &dberr.Error{Op: "journal", Code: dberr.Internal, Msg: "the journal cannot be read; restore " + journalTable + " or the database from a backup", Err: err}
	}
	if s == "" {
		return touched{}, nil
	}
	if err := json.Unmarshal([]byte(s), &raw); err != nil {
		return bad(err)
	}
	before, err := decodeTables(string(raw.Before))
	if err != nil {
		return bad(err)
	}
	return touched{Names: raw.Names, Before: before}, nil
}

// probe asks whether the statement that was under way has taken effect, and
// takes away what it has left if not.
func (a *alone) probe(ctx context.Context) error {
	n := a.e.statement
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
			a.e.statement++
			return nil
		}
		if s.Undo != "" {
			_, err = a.r().o.Engine.Exec(ctx, engine.Statement{Name: "migrate", SQL: s.Undo, Write: true})
		}
		return err
	}
	return nil
}

// runAll runs what is left of the unit.
func (a *alone) runAll(ctx context.Context) error {
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
		if at+n <= a.e.statement {
			a.remember(st, n)
			at += n
			continue
		}
		skip := max(0, a.e.statement-at)
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

// remember keeps the names of statements that stand.
func (a *alone) remember(st *op.Step, n int) {
	for i := range n {
		if i < len(st.Script.Statements) {
			a.texts = append(a.texts, title(st.Script.Statements[i]))
		} else {
			a.texts = append(a.texts, st.Op.String())
		}
	}
}

// stand is what of the unit stands.
func (a *alone) stand() []string {
	if n := a.e.statement; n < len(a.texts) {
		return a.texts[:n]
	}
	return a.texts
}

func (a *alone) move(ctx context.Context, x execer) error {
	return a.r().moveEntry(ctx, a.r().o.Engine.Dialect(), x, a.e)
}

// schema runs statements of a script, each written down before it is sent.
func (a *alone) schema(ctx context.Context, st *op.Step, skip int) error {
	s := st.Script
	first := a.e.statement
	if skip > 0 {
		// What had to be so at the beginning was looked at then.
		s.Statements, s.Expect = s.Statements[skip:], nil
	}
	eng := a.r().o.Engine
	if st.Script.Empty() {
		return nil
	}
	err := a.x.script(ctx, s, func(conn *sql.Conn, n int, d driver.Statement) error {
		a.e.state, a.e.errorCode, a.e.statement = stateBegun, "", first+n
		a.remember(&op.Step{Script: driver.Script{Statements: []driver.Statement{d}}}, 1)
		return a.move(ctx, connExecer{eng, conn})
	})
	if err != nil {
		n := a.e.statement - first
		if !a.resumed || n < 0 || n >= len(s.Statements) {
			return err
		}
		// A server goes on with what a process has sent that was killed since:
		// then the same statement had to fail.
		if done, perr := a.took(ctx, s.Statements[n]); perr != nil || !done {
			return err
		}
		a.e.statement++
		if skip += n + 1; skip == len(st.Script.Statements) {
			return nil
		}
		return a.schema(ctx, st, skip)
	}
	a.e.statement = first + len(s.Statements)
	return nil
}

// took asks whether a statement has taken effect; one that can be run twice
// does not say.
func (a *alone) took(ctx context.Context, s driver.Statement) (bool, error) {
	if s.Probe == "" {
		return false, nil
	}
	rows, err := a.r().o.Engine.Query(ctx, engine.Statement{Name: "migrate", SQL: s.Probe})
	if err != nil {
		return false, err
	}
	there := rows.Next()
	return there, rows.Close()
}

// rows runs statements that change rows, each in a transaction with the
// journal.
func (a *alone) rows(ctx context.Context, st *op.Step, skip int) error {
	eng := a.r().o.Engine
	for _, one := range st.Statements[skip:] {
		a.x.doing(st.Op.String())
		next := a.e
		next.statement, next.state, next.errorCode = a.e.statement+1, stateBegun, ""
		err := error(&dberr.Error{Code: dberr.Unsupported, Unsent: true})
		if !a.u.outside && !st.Schema {
			err = eng.InTx(ctx, engine.TxOptions{Name: "migrate"}, func(ctx context.Context, tx *engine.Tx) error {
				if _, err := tx.Exec(ctx, one); err != nil {
					return err
				}
				return a.r().moveEntry(ctx, eng.Dialect(), tx, next)
			})
		}
		if e := (*dberr.Error)(nil); errors.As(err, &e) && e.Code == dberr.Unsupported && e.Unsent {
			// It ends a transaction, or its author wants it outside of one.
			a.e.state, a.e.errorCode = stateBegun, ""
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
func (a *alone) data(ctx context.Context, st *op.Step) error {
	r, eng := a.r(), a.r().o.Engine
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
		d, err := op.NewData(op.DataOptions{Queryer: eng, Batched: true, State: state, Cursor: a.e.place, Progress: a.x.progress(text), Notice: a.x.notice, Args: r.o.Args,
			Save: func(ctx context.Context, q engine.Queryer, p op.Progress) error {
				e := a.e
				e.place, e.done, e.total, e.state, e.errorCode = p.Cursor, p.Done, p.Total, stateBegun, ""
				if err := r.moveEntry(ctx, eng.Dialect(), q, e); err != nil {
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
		a.e.statement++
		a.texts = append(a.texts, text)
		return nil
	}
	next := a.e
	next.statement++
	err := eng.InTx(ctx, engine.TxOptions{Name: "migrate"}, func(ctx context.Context, tx *engine.Tx) error {
		d, err := op.NewData(op.DataOptions{Queryer: tx, State: state, Progress: a.x.progress(text), Notice: a.x.notice, Args: r.o.Args})
		if err != nil {
			return err
		}
		if err := st.Data.Run(ctx, d); err != nil {
			return err
		}
		return r.moveEntry(ctx, eng.Dialect(), tx, next)
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
func (a *alone) failed(ctx context.Context, cause error) error {
	code := dberr.CodeOf(cause)
	switch code {
	case dberr.Unavailable, dberr.Canceled, dberr.Timeout, dberr.Internal:
		return nil
	}
	a.e.state, a.e.errorCode = stateFailed, string(code)
	eng := a.r().o.Engine
	if err := a.move(context.WithoutCancel(ctx), eng); err != nil {
		return fmt.Errorf("the journal could not be written: %w", err)
	}
	return nil
}
