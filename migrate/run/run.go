package run

import (
	"context"
	"slices"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/migrate/plan"
	"github.com/larder-db/larder/migrate/revision"
)

// Report is what a run did.
type Report struct {
	Ran      []StepResult `json:"ran"`                // in order; those before a failure are done
	Snapshot string       `json:"snapshot,omitempty"` // the file that the database was copied to; empty for none
	// Removed says which copies of tables that another program left were
	// removed ahead of all, one sentence each.
	Removed []string `json:"removed,omitempty"`
}

// StepResult is a revision that was applied or undone.
type StepResult struct {
	Lineage   string        `json:"lineage"`
	Revision  string        `json:"revision"`
	Direction string        `json:"direction"`
	Doc       string        `json:"doc,omitempty"`
	Took      time.Duration `json:"took_ns"`
	Resumed   bool          `json:"resumed,omitempty"` // an earlier run had begun it
}

// Migrate brings the database to target, up or down.
func (r *Migrator) Migrate(ctx context.Context, d history.Direction, target string) (rep *Report, err error) {
	rep = &Report{}
	err = r.locked(ctx, func(ctx context.Context) (err error) {
		rep, err = r.migrate(ctx, d, target)
		return err
	})
	return rep, err
}

// ErrHalfApplied is in the chain of an error when a revision is half applied,
// so that something else cannot be done before it is finished or undone.
var ErrHalfApplied = dberr.New(dberr.SchemaMismatch, "migrate", "a revision is half applied")

// migrate runs with the lock held.
func (r *Migrator) migrate(ctx context.Context, d history.Direction, target string) (*Report, error) {
	rep := &Report{Ran: []StepResult{}}
	led, err := r.readKnown(ctx)
	if err != nil {
		return rep, err
	}
	steps, err := r.set.Steps(led.Rows, d, target)
	if err != nil {
		return rep, err
	}
	half, err := r.half(led, d, steps)
	if err != nil {
		return rep, err
	}
	if len(steps) == 0 {
		return rep, nil
	}
	if err := led.Alone(ctx, r.o.Engine, r.set); err != nil {
		return rep, err
	}
	return rep, r.runAll(ctx, rep, led, steps, half)
}

func (r *Migrator) readKnown(ctx context.Context) (*ledger.Ledger, error) {
	l, err := ledger.ReadKnown(ctx, r.o.Engine, r.set)
	if err != nil {
		return nil, err
	}
	if l.Exists[ledger.UnfinishedTable] {
		return nil, &dberr.Error{Op: "migrate", Code: dberr.SchemaMismatch, Err: ErrHalfApplied,
			Msg: "the database was being created when that was cut off (table " + ledger.UnfinishedTable +
				"); start the program that creates it again, or use an empty database"}
	}
	return l, nil
}

// half puts a half-applied revision to the front of the steps, and refuses
// steps that would leave it half applied.
func (r *Migrator) half(led *ledger.Ledger, d history.Direction, steps []history.Step) (bool, error) {
	half := led.HalfApplied()
	if len(half) == 0 {
		return false, nil
	}
	h := half[0]
	n := slices.IndexFunc(steps, func(st history.Step) bool {
		return st.Member.Name == h.Lineage &&
			st.ID() == h.Revision
	})
	if n < 0 || h.Direction != d.String() {
		return false, &dberr.Error{Op: d.String(), Code: dberr.SchemaMismatch, Err: ErrHalfApplied,
			Msg: "the " + h.Direction + " of revision " + h.Revision +
				" was cut off and is half applied; finish it with repair, or undo it with repair --undo"}
	}
	// Its own needs are met, or it would not have begun; but the rows that it
	// changes were worked out for its place.
	if n > 0 && !slices.EqualFunc(steps[n].Rows, onlyChange(steps[n], led.Rows),
		func(x, y revision.RowChange) bool { return x == y }) {
		return false, &dberr.Error{Op: d.String(), Code: dberr.SchemaMismatch, Err: ErrHalfApplied,
			Msg: "the " + h.Direction + " of revision " + h.Revision +
				" was cut off and is half applied; finish it with repair first"}
	}
	first := steps[n]
	copy(steps[1:n+1], steps[:n])
	steps[0] = first
	return true, nil
}

// onlyChange is what a step changes in the rows when it runs first; nil when it
// cannot.
func onlyChange(st history.Step, rows map[string][]string) []revision.RowChange {
	if first := st.Member.First(rows[st.Member.Name], st.ID(), st.Direction); first != nil {
		return first.Rows
	}
	return nil
}

// runAll runs the steps. resumed says that the first one was begun before.
func (r *Migrator) runAll(ctx context.Context, rep *Report, led *ledger.Ledger, steps []history.Step,
	resumed bool) error {
	live, err := r.inspect(ctx, r.o.Engine)
	if err != nil {
		return err
	}
	copies, err := r.leaveOut(ctx, led, live)
	if err != nil {
		return err
	}
	s := &history.State{State: live, Rows: led.Rows}
	runs, err := r.prepare(ctx, rep, s, steps, resumed)
	if err != nil {
		return err
	}
	if rep.Removed, err = r.removeCopies(ctx, copies); err != nil {
		return err
	}
	if r.o.OneTransaction {
		return r.inOneTransaction(ctx, rep, led, s, runs)
	}
	for i, rev := range runs {
		x := &execution{r: r, rev: rev, s: s, led: led, number: i + 1, of: len(runs), begun: r.o.Now()}
		x.tell(Event{Kind: Begun})
		if err := x.run(ctx); err != nil {
			return err
		}
		took := r.o.Now().Sub(x.begun)
		x.tell(Event{Kind: Finished, Elapsed: took})
		r.o.Logger.InfoContext(ctx, "revision done", "lineage", rev.Member.Name, "revision", rev.ID(), "direction",
			rev.Direction.String(), "took", took)
		rep.Ran = append(rep.Ran, resultOf(rev, took, x.resumed))
	}
	return nil
}

func resultOf(rev *plan.RevisionRun, took time.Duration, resumed bool) StepResult {
	return StepResult{Lineage: rev.Member.Name, Revision: rev.ID(), Direction: rev.Direction.String(),
		Doc: rev.Revision.Doc, Took: took, Resumed: resumed}
}

// prepare plans all steps ahead of the first, so that what cannot be done is
// refused while nothing is written, and copies the file of the database when
// the plan destroys something.
func (r *Migrator) prepare(ctx context.Context, rep *Report, s *history.State, steps []history.Step,
	resumed bool) ([]*plan.RevisionRun, error) {
	found, err := r.preflight(ctx, steps, s.State)
	if err != nil {
		return nil, err
	}
	if err := refused(found); err != nil {
		return nil, err
	}
	if resumed {
		// The schema is in the middle of something that no plan starts from.
		p := plan.Empty(r.set)
		p.Foreseen = found
		var runs []*plan.RevisionRun
		for _, st := range steps {
			rev, err := plan.NewRun(r.set, st)
			if err != nil {
				return nil, err
			}
			runs = append(runs, rev)
			p.Steps = append(p.Steps, plan.Outline(st))
		}
		r.o.Events(Event{Kind: Planned, Plan: p, Of: len(runs)})
		return runs, nil
	}
	p, runs, err := plan.Make(r.set, s.State, steps, nil)
	if err != nil {
		return nil, err
	}
	p.Foreseen = found
	r.o.Events(Event{Kind: Planned, Plan: p, Of: len(runs)})
	return runs, r.snapshot(ctx, rep, s, p)
}
