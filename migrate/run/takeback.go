package run

import (
	"context"
	"database/sql"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/plan"
	"github.com/larder-db/larder/migrate/rescue"
	"github.com/larder-db/larder/schema"
)

// takeBack takes away what is there of revisions that another program began,
// the last one first, where nothing is lost by it, and copies of tables ahead of
// them. That nothing is lost is known before anything is written. Each thing is
// taken away by itself: what is cut off can be run again.
func (r *Migrator) takeBack(ctx context.Context, led *ledger.Ledger, live *op.State, found []rescue.Partial,
	copies []rescue.Leftover) (did []string, err error) {
	for _, x := range found {
		for _, p := range x.Parts {
			why, err := p.Loss(ctx, r.o.Engine, live)
			if err != nil {
				return nil, err
			}
			if why != "" {
				return nil, dberr.New(dberr.Unsupported, "repair",
					"what is there of revision "+x.Revision+" cannot be taken back without loss: "+why+"; finish it with repair")
			}
		}
	}
	// A copy of a table goes ahead of the table.
	if did, err = r.removeCopies(ctx, copies); err != nil {
		return did, err
	}
	if live, err = r.inspect(ctx, r.o.Engine); err != nil {
		return did, err
	}
	for number, x := range slices.Backward(found) {
		e, err := r.undoing(led, x)
		if err != nil {
			return did, err
		}
		e.number, e.of = len(found)-number, len(found)
		for _, p := range slices.Backward(x.Parts) {
			if !p.Present {
				continue
			}
			e.doing("take back " + p.Text)
			for _, o := range p.Back {
				if err := e.change(ctx, o, live); err != nil {
					return did, dberr.WithOp(err, "take back "+p.Text)
				}
			}
		}
		did = append(did, "what was there of revision "+x.Revision+" was taken back")
	}
	return did, nil
}

// undoing is the execution of a revision that is taken back.
func (r *Migrator) undoing(led *ledger.Ledger, x rescue.Partial) (*execution, error) {
	steps, err := r.set.Member(x.Lineage).Steps(led.Rows[x.Lineage], history.Up, x.Revision)
	if err != nil {
		return nil, err
	}
	rev, err := plan.NewRun(r.set, steps[len(steps)-1])
	return &execution{r: r, rev: rev, led: led}, err
}

// change makes one operation by itself.
func (x *execution) change(ctx context.Context, o op.Op, live *op.State) error {
	t := x.r.liveTarget(ctx)
	steps, err := op.Compile(o, live, t)
	if err != nil {
		return err
	}
	for i := range steps {
		if err := steps[i].Resolve(t); err != nil {
			return err
		}
		if err := x.runScripts(ctx, []driver.Script{steps[i].Script}); err != nil {
			return err
		}
	}
	return nil
}

// finish runs the revisions up to the last one of each lineage that was begun.
// It says what it did, one sentence each.
func (r *Migrator) finish(ctx context.Context, led *ledger.Ledger, found []rescue.Partial) (did []string, err error) {
	last := map[string]string{}
	for _, x := range found {
		last[x.Lineage] = x.Revision
	}
	var steps []history.Step
	for _, l := range r.set.Selected() {
		if last[l.Name] == "" {
			continue
		}
		ahead, err := l.Steps(led.Rows[l.Name], history.Up, last[l.Name])
		if err != nil {
			return nil, err
		}
		steps = append(steps, ahead...)
	}
	rep := &Report{}
	err = r.runAll(ctx, rep, led, steps, false)
	if rep.Snapshot != "" {
		did = append(did, "the database was copied to "+rep.Snapshot)
	}
	did = append(did, rep.Removed...)
	for _, ran := range rep.Ran {
		n := slices.IndexFunc(found, func(x rescue.Partial) bool {
			return x.Lineage == ran.Lineage &&
				x.Revision == ran.Revision
		})
		switch {
		case n < 0:
			did = append(did, "revision "+ran.Revision+" was applied: it comes before one that another program began")
		case len(found[n].Missing) == 0:
			did = append(did, "revision "+ran.Revision+" was finished: its schema was there already")
		default:
			did = append(did, "revision "+ran.Revision+" was finished: parts of it were there already")
		}
	}
	return did, err
}

// leaveOut takes copies of tables that a run removes out of the state, and
// returns them. A copy of a table that the recorded revisions have, and that is
// gone, stops everything: it may be all that there is of it.
func (r *Migrator) leaveOut(ctx context.Context, led *ledger.Ledger, live *op.State) ([]rescue.Leftover, error) {
	safe, unsafe, err := rescue.SplitLeftovers(ctx, r.o.Engine, live)
	if err != nil {
		return nil, err
	}
	for _, x := range unsafe {
		if x.Gone && r.recordedTable(led, x.Of) {
			return nil, dberr.New(dberr.SchemaMismatch, "migrate", x.String()+", and run it again; nothing was changed")
		}
		r.o.Events(Event{Kind: Notice, Text: x.String()})
	}
	return safe, rescue.Without(live, safe)
}

// recordedTable reports whether the recorded revisions make a table.
func (r *Migrator) recordedTable(led *ledger.Ledger, table string) bool {
	return slices.ContainsFunc(r.set.All(), func(l *history.Member) bool {
		s, err := r.set.Replay(l, led.Rows[l.Name])
		return err == nil && s.Table(table) != nil
	})
}

// removeCopies drops copies of tables. It says so, one sentence each.
func (r *Migrator) removeCopies(ctx context.Context, copies []rescue.Leftover) (did []string, err error) {
	for _, x := range copies {
		if err := r.drop(ctx, x.Table); err != nil {
			return did, err
		}
		text := "table " + x.Table + " was removed: a copy of table " + x.Of +
			" that a cut-off rebuild by another program left"
		r.o.Events(Event{Kind: Notice, Text: text})
		did = append(did, text)
	}
	return did, nil
}

func (r *Migrator) drop(ctx context.Context, table string) error {
	eng := r.o.Engine
	found, err := eng.Inspect(ctx, driver.InspectOptions{Tables: func(name string) bool { return name == table }})
	if err != nil || len(found) == 0 {
		return err
	}
	s, err := r.target().DDL.Change(driver.Alteration{Before: found[0],
		Changes: []schema.Change{schema.DropTable{Table: found[0]}}})
	if err != nil {
		return err
	}
	var failed error // apart from what is wrong with the connection
	err = eng.OnWriter(ctx, func(ctx context.Context, conn *sql.Conn) error {
		failed = driver.RunScript(ctx, conn, s, driver.RunOptions{Transactional: r.transactional(),
			Fault: func(err error) error { return eng.Classify(ctx, "", err) }})
		return nil
	})
	if err == nil {
		err = failed
	}
	return dberr.WithOp(err, "remove "+table)
}
