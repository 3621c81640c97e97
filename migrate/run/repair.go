package run

import (
	"context"
	"database/sql"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/plan"
	"github.com/larder-db/larder/migrate/rescue"
	"github.com/larder-db/larder/migrate/status"
)

// RepairOptions say what [Migrator.Repair] does about what it finds.
type RepairOptions struct {
	// Undo takes back what is there of a half-applied revision, instead of
	// finishing it.
	Undo bool
	// AcceptEdits keeps the checksums of revisions that were edited as they
	// are now.
	AcceptEdits bool
}

// Repair finishes the revisions that are half applied, or undoes them, so that
// migrations go on from there. It returns what it did, one sentence each; none
// when nothing was out of order.
//
// What an undo cannot bring back is what the revision declares as lost.
//
// Revisions that another program began are finished too: they run as they
// always do, past what is there already, and so do those ahead of them. Their
// undo takes away what holds nothing, or refuses when something does. Copies of
// tables that such a program left are removed; one that may be all there is of
// its table is an error.
func (r *Migrator) Repair(ctx context.Context, o RepairOptions) (did []string, err error) {
	err = r.locked(ctx, func(ctx context.Context) (err error) {
		did, err = r.repair(ctx, o)
		return err
	})
	return did, err
}

func (r *Migrator) repair(ctx context.Context, o RepairOptions) (did []string, err error) {
	led, err := r.readKnown(ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range led.HalfApplied() {
		text, err := r.repairOne(ctx, led, h, o)
		if text != "" {
			did = append(did, text)
		}
		if err != nil {
			return did, err
		}
	}
	if len(led.HalfApplied()) > 0 {
		if led, err = r.readKnown(ctx); err != nil {
			return did, err
		}
	}
	more, err := r.repairOthers(ctx, led, o)
	did = append(did, more...)
	if err != nil || !o.AcceptEdits {
		return did, err
	}
	accepted, err := r.acceptEdits(ctx, led)
	return append(did, accepted...), err
}

// acceptEdits keeps the checksums of edited revisions as they are now.
func (r *Migrator) acceptEdits(ctx context.Context, led *ledger.Ledger) (did []string, err error) {
	edited, err := status.Edited(led, r.set)
	if err != nil {
		return nil, err
	}
	for _, key := range edited {
		sum, err := r.set.Member(key.Lineage).Checksum(key.ID)
		if err != nil {
			return did, err
		}
		if err := ledger.AcceptChecksum(ctx, r.o.Engine, key.Lineage, key.ID, sum); err != nil {
			return did, err
		}
		did = append(did, "the checksum of revision "+key.String()+" is now that of its code")
	}
	return did, nil
}

// repairOthers repairs what another program left.
func (r *Migrator) repairOthers(ctx context.Context, led *ledger.Ledger, o RepairOptions) (did []string, err error) {
	live, err := r.inspect(ctx, r.o.Engine)
	if err != nil {
		return nil, err
	}
	safe, unsafe, err := rescue.SplitLeftovers(ctx, r.o.Engine, live)
	if err != nil {
		return nil, err
	}
	found := rescue.FindPartial(r.set, led, live)
	switch {
	case len(found) == 0:
		did, err = r.removeCopies(ctx, safe)
	case o.Undo:
		did, err = r.takeBack(ctx, led, live, found, safe)
	default:
		did, err = r.finish(ctx, led, found)
	}
	if err == nil && len(unsafe) > 0 {
		err = dberr.New(dberr.SchemaMismatch, "repair", unsafe[0].String())
	}
	return did, err
}

func (r *Migrator) repairOne(ctx context.Context, led *ledger.Ledger, h ledger.Entry, o RepairOptions) (string, error) {
	l := r.set.Member(h.Lineage)
	if l == nil || l.Revision(h.Revision) == nil {
		return "", &dberr.Error{Op: "repair", Code: dberr.SchemaMismatch, Err: ErrHalfApplied,
			Msg: "revision " + h.Revision + " of lineage " + h.Lineage +
				" is half applied and this program does not have it; run the one that began it"}
	}
	d := history.Up
	if h.Direction == history.Down.String() {
		d = history.Down
	}
	step := l.First(led.Rows[l.Name], h.Revision, d)
	eng := r.o.Engine
	if step == nil {
		// The version table was rewritten since: the revision counts as done,
		// or as never begun, by somebody's word.
		err := ledger.RemoveEntries(ctx, eng, h.Lineage, h.Revision, 0)
		return "the journal of revision " + h.Revision +
			" was dropped: the version table says that there is nothing to finish", err
	}
	if o.Undo {
		if err := r.undo(ctx, led, *step); err != nil {
			return "", err
		}
		return "the " + h.Direction + " of revision " + h.Revision + " was undone", nil
	}
	rep := &Report{}
	if err := r.runAll(ctx, rep, led, []history.Step{*step}, true); err != nil {
		return "", err
	}
	return "the " + h.Direction + " of revision " + h.Revision + " was finished", nil
}

// undo takes back what is there of a half-applied revision, the last operation
// first. Each one that is undone leaves the journal, so that an undo that is
// cut off can go on.
func (r *Migrator) undo(ctx context.Context, led *ledger.Ledger, st history.Step) error {
	rev, err := plan.NewRun(r.set, st)
	if err != nil {
		return err
	}
	eng := r.o.Engine
	entries := led.Entries(rev.Member.Name, rev.ID())
	for n, e := range slices.Backward(entries) {
		x := &execution{r: r, rev: rev, led: led, number: len(entries) - n, of: len(entries)}
		x.doing("undo " + e.Operation)
		if err := r.undoEntry(ctx, rev, e, x); err != nil {
			return dberr.WithOp(err, "undo "+e.Operation)
		}
		if err := ledger.RemoveEntries(ctx, eng, e.Lineage, e.Revision, e.Position); err != nil {
			return err
		}
	}
	return nil
}

func (r *Migrator) undoEntry(ctx context.Context, rev *plan.RevisionRun, e ledger.Entry, x *execution) error {
	if e.State == ledger.EntryFailed && e.Statement == 0 {
		return nil // nothing of it took effect
	}
	t, err := decodeTables(e.Tables)
	if err != nil {
		return err
	}
	var g *plan.Group
	if e.Position < len(rev.Groups) && rev.Groups[e.Position].Checksum == e.Checksum {
		g = &rev.Groups[e.Position]
	}
	structural := e.Script != ""
	switch {
	case g == nil && !structural:
		return dberr.New(dberr.SchemaMismatch, "",
			"its code has changed since, so that nobody knows what undoes it; bring back the code that began it")
	case !structural:
		return r.undoRows(ctx, *g, t, x)
	case g != nil && g.Renames():
		return r.undoRename(ctx, *g, t, x)
	}
	wanted, err := op.NewState(r.target().DDL, t.Before...)
	if err != nil {
		return err
	}
	scripts, err := r.reconcile(ctx, t, wanted, r.liveTarget(ctx), valuesBack(g, t))
	if err != nil {
		return err
	}
	return x.runScripts(ctx, scripts)
}

// undoRename gives back the names, if they were changed.
func (r *Migrator) undoRename(ctx context.Context, g plan.Group, t tablesBefore, x *execution) error {
	before, err := op.NewState(r.target().DDL, t.Before...)
	if err != nil {
		return err
	}
	live, err := r.inspect(ctx, r.o.Engine)
	if err != nil {
		return err
	}
	back, err := op.Reverse(before, []op.Op{g.Op})
	if err != nil {
		return err
	}
	renamed := true
	for o := range op.All(back) {
		switch o := o.(type) {
		case op.RenameTable:
			renamed = renamed && live.Table(o.From) != nil && live.Table(o.To) == nil
		case op.RenameColumn:
			table := live.Table(o.Table)
			renamed = renamed && table != nil && table.Column(o.From) != nil && table.Column(o.To) == nil
		}
	}
	if renamed {
		for _, o := range back {
			steps, err := op.Compile(o, live, r.liveTarget(ctx))
			if err != nil {
				return err
			}
			for i := range steps {
				if err := steps[i].Resolve(r.liveTarget(ctx)); err != nil {
					return err
				}
				if err := x.runScripts(ctx, []driver.Script{steps[i].Script}); err != nil {
					return err
				}
			}
		}
	}
	// What the engine keeps beside the name, such as a generated column.
	scripts, err := r.reconcile(ctx, t, before, r.liveTarget(ctx), valuesBack(&g, t))
	if err != nil {
		return err
	}
	return x.runScripts(ctx, scripts)
}

// undoRows runs what undoes statements and data steps.
func (r *Migrator) undoRows(ctx context.Context, g plan.Group, t tablesBefore, x *execution) error {
	before, err := op.NewState(r.target().DDL, t.Before...)
	if err != nil {
		return err
	}
	back, err := op.Reverse(before, []op.Op{g.Op})
	if err != nil {
		return err
	}
	live, err := r.inspect(ctx, r.o.Engine)
	if err != nil {
		return err
	}
	eng := r.o.Engine
	for _, o := range back {
		steps, err := op.Compile(o, live, r.liveTarget(ctx))
		if err != nil {
			return err
		}
		for _, st := range steps {
			if st.Data != nil {
				if err := x.undoData(ctx, st, live); err != nil {
					return err
				}
				continue
			}
			if err := x.runScripts(ctx, []driver.Script{st.Script}); err != nil {
				return err
			}
			for _, one := range st.Statements {
				if _, err := eng.Exec(ctx, one); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (x *execution) undoData(ctx context.Context, st op.Step, live *op.State) error {
	eng := x.r.o.Engine
	o := op.DataOptions{Queryer: eng, Batched: st.Data.Batched, State: live, Progress: x.progress(st.Op.String()),
		Notice: x.notice}
	if st.Data.Batched {
		d, err := op.NewData(o)
		if err != nil {
			return err
		}
		return st.Data.Run(ctx, d)
	}
	return eng.InTx(ctx, engine.TxOptions{Name: "migrate"}, func(ctx context.Context, tx *engine.Tx) error {
		o.Queryer = tx
		d, err := op.NewData(o)
		if err != nil {
			return err
		}
		return st.Data.Run(ctx, d)
	})
}

// runScripts runs scripts that nobody writes down.
func (x *execution) runScripts(ctx context.Context, scripts []driver.Script) error {
	for _, s := range scripts {
		if s.Empty() {
			continue
		}
		err := x.script(ctx, s, func(*sql.Conn, int, driver.ScriptStatement) error { return nil })
		if err != nil {
			return err
		}
	}
	return nil
}

// script runs a script on a connection of its own; each is called ahead of
// every statement.
func (x *execution) script(ctx context.Context, s driver.Script,
	each func(conn *sql.Conn, n int, d driver.ScriptStatement) error) error {
	w := x.r.watch(ctx, x)
	x.watch = w
	defer x.unwatch()
	outside := func(d driver.ScriptStatement) bool { return d.OutsideTx }
	if !slices.ContainsFunc(s.Statements, outside) {
		bound := x.r.bound()
		s.Before, s.After = slices.Concat(bound.Before, s.Before), slices.Concat(s.After, bound.After)
	}
	from := 0 // the statements before it have taken effect
	return w.patiently(ctx, func() error {
		rest, at := s, from
		if rest.Statements = s.Statements[from:]; from > 0 {
			rest.Expect = nil
		}
		var failed error // apart from what is wrong with the connection
		err := x.r.o.Engine.OnWriter(ctx, func(ctx context.Context, conn *sql.Conn) error {
			if err := w.on(ctx, conn); err != nil {
				return err
			}
			failed = driver.RunScript(ctx, conn, rest, driver.RunOptions{Transactional: x.r.transactional(), Fault: x.fault(ctx),
				Each: func(n int, d driver.ScriptStatement) error {
					at = from + n
					x.doing(title(d))
					return each(conn, at, d)
				}})
			return nil
		})
		if err == nil {
			err = failed
		}
		// In a transaction those of the same one were rolled back.
		for x.r.transactional() && at > from && !outside(s.Statements[at]) && !outside(s.Statements[at-1]) {
			at--
		}
		from = at
		return err
	})
}
