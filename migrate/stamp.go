package migrate

import (
	"context"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/revision"
)

// Stamped is what a stamp changed in one lineage.
type Stamped struct {
	Lineage string   `json:"lineage"`
	Changes []string `json:"changes"` // of the version table; none when it said so already
	Rows    []string `json:"rows"`    // afterwards
}

// Stamp records that the database is at targets, without running anything:
// for a database that came to be in another way. With purge all rows are
// taken away first, whatever they are: the way out when the table names
// revisions that are not there. What a journal says of a half-applied revision
// of a lineage that is purged goes too.
func (r *Runner) Stamp(ctx context.Context, purge bool, targets ...string) (out []Stamped, err error) {
	release, err := r.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = joinRelease(err, release()) }()
	eng := r.o.Engine
	b, err := r.read(ctx, eng, eng)
	if err != nil {
		return nil, err
	}
	if !purge {
		if err := r.known(b); err != nil {
			return nil, err
		}
	}
	ls := r.in
	for _, t := range targets {
		found, err := r.aim(b.rows, t)
		if err != nil {
			return nil, err
		}
		ls = found
	}
	if err := oneLineage(ls, targets); err != nil {
		return nil, err
	}
	for _, l := range ls {
		if l.graph.Len() == 0 && len(r.in) > 1 {
			continue
		}
		st, err := r.stampOne(ctx, b, l, purge, targets)
		if err != nil {
			return nil, err
		}
		out = append(out, st)
	}
	return out, nil
}

// oneLineage refuses several targets where it is not clear which lineage each
// of them is about.
func oneLineage(ls []*lineage, targets []string) error {
	if len(ls) > 1 && len(targets) > 1 {
		return dberr.New(dberr.Invalid, "stamp", "several targets are about one lineage; name it with --lineage")
	}
	return nil
}

func (r *Runner) stampOne(ctx context.Context, b *book, l *lineage, purge bool, targets []string) (Stamped, error) {
	eng := r.o.Engine
	out := Stamped{Lineage: l.Name}
	var changes []revision.RowChange
	var err error
	if purge {
		changes, err = l.graph.StampPurged(targets...)
	} else {
		changes, err = l.graph.Stamp(b.rows[l.Name], targets...)
	}
	if err != nil {
		return out, err
	}
	for _, c := range changes {
		out.Changes = append(out.Changes, c.String())
	}
	if out.Rows, err = revision.ApplyRows(b.rows[l.Name], changes...); err != nil {
		return out, dberr.New(dberr.Internal, "stamp", err.Error())
	}
	ensure := func(ctx context.Context, x execer) error {
		return b.ensureVersion(ctx, x, *r.o.Target, l.version())
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
		if err := changeRows(ctx, tx.Dialect(), tx, l.version(), changes); err != nil {
			return err
		}
		if len(changes) > 0 {
			if err := r.versioned(ctx, tx, Versioned{Lineage: l.Name, Stamp: true, Before: slices.Clone(b.rows[l.Name]), After: slices.Clone(out.Rows)}); err != nil {
				return err
			}
		}
		return r.forgetStale(ctx, tx, b, l, out.Rows, purge)
	})
	if err == nil {
		b.has[l.version().String()] = true
	}
	return out, err
}

// forgetStale takes away what was known about revisions that are not applied
// any more, and what the journal of a purged lineage says.
func (r *Runner) forgetStale(ctx context.Context, tx *engine.Tx, b *book, l *lineage, rows []string, purge bool) error {
	if b.has[appliedTable] {
		applied, err := l.graph.Applied(rows)
		if err != nil {
			return err
		}
		for key := range b.applied {
			id, ok := cutLineage(key, l.Name)
			if ok && !slices.Contains(applied, id) {
				if err := forgetApplied(ctx, tx.Dialect(), tx, l, id); err != nil {
					return err
				}
			}
		}
	}
	if !purge || !b.has[journalTable] {
		return nil
	}
	for _, h := range b.halfway() {
		if h.lineage == l.Name {
			if err := removeEntries(ctx, tx.Dialect(), tx, l.Name, h.revision, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

func cutLineage(key, name string) (string, bool) {
	if len(key) > len(name) && key[:len(name)] == name && key[len(name)] == '/' {
		return key[len(name)+1:], true
	}
	return "", false
}

// EnsureVersion makes the version tables that are not there, and nothing else.
// It returns the names of those that it made.
func (r *Runner) EnsureVersion(ctx context.Context) (made []string, err error) {
	release, err := r.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = joinRelease(err, release()) }()
	b, err := r.read(ctx, r.o.Engine, r.o.Engine)
	if err != nil {
		return nil, err
	}
	for _, l := range r.in {
		at := l.version()
		if b.has[at.String()] {
			continue
		}
		if err := b.ensureVersion(ctx, r.o.Engine, *r.o.Target, at); err != nil {
			return made, err
		}
		made = append(made, at.String())
	}
	return made, nil
}
