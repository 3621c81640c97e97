package migrate

import (
	"context"
	"slices"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate/revision"
)

// Report is what a run did.
type Report struct {
	Ran      []Ran  `json:"ran"`                // in order; those before a failure are done
	Snapshot string `json:"snapshot,omitempty"` // the file that the database was copied to; empty for none
	// Removed says which copies of tables that another program left were
	// removed ahead of all, one sentence each.
	Removed []string `json:"removed,omitempty"`
}

// Ran is a revision that was applied or undone.
type Ran struct {
	Lineage   string        `json:"lineage"`
	Revision  string        `json:"revision"`
	Direction string        `json:"direction"`
	Doc       string        `json:"doc,omitempty"`
	Took      time.Duration `json:"took_ns"`
	Resumed   bool          `json:"resumed,omitempty"` // an earlier run had begun it
}

// Upgrade brings the database to target: a revision, "head", "heads", "+2" and
// what else package revision reads. With several lineages, head and heads mean
// all of them, in order, and a step is one of the first. When there is nothing
// to do it writes nothing.
//
// It waits for whoever else migrates the database. When a revision fails, the
// ones before it stay, and the error has a [*Stopped] that says what of it
// stands. Context: a run that is canceled ends as one that failed.
func (r *Runner) Upgrade(ctx context.Context, target string) (*Report, error) {
	return r.locked(ctx, Up, target)
}

// Downgrade undoes what follows target: a revision, "-1", "base". See [Runner.Upgrade].
// A revision that cannot be undone refuses all of it before anything is
// written, with [ErrIrreversible] in the chain of the error.
func (r *Runner) Downgrade(ctx context.Context, target string) (*Report, error) {
	return r.locked(ctx, Down, target)
}

func (r *Runner) locked(ctx context.Context, d Direction, target string) (rep *Report, err error) {
	release, err := r.lock(ctx)
	if err != nil {
		return &Report{}, err
	}
	defer func() { err = joinRelease(err, release()) }()
	return r.migrate(ctx, d, target)
}

// joinRelease keeps what went wrong; that a lock could not be freed matters
// only when nothing else did.
func joinRelease(err, release error) error {
	if err != nil {
		return err
	}
	return release
}

// migrate runs with the lock held.
func (r *Runner) migrate(ctx context.Context, d Direction, target string) (*Report, error) {
	rep := &Report{Ran: []Ran{}}
	b, err := r.readKnown(ctx)
	if err != nil {
		return rep, err
	}
	steps, err := r.steps(b.rows, d, target)
	if err != nil {
		return rep, err
	}
	half, err := r.half(b, d, steps)
	if err != nil {
		return rep, err
	}
	if len(steps) == 0 {
		return rep, nil
	}
	return rep, r.runAll(ctx, rep, b, steps, half)
}

func (r *Runner) readKnown(ctx context.Context) (*book, error) {
	b, err := r.read(ctx, r.o.Engine, r.o.Engine)
	if err != nil {
		return nil, err
	}
	if err := r.known(b); err != nil {
		return nil, err
	}
	if b.has[unfinishedTable] {
		return nil, &dberr.Error{Op: "migrate", Code: dberr.SchemaMismatch, Err: ErrHalfApplied,
			Msg: "the database was being created when that was cut off (table " + unfinishedTable + "); start the program that creates it again, or use an empty database"}
	}
	return b, nil
}

// half puts a half-applied revision to the front of the steps, and refuses
// steps that would leave it half applied.
func (r *Runner) half(b *book, d Direction, steps []aimed) (bool, error) {
	half := b.halfway()
	if len(half) == 0 {
		return false, nil
	}
	h := half[0]
	n := slices.IndexFunc(steps, func(a aimed) bool { return a.l.Name == h.lineage && a.step.Revision.ID == h.revision })
	if n < 0 || h.direction != d.String() {
		return false, &dberr.Error{Op: d.String(), Code: dberr.SchemaMismatch, Err: ErrHalfApplied,
			Msg: "the " + h.direction + " of revision " + h.revision + " was cut off and stands half done; finish it with repair, or undo it with repair --undo"}
	}
	// Its own needs are met, or it would not have begun; but the rows that it
	// changes were worked out for its place.
	if n > 0 && !slices.EqualFunc(steps[n].step.Rows, alonePlan(steps[n], b.rows), func(a, b revision.RowChange) bool { return a == b }) {
		return false, &dberr.Error{Op: d.String(), Code: dberr.SchemaMismatch, Err: ErrHalfApplied,
			Msg: "the " + h.direction + " of revision " + h.revision + " was cut off and stands half done; finish it with repair first"}
	}
	first := steps[n]
	copy(steps[1:n+1], steps[:n])
	steps[0] = first
	return true, nil
}

// alonePlan is what a step changes in the rows when it runs first; nil when it
// cannot.
func alonePlan(a aimed, rows map[string][]string) []revision.RowChange {
	if s := stepOf(a.l, rows[a.l.Name], a.step.Revision.ID, a.step.Direction); s != nil {
		return s.Rows
	}
	return nil
}

// stepOf plans one revision by itself; nil when others would have to run first.
func stepOf(l *lineage, rows []string, id string, d Direction) *revision.Step {
	var steps []revision.Step
	var err error
	if d == Up {
		steps, err = l.graph.Upgrade(rows, id)
	} else {
		to := "base"
		if rev, ok := l.graph.Get(id); ok && len(rev.Down) > 0 {
			to = rev.Down[0]
		}
		steps, err = l.graph.Downgrade(rows, to)
	}
	if err != nil || len(steps) == 0 || steps[0].Revision.ID != id {
		return nil
	}
	return &steps[0]
}

// runAll runs the steps. resumed says that the first one was begun before.
func (r *Runner) runAll(ctx context.Context, rep *Report, b *book, steps []aimed, resumed bool) error {
	live, err := r.inspect(ctx, r.o.Engine)
	if err != nil {
		return err
	}
	gone, err := r.without(ctx, b, live)
	if err != nil {
		return err
	}
	s := &state{State: live, rows: b.rows}
	works, err := r.prepare(ctx, rep, s, steps, resumed)
	if err != nil {
		return err
	}
	if rep.Removed, err = r.remove(ctx, gone); err != nil {
		return err
	}
	if r.o.OneTransaction {
		return r.runOne(ctx, rep, b, s, works)
	}
	for i, w := range works {
		x := &execution{r: r, w: w, s: s, b: b, number: i + 1, of: len(works), begun: r.o.Now()}
		x.tell(Event{Kind: Begun})
		if err := x.run(ctx); err != nil {
			return err
		}
		took := r.o.Now().Sub(x.begun)
		x.tell(Event{Kind: Finished, Elapsed: took})
		r.o.Logger.InfoContext(ctx, "revision done", "lineage", w.l.Name, "revision", w.id(), "direction", w.step.Direction.String(), "took", took)
		rep.Ran = append(rep.Ran, ranOf(w, took, x.resumed))
	}
	return nil
}

func ranOf(w *work, took time.Duration, resumed bool) Ran {
	return Ran{Lineage: w.l.Name, Revision: w.id(), Direction: w.step.Direction.String(), Doc: w.step.Revision.Doc, Took: took, Resumed: resumed}
}

// prepare plans all steps ahead of the first, so that what cannot be done is
// refused while nothing is written, and copies the file of the database when
// the plan destroys something.
func (r *Runner) prepare(ctx context.Context, rep *Report, s *state, steps []aimed, resumed bool) ([]*work, error) {
	found, err := r.preflight(ctx, steps, s.State)
	if err != nil {
		return nil, err
	}
	if err := refused(found); err != nil {
		return nil, err
	}
	if resumed {
		// The schema is in the middle of something that no plan starts from.
		p := &Plan{Engine: r.o.Target.Dialect.Engine(), Foreseen: found}
		var works []*work
		for _, a := range steps {
			w, _, err := r.record(a)
			if err != nil {
				return nil, err
			}
			works = append(works, w)
			p.Steps = append(p.Steps, plannedStep(a))
		}
		r.o.Events(Event{Kind: Planned, Plan: p, Of: len(works)})
		return works, nil
	}
	p, works, err := r.plan(s, steps, nil)
	if err != nil {
		return nil, err
	}
	p.Foreseen = found
	r.o.Events(Event{Kind: Planned, Plan: p, Of: len(works)})
	return works, r.snapshot(ctx, rep, s, p)
}
