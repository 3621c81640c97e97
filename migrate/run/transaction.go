package run

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/plan"
)

// inOneTransaction runs all revisions in one transaction: see Options.OneTransaction.
func (r *Migrator) inOneTransaction(ctx context.Context, rep *Report, led *ledger.Ledger, s *history.State,
	runs []*plan.RevisionRun) error {
	if !r.transactional() {
		return dberr.New(dberr.Unsupported, "migrate",
			"this engine commits every change of the schema by itself, so that several revisions cannot be one transaction; run without --one-transaction, where a failure is gone on from")
	}
	if len(led.Journal) > 0 {
		return &dberr.Error{Op: "migrate", Code: dberr.SchemaMismatch, Err: ErrHalfApplied,
			Msg: "a revision is half applied; finish it with repair first"}
	}
	for {
		o := engine.TxOptions{Name: "migrate"}
		for _, rev := range runs {
			if len(rev.Segments(0)) > 1 {
				return dberr.New(dberr.Unsupported, "migrate",
					"revision "+rev.ID()+" cannot be part of one transaction, because it has a step that commits by itself; run without --one-transaction")
			}
			o.Setup, o.Reset = union(o.Setup, rev.Setup), union(o.Reset, rev.Reset)
		}
		var ran []StepResult
		var last *execution
		o.Applied = func(ctx context.Context, q engine.Queryer) (bool, error) {
			if last == nil {
				return false, nil
			}
			return last.recorded(ctx, q)
		}
		w := r.watch(ctx, &execution{r: r, rev: runs[0], number: 1, of: len(runs)})
		err := r.inTx(ctx, w, o, func(ctx context.Context, tx *engine.Tx) error {
			// It may run twice: each time from where the database stands.
			ran, last = nil, nil
			known := &ledger.Ledger{Rows: led.Rows, Exists: maps.Clone(led.Exists), Applied: led.Applied}
			at := &history.State{State: s.State.Clone(), Rows: maps.Clone(s.Rows)}
			for i, rev := range runs {
				x := &execution{r: r, rev: rev, s: at, led: known, number: i + 1, of: len(runs),
					begun: r.o.Now(), watch: w}
				x.tell(Event{Kind: Begun})
				last = &execution{r: r, rev: rev, s: &history.State{Rows: maps.Clone(at.Rows)}}
				after, err := x.inside(ctx, tx, rev.Segments(0)[0], true, false)
				if err == nil {
					at.State = after
					err = x.done()
				}
				if errors.Is(err, errRestart) {
					return err
				}
				if err != nil {
					return x.stopped(err)
				}
				took := r.o.Now().Sub(x.begun)
				x.tell(Event{Kind: Finished, Elapsed: took})
				ran = append(ran, resultOf(rev, took, false))
			}
			return nil
		})
		w.stop()
		if errors.Is(err, errRestart) {
			continue
		}
		if err == nil {
			rep.Ran = append(rep.Ran, ran...)
		}
		return err
	}
}

func union(a, more []string) []string {
	for _, t := range more {
		if !slices.Contains(a, t) {
			a = append(a, t)
		}
	}
	return a
}

// VersionChange is a change of a version table, for Options.OnVersion.
type VersionChange struct {
	Lineage  string
	Revision string // empty for a stamp
	Up       bool   // the revision was applied, not undone; for a stamp it says nothing
	Stamp    bool
	Before   []string // the rows, in no order
	After    []string
}

// versioned tells the program, in the transaction of the change.
func (r *Migrator) versioned(ctx context.Context, q engine.Queryer, v VersionChange) error {
	if r.o.OnVersion == nil {
		return nil
	}
	return r.o.OnVersion(ctx, q, v)
}

// inside runs groups in a transaction and returns the state that they lead to;
// the last one records the revision.
func (x *execution) inside(ctx context.Context, tx *engine.Tx, seg plan.Segment, last, journaled bool) (*op.State,
	error) {
	c := &history.State{State: x.s.State.Clone(), Rows: x.s.Rows}
	guard, err := x.guard(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, g := range seg.Groups {
		before := c.State.Clone()
		steps, err := x.groupInTx(ctx, tx, g, c)
		if err != nil {
			return nil, err
		}
		if journaled && !last {
			if err := x.journalDone(ctx, tx, g, before, steps); err != nil {
				return nil, err
			}
		}
	}
	if err := guard(ctx); err != nil {
		return nil, err
	}
	if last {
		return c.State, x.markApplied(ctx, tx, journaled)
	}
	return c.State, nil
}
