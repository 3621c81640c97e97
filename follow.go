package larder

import (
	"context"
	"fmt"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/transfer"
)

// Follow says how a copy goes on when everything was copied: it looks at the
// source again and again and brings what has changed, until the source is frozen
// (see [Freeze]) and a round finds nothing more to bring.
type Follow struct {
	// Pause is how long nothing is done between two rounds; 0 is two seconds. It
	// is at least as long as the round took, so that the source is read half of
	// the time at most.
	Pause time.Duration
	// Round is told what each round has done; nil is nobody.
	Round func(transfer.Round)
}

// errStopped is the end of a run that follows, when it was not the source that
// ended it.
var errStopped = dberr.New(dberr.Canceled, "copy",
	"the target has followed the source until now, and is not finished: stop who writes to the source, and take it up with resume")

// patience is how long a copy that follows tries again while a server is away.
const patience = 10 * time.Minute

// soon is the pause when the source is frozen: people wait.
const soon = 100 * time.Millisecond

// follow copies a source and goes on until that is frozen.
func follow(ctx context.Context, from, to *dburl.URL, o MoveOptions) (*transfer.Report, error) {
	source, err := openPart(ctx, from, o.From, true)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	target, err := openPart(ctx, to, o.To, false)
	if err != nil {
		return nil, err
	}
	defer target.Close()
	var m *mover
	var run *transfer.Run
	var rep *transfer.Report
	err = transfer.Snapshot(ctx, source, func(ctx context.Context, src transfer.Source) error {
		var err error
		m, run, rep, err = arrive(ctx, src, target, o)
		return err
	})
	if err != nil && !waitsFor(run, err) {
		return rep, err
	}
	var away time.Time // since when rounds have failed because a server cannot be reached
	for {
		began, frozen, done := time.Now(), false, false
		err = transfer.Snapshot(ctx, source, func(ctx context.Context, src transfer.Source) error {
			var settled bool
			var err error
			if frozen, settled, err = frozenState(ctx, src); err != nil {
				return err
			}
			if src, err = m.again(ctx, src); err != nil {
				return err
			}
			round, now, err := run.CatchUp(ctx, src)
			if err != nil {
				return err
			}
			rep = now
			if o.Follow.Round != nil {
				o.Follow.Round(*round)
			}
			if settled && round.Quiet() {
				if now, err = run.Compare(ctx); err != nil {
					return err
				}
				rep, done = now, now.Equal()
			}
			return nil
		})
		switch {
		case err != nil && ctx.Err() != nil:
			return rep, errStopped
		case dberr.CodeOf(err) == dberr.Unavailable && (away.IsZero() || time.Since(away) < patience):
			if away.IsZero() {
				away = began
				m.log.Warn("a round could not be done, and is tried again for "+patience.String(), "error", err)
			}
		case err != nil:
			return rep, err
		case done:
			return rep, m.end(ctx, run)
		default:
			away = time.Time{}
		}
		pause := max(time.Since(began), o.Follow.pause())
		if frozen {
			pause = soon
		}
		select {
		case <-ctx.Done():
			return rep, errStopped
		case <-time.After(pause):
		}
	}
}

// waitsFor reports whether a server went away when everything had been copied: the rounds
// wait for it.
func waitsFor(run *transfer.Run, err error) bool {
	return run != nil && run.Copied() && dberr.CodeOf(err) == dberr.Unavailable
}

func (f *Follow) pause() time.Duration {
	if f.Pause > 0 {
		return f.Pause
	}
	return 2 * time.Second
}

// again is another moment of the source, which has to be at the same revision.
func (m *mover) again(ctx context.Context, src transfer.Source) (transfer.Source, error) {
	at, err := positionOf(ctx, src)
	if err != nil {
		return nil, err
	}
	if at.String() != m.at.String() {
		return nil, dberr.New(dberr.SchemaMismatch, "copy", fmt.Sprintf("the source was migrated meanwhile, from %s to %s; begin anew in an empty database", m.at.String(), at.String()))
	}
	return m.o.chosen(ctx, src, at)
}

// settle brings a target that has followed its source to one moment of it.
func (m *mover) settle(ctx context.Context, run *transfer.Run) (*transfer.Report, error) {
	const most = 20           // a round that finds nothing to do comes after a few
	rep := &transfer.Report{} // with an error too: an earlier run has begun it
	for range most {
		round, now, err := run.CatchUp(ctx, m.src)
		if err != nil {
			return rep, err
		}
		rep = now
		if !round.Quiet() {
			continue
		}
		if now, err = run.Compare(ctx); err != nil {
			return rep, err
		}
		if rep = now; rep.Equal() {
			return rep, nil
		}
	}
	return rep, dberr.New(dberr.Conflict, "copy", "the target does not become what the source is; somebody else writes to it, or this is a mistake of larder")
}
