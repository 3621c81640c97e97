package larder

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/health"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/migrations"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/transfer"
)

// lookAgain is how often a database is looked at that somebody else migrates.
const lookAgain = time.Second

// Open brings the database to where it can be used, as the function [Open]
// does. It is called once; what it is doing is what [Database.Probe] says.
func (d *Database) Open(ctx context.Context) error {
	d.begun = time.Now()
	d.say(health.State{Reason: "The database is being opened.", Passing: true})
	err := d.open(ctx)
	if err != nil && ctx.Err() == nil {
		d.say(health.State{Reason: "The database could not be made ready; the server's log says why."})
	}
	return err
}

func (d *Database) open(ctx context.Context) error {
	for looked := false; ; looked = true {
		at, err := d.look(ctx)
		if d.await(ctx, err) {
			d.Close()
			continue
		}
		if err != nil && looked && d.o.Migrate == MigrateOff && ctx.Err() == nil {
			// It was there, and may be there again.
			if err := d.leave(ctx, health.State{Reason: "The database cannot be looked at: " + err.Error() + "."}); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		done, err := d.proceed(ctx, at)
		if done || err != nil {
			return err
		}
	}
}

// proceed does the next thing that has to be done to a database that stands at
// that place, and reports whether it was the last.
func (d *Database) proceed(ctx context.Context, at *migrate.Status) (done bool, err error) {
	if why, err := d.filling(ctx); why != "" || err != nil {
		if err == nil {
			err = d.leave(ctx, health.State{Revision: revisionOf(at), Reason: why})
		}
		return false, err
	}
	switch {
	case len(at.Unknown) > 0:
		return true, d.openNewer(ctx, at)
	case d.o.Migrate == MigrateCheck:
		if err := d.check(ctx); err != nil {
			return true, err
		}
		return true, d.openForUse(ctx)
	case at.AtHead():
		return true, d.openForUse(ctx)
	case d.o.Migrate == MigrateOff:
		return false, d.leave(ctx, health.State{Revision: revisionOf(at), Reason: "The database " + notAtHead(at) + ", and is left alone because of " +
			d.o.Wording.Mode + "; run larder migrate upgrade head, or " + d.o.Wording.Auto +
			". This one serves it as soon as that is done."})
	case at.Empty || at.Unfinished:
		return d.create(ctx)
	}
	return false, d.upgrade(ctx)
}

// filling says that this database is being moved elsewhere, or another one into
// it; empty when nothing of the kind is going on.
func (d *Database) filling(ctx context.Context) (string, error) {
	eng, _, _ := d.now()
	if eng == nil {
		return "", nil
	}
	if why, err := frozen(ctx, eng); why != "" || err != nil {
		return why, err
	}
	u, err := transfer.LookUnfinished(ctx, eng)
	if u == nil || err != nil {
		return "", err
	}
	return "This database is the target of a " + u.About +
		", which is not finished. It is served as soon as that is done;" +
		" where nothing is running any more, run it again with --resume, or take an empty database.", nil
}

// runner works on an open database.
func (d *Database) runner(eng *engine.Engine) (*migrate.Runner, error) {
	mode := migrate.SnapshotAlways
	if d.o.NoSnapshot {
		mode = migrate.SnapshotNever
	}
	return migrate.New(migrate.Options{Engine: eng, Lineages: Lineages(d.o.SameEmail), Events: d.tell.event, Snapshot: mode, Build: d.o.Build,
		LockTimeout: d.o.LockTimeout, LockLimit: d.o.LockLimit})
}

// look finds out where the database stands and changes nothing of it. One that
// does not exist is empty.
func (d *Database) look(ctx context.Context) (*migrate.Status, error) {
	eng, _, _ := d.now()
	if eng == nil {
		var err error
		eng, err = d.connect(ctx, toLook)
		switch {
		case errors.Is(err, dberr.ErrNotFound):
			return &migrate.Status{Empty: true, Pending: 1}, nil
		case errors.Is(err, dberr.ErrReadOnly):
			// A process that died has left a file that cannot be read before
			// what it had begun is taken back, which opening it to write does.
			eng, err = d.connect(ctx, toMigrate)
		}
		if err != nil {
			return nil, err
		}
	}
	r, err := d.runner(eng)
	if err != nil {
		return nil, err
	}
	at, err := r.Status(ctx)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.state.Revision = revisionOf(at)
	d.mu.Unlock()
	return at, nil
}

// revisionOf is what is recorded, for people. Which of larder's own tables there
// are is no revision of the database, unless a newer program has made them.
func revisionOf(at *migrate.Status) string {
	var all []string
	for _, l := range slices.Sorted(maps.Keys(at.Rows)) {
		for _, id := range at.Rows[l] {
			if l == sharedLineage || slices.Contains(at.Unknown, id) {
				all = append(all, id)
			}
		}
	}
	return strings.Join(all, ", ")
}

// openForUse opens the database for good.
func (d *Database) openForUse(ctx context.Context) error {
	why, readOnly := toServe, ""
	if d.o.Engine.ReadOnly {
		why, readOnly = toRead, "The database was opened to be read only."
	}
	eng, err := d.connect(ctx, why)
	if err != nil {
		return err
	}
	if readOnly == "" && d.o.Migrate == MigrateAuto {
		if err := d.extend(ctx, eng); err != nil {
			return err
		}
	}
	d.serve(eng, readOnly)
	return nil
}

// extend makes the tables that only Larder has. They are new and hold nothing,
// so that there is nothing to copy ahead of it; a database in which they cannot
// be made, by an account that may not create tables, is served without.
func (d *Database) extend(ctx context.Context, eng *engine.Engine) error {
	r, err := d.ownRunner(eng)
	if err != nil {
		return err
	}
	at, err := r.Current(ctx)
	if err == nil && at[0].Pending > 0 {
		_, err = r.Upgrade(ctx, "heads")
	}
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		d.log.Warn("tables of larder's own could not be made; the database is served without them, single messages cost as much as the whole chat, and searches read every message", "error", err)
	}
	return nil
}

// ownRunner makes the tables that only Larder has.
func (d *Database) ownRunner(eng *engine.Engine) (*migrate.Runner, error) {
	r, err := migrate.New(migrate.Options{Engine: eng, Lineages: Lineages(d.o.SameEmail), Snapshot: migrate.SnapshotNever, Build: d.o.Build,
		LockTimeout: d.o.LockTimeout, LockLimit: d.o.LockLimit})
	if err != nil {
		return nil, err
	}
	return r.In(ownLineage)
}

// openNewer opens a database that a newer program has migrated: it is served
// as far as reading goes, and nothing of it is changed.
func (d *Database) openNewer(ctx context.Context, at *migrate.Status) error {
	eng, err := d.connect(ctx, toRead)
	if err != nil {
		return err
	}
	reason := newer(revisionOf(at))
	d.log.Warn(reason, "revision", revisionOf(at))
	d.serve(eng, reason)
	return nil
}

// newer says that a database is at a revision of a newer program.
func newer(revision string) string {
	return "The database is at revision " + revision + ", and the newest that this larder knows is " + tables.Head +
		": a newer program has migrated it. It is served read-only, and nothing of it is changed. Use a newer larder; or let the program" +
		" that migrated it take it back (migrate downgrade " + tables.Head + "); or put a backup from before in its place."
}

// leave says why a database that is not to be migrated is not served, and
// waits a moment before it is looked at again.
func (d *Database) leave(ctx context.Context, why health.State) error {
	if _, _, before := d.now(); before.Reason != why.Reason {
		d.say(why)
		d.log.Error(why.Reason, "revision", why.Revision)
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(lookAgain):
		return nil
	}
}

// create makes the tables of an empty database at the head, at once. It is not
// done where another process was faster.
func (d *Database) create(ctx context.Context) (done bool, err error) {
	d.say(health.State{Reason: "The database is being created.", Passing: true})
	eng, err := d.connect(ctx, toServe)
	if err != nil {
		return false, err
	}
	created := false
	err = eng.WithLock(ctx, migrate.LockName, engine.LockOptions{Waiting: d.tell.waiting},
		func(ctx context.Context) (err error) {
			created, err = d.createLocked(ctx, eng)
			return err
		})
	if err != nil {
		return false, err
	}
	// The database is looked at once more through this connection: a database
	// in memory has no other.
	at, err := d.look(ctx)
	if err != nil {
		return false, err
	}
	if !at.AtHead() {
		d.Close()
		return false, nil
	}
	if created {
		d.log.Info("the database was created", "revision", revisionOf(at))
	}
	if err := d.extend(ctx, eng); err != nil {
		return false, err
	}
	d.serve(eng, "")
	return true, nil
}

func (d *Database) createLocked(ctx context.Context, eng *engine.Engine) (bool, error) {
	r, err := d.runner(eng)
	if err != nil {
		return false, err
	}
	at, err := r.Status(ctx)
	if err != nil || !at.Empty && !at.Unfinished {
		return false, err
	}
	if why, err := d.filling(ctx); why != "" || err != nil {
		return false, err
	}
	if err := d.alone(ctx, eng); err != nil {
		return false, err
	}
	err = fresh.CreateLocked(ctx, eng, tables.All(), []string{tables.Head})
	if errors.Is(err, dberr.ErrAlreadyExists) && at.Unfinished && revisionOf(at) != "" {
		return false, nil // all but the last step was done before
	}
	return err == nil, err
}

// upgrade brings the database to the head.
func (d *Database) upgrade(ctx context.Context) error {
	d.say(health.State{Reason: "The database is about to be migrated.", Passing: true})
	eng, err := d.connect(ctx, toMigrate)
	if err != nil {
		return err
	}
	r, err := d.runner(eng)
	if err == nil {
		r, err = r.In(sharedLineage) // for the other one see extend
	}
	if err != nil {
		return err
	}
	begin := time.Now()
	rep, err := r.Upgrade(ctx, "heads")
	if errors.Is(err, migrate.ErrHalfApplied) { // perhaps while larder's own tables were made, which goes on then
		if own, oerr := d.ownRunner(eng); oerr == nil {
			if _, oerr = own.Upgrade(ctx, "heads"); oerr == nil {
				rep, err = r.Upgrade(ctx, "heads")
			}
		}
	}
	if err != nil {
		return d.refused(err)
	}
	if len(rep.Ran) == 0 {
		d.log.Info("another process has migrated the database")
	} else {
		d.log.Info("migrated", "revisions", len(rep.Ran), "took", time.Since(begin).Round(time.Millisecond))
	}
	return nil
}

// refused adds what to do about data that do not allow an upgrade, where that
// is one of the options.
func (d *Database) refused(err error) error {
	var refused *migrate.PreflightError
	if !errors.As(err, &refused) {
		return err
	}
	for _, f := range refused.Findings {
		if f.Revision == migrations.SameEmailRevision {
			return &dberr.Error{Op: "open", Code: dberr.CodeOf(err), Err: err,
				Msg: refused.Error() + "; to go on, " + d.o.Wording.SameEmail}
		}
	}
	return err
}
