package migrate

import (
	"context"
	"database/sql"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/op"
)

// RepairOptions say what [Runner.Repair] does about what it finds.
type RepairOptions struct {
	// Undo takes back what stands of a half-done revision, instead of
	// finishing it.
	Undo bool
	// AcceptEdits keeps the checksums of revisions that were edited as they
	// are now.
	AcceptEdits bool
}

// Repair finishes the revisions that stand half done, or undoes them, so that
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
func (r *Runner) Repair(ctx context.Context, o RepairOptions) (did []string, err error) {
	release, err := r.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = joinRelease(err, release()) }()
	b, err := r.readKnown(ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range b.halfway() {
		text, err := r.repairOne(ctx, b, h, o)
		if text != "" {
			did = append(did, text)
		}
		if err != nil {
			return did, err
		}
	}
	if len(b.halfway()) > 0 {
		if b, err = r.readKnown(ctx); err != nil {
			return did, err
		}
	}
	more, err := r.repairOthers(ctx, b, o)
	did = append(did, more...)
	if err != nil || !o.AcceptEdits {
		return did, err
	}
	edited, err := r.edited(b)
	if err != nil {
		return did, err
	}
	for _, key := range edited {
		for _, l := range r.in {
			id, ok := cutLineage(key, l.Name)
			if !ok {
				continue
			}
			sum, err := l.checksum(id)
			if err != nil {
				return did, err
			}
			eng := r.o.Engine
			q := driver.NewBuilder(eng.Dialect()).SQL("UPDATE ").Ident(appliedTable).SQL(" SET ").Ident("checksum").SQL(" = ").Arg(sum).
				SQL(" WHERE ").Ident("lineage").SQL(" = ").Arg(l.Name).SQL(" AND ").Ident("revision").SQL(" = ").Arg(id)
			if _, err := run(ctx, eng, q); err != nil {
				return did, err
			}
			did = append(did, "the checksum of revision "+key+" is now that of its code")
		}
	}
	return did, nil
}

// repairOthers repairs what another program left.
func (r *Runner) repairOthers(ctx context.Context, b *book, o RepairOptions) (did []string, err error) {
	live, err := r.inspect(ctx, r.o.Engine)
	if err != nil {
		return nil, err
	}
	gone, kept, err := r.copies(ctx, live)
	if err != nil {
		return nil, err
	}
	found := r.partial(b, live)
	switch {
	case len(found) == 0:
		did, err = r.remove(ctx, gone)
	case o.Undo:
		did, err = r.takeBack(ctx, b, found, gone)
	default:
		did, err = r.finish(ctx, b, found)
	}
	if err == nil && len(kept) > 0 {
		err = dberr.New(dberr.SchemaMismatch, "repair", kept[0].String())
	}
	return did, err
}

func (r *Runner) repairOne(ctx context.Context, b *book, h entry, o RepairOptions) (string, error) {
	n := slices.IndexFunc(r.all, func(l *lineage) bool { return l.Name == h.lineage })
	if n < 0 || r.all[n].byID[h.revision] == nil {
		return "", &dberr.Error{Op: "repair", Code: dberr.SchemaMismatch, Err: ErrHalfApplied,
			Msg: "revision " + h.revision + " of lineage " + h.lineage + " stands half done and this program does not have it; run the one that began it"}
	}
	l := r.all[n]
	d := Up
	if h.direction == Down.String() {
		d = Down
	}
	step := stepOf(l, b.rows[l.Name], h.revision, d)
	eng := r.o.Engine
	if step == nil {
		// The version table was rewritten since: the revision counts as done,
		// or as never begun, by somebody's word.
		err := removeEntries(ctx, eng.Dialect(), eng, h.lineage, h.revision, 0)
		return "the journal of revision " + h.revision + " was dropped: the version table says that there is nothing to finish", err
	}
	a := aimed{l, *step}
	if o.Undo {
		if err := r.undo(ctx, b, a); err != nil {
			return "", err
		}
		return "the " + h.direction + " of revision " + h.revision + " was undone", nil
	}
	rep := &Report{}
	if err := r.runAll(ctx, rep, b, []aimed{a}, true); err != nil {
		return "", err
	}
	return "the " + h.direction + " of revision " + h.revision + " was finished", nil
}

// undo takes back what stands of a half-done revision, the last operation
// first. Each one that is undone leaves the journal, so that an undo that is
// cut off can go on.
func (r *Runner) undo(ctx context.Context, b *book, a aimed) error {
	w, _, err := r.record(a)
	if err != nil {
		return err
	}
	eng := r.o.Engine
	entries := b.of(a.l.Name, w.id())
	for n, e := range slices.Backward(entries) {
		x := &execution{r: r, w: w, b: b, number: len(entries) - n, of: len(entries)}
		x.doing("undo " + e.operation)
		if err := r.undoEntry(ctx, w, e, x); err != nil {
			return dberr.WithOp(err, "undo "+e.operation)
		}
		if err := removeEntries(ctx, eng.Dialect(), eng, e.lineage, e.revision, e.position); err != nil {
			return err
		}
	}
	return nil
}

func (r *Runner) undoEntry(ctx context.Context, w *work, e entry, x *execution) error {
	if e.state == stateFailed && e.statement == 0 {
		return nil // nothing of it stands
	}
	t, err := decodeTouched(e.tables)
	if err != nil {
		return err
	}
	var u *unit
	if e.position < len(w.units) && w.units[e.position].checksum == e.checksum {
		u = &w.units[e.position]
	}
	structural := e.script != ""
	switch {
	case u == nil && !structural:
		return dberr.New(dberr.SchemaMismatch, "", "its code has changed since, so that nobody knows what undoes it; bring back the code that began it")
	case !structural:
		return r.undoRows(ctx, *u, t, x)
	case u != nil && u.renames():
		return r.undoRename(ctx, *u, t, x)
	}
	wanted, err := op.NewState(r.o.Target.DDL, t.Before...)
	if err != nil {
		return err
	}
	scripts, err := r.toward(ctx, t, wanted, x.liveTarget(ctx), u.back(t))
	if err != nil {
		return err
	}
	return x.runScripts(ctx, scripts)
}

// undoRename gives back the names, if they were changed.
func (r *Runner) undoRename(ctx context.Context, u unit, t touched, x *execution) error {
	before, err := op.NewState(r.o.Target.DDL, t.Before...)
	if err != nil {
		return err
	}
	live, err := r.inspect(ctx, r.o.Engine)
	if err != nil {
		return err
	}
	back, err := op.Reverse(before, []op.Op{u.op})
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
			steps, err := op.Compile(o, live, x.liveTarget(ctx))
			if err != nil {
				return err
			}
			for i := range steps {
				if err := steps[i].Resolve(x.liveTarget(ctx)); err != nil {
					return err
				}
				if err := x.runScripts(ctx, []driver.Script{steps[i].Script}); err != nil {
					return err
				}
			}
		}
	}
	// What the engine keeps beside the name, such as a generated column.
	scripts, err := r.toward(ctx, t, before, x.liveTarget(ctx), u.back(t))
	if err != nil {
		return err
	}
	return x.runScripts(ctx, scripts)
}

// undoRows runs what undoes statements and data steps.
func (r *Runner) undoRows(ctx context.Context, u unit, t touched, x *execution) error {
	before, err := op.NewState(r.o.Target.DDL, t.Before...)
	if err != nil {
		return err
	}
	back, err := op.Reverse(before, []op.Op{u.op})
	if err != nil {
		return err
	}
	live, err := r.inspect(ctx, r.o.Engine)
	if err != nil {
		return err
	}
	eng := r.o.Engine
	for _, o := range back {
		steps, err := op.Compile(o, live, x.liveTarget(ctx))
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
	o := op.DataOptions{Queryer: eng, Batched: st.Data.Batched, State: live, Progress: x.progress(st.Op.String()), Notice: x.notice}
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

// liveTarget compiles with what the database says now.
func (x *execution) liveTarget(ctx context.Context) op.Target {
	return x.r.target(x.r.extrasOf(ctx, func(ctx context.Context, f func(ctx context.Context, q driver.Querier) error) error {
		return x.r.o.Engine.OnReader(ctx, func(ctx context.Context, conn *sql.Conn) error { return f(ctx, conn) })
	}))
}

// runScripts runs scripts that nobody writes down.
func (x *execution) runScripts(ctx context.Context, scripts []driver.Script) error {
	for _, s := range scripts {
		if s.Empty() {
			continue
		}
		err := x.script(ctx, s, func(*sql.Conn, int, driver.Statement) error { return nil })
		if err != nil {
			return err
		}
	}
	return nil
}

// script runs a script on a connection of its own; each is called ahead of
// every statement.
func (x *execution) script(ctx context.Context, s driver.Script, each func(conn *sql.Conn, n int, d driver.Statement) error) error {
	var failed error // apart from what is wrong with the connection
	err := x.r.o.Engine.OnWriter(ctx, func(ctx context.Context, conn *sql.Conn) error {
		failed = driver.RunScript(ctx, conn, s, driver.RunOptions{Transactional: x.r.transactional(), Fault: x.fault(ctx),
			Each: func(n int, d driver.Statement) error {
				x.doing(title(d))
				return each(conn, n, d)
			}})
		return nil
	})
	if err == nil {
		err = failed
	}
	return err
}
