package run

import (
	"context"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/migrate/revision"
)

// StampResult is what a stamp changed in one lineage.
type StampResult struct {
	Lineage string   `json:"lineage"`
	Changes []string `json:"changes"` // of the version table; none when it said so already
	Rows    []string `json:"rows"`    // afterwards
}

// Stamp records that the database is at targets, without running anything:
// for a database that came to be in another way. With purge all rows are
// taken away first, whatever they are: the way out when the table names
// revisions that are not there. What a journal says of a half-applied revision
// of a lineage that is purged goes too.
func (r *Migrator) Stamp(ctx context.Context, purge bool, targets ...string) (out []StampResult, err error) {
	err = r.locked(ctx, func(ctx context.Context) (err error) {
		out, err = r.stamp(ctx, purge, targets)
		return err
	})
	return out, err
}

func (r *Migrator) stamp(ctx context.Context, purge bool, targets []string) (out []StampResult, err error) {
	led, err := r.read(ctx, !purge)
	if err == nil {
		err = led.Alone(ctx, r.o.Engine, r.set)
	}
	if err != nil {
		return nil, err
	}
	ls := r.set.Selected()
	for _, t := range targets {
		found, err := r.set.Select(led.Rows, t)
		if err != nil {
			return nil, err
		}
		ls = found
	}
	if err := oneLineage(ls, targets); err != nil {
		return nil, err
	}
	for _, l := range r.set.InOrder(ls, history.Up) {
		st, err := r.stampOne(ctx, led, l, purge, targets)
		if err != nil {
			return nil, err
		}
		out = append(out, st)
	}
	return out, nil
}

// oneLineage refuses several targets where it is not clear which lineage each
// of them is about.
func oneLineage(ls []*history.Member, targets []string) error {
	if len(ls) > 1 && len(targets) > 1 {
		return dberr.New(dberr.Invalid, "stamp", "several targets are about one lineage; name it with --lineage")
	}
	return nil
}

func (r *Migrator) stampOne(ctx context.Context, led *ledger.Ledger, l *history.Member, purge bool,
	targets []string) (StampResult, error) {
	eng := r.o.Engine
	out := StampResult{Lineage: l.Name}
	var changes []revision.RowChange
	var err error
	if purge {
		changes, err = l.Graph.StampPurged(targets...)
	} else {
		changes, err = l.Graph.Stamp(led.Rows[l.Name], targets...)
	}
	if err != nil {
		return out, err
	}
	for _, c := range changes {
		out.Changes = append(out.Changes, c.String())
	}
	if out.Rows, err = revision.ApplyRows(led.Rows[l.Name], changes...); err != nil {
		return out, dberr.New(dberr.Internal, "stamp", err.Error())
	}
	version := ledger.VersionOf(l)
	ensure := func(ctx context.Context, x ledger.Execer) error {
		return led.EnsureVersion(ctx, x, r.target(), version)
	}
	transactional := r.transactional()
	if !transactional {
		if err := ensure(ctx, eng); err != nil {
			return out, err
		}
	}
	err = eng.InTx(ctx, engine.TxOptions{Name: "stamp"}, func(ctx context.Context, tx *engine.Tx) error {
		if transactional {
			if err := ensure(ctx, tx); err != nil {
				return err
			}
		}
		if err := version.Change(ctx, tx, changes...); err != nil {
			return err
		}
		if len(changes) > 0 {
			if err := r.versioned(ctx, tx, VersionChange{Lineage: l.Name, Stamp: true, Before: slices.Clone(led.Rows[l.Name]),
				After: slices.Clone(out.Rows)}); err != nil {
				return err
			}
		}
		return r.forgetStale(ctx, tx, led, l, out.Rows, purge)
	})
	if err == nil {
		led.Made(version.String())
	}
	return out, err
}

// forgetStale takes away what was known about revisions that are not applied
// any more, and what the journal of a purged lineage says.
func (r *Migrator) forgetStale(ctx context.Context, tx *engine.Tx, led *ledger.Ledger, l *history.Member,
	rows []string, purge bool) error {
	if led.Exists[ledger.AppliedTable] {
		applied, err := l.Graph.Applied(rows)
		if err != nil {
			return err
		}
		for key := range led.Applied {
			if key.Lineage == l.Name && !slices.Contains(applied, key.ID) {
				if err := ledger.ForgetApplied(ctx, tx, key.Lineage, key.ID); err != nil {
					return err
				}
			}
		}
	}
	if !purge || !led.Exists[ledger.JournalTable] {
		return nil
	}
	for _, h := range led.HalfApplied() {
		if h.Lineage == l.Name {
			if err := ledger.RemoveEntries(ctx, tx, l.Name, h.Revision, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// read reads the ledger, and refuses one with unknown revisions when asked to.
func (r *Migrator) read(ctx context.Context, known bool) (*ledger.Ledger, error) {
	if known {
		return ledger.ReadKnown(ctx, r.o.Engine, r.set)
	}
	return ledger.Read(ctx, r.o.Engine, r.o.Engine, r.set)
}

// EnsureVersion makes the version tables that are not there, and nothing else.
// It returns the names of those that it made.
func (r *Migrator) EnsureVersion(ctx context.Context) (made []string, err error) {
	err = r.locked(ctx, func(ctx context.Context) (err error) {
		made, err = r.ensureVersion(ctx)
		return err
	})
	return made, err
}

func (r *Migrator) ensureVersion(ctx context.Context) (made []string, err error) {
	led, err := r.read(ctx, false)
	if err == nil {
		err = led.Alone(ctx, r.o.Engine, r.set)
	}
	if err != nil {
		return nil, err
	}
	for _, l := range r.set.Selected() {
		at := ledger.VersionOf(l)
		if led.Exists[at.String()] {
			continue
		}
		if err := led.EnsureVersion(ctx, r.o.Engine, r.target(), at); err != nil {
			return made, err
		}
		made = append(made, at.String())
	}
	return made, nil
}
