package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/migrations"
	"github.com/larder-db/larder/server"
	"github.com/larder-db/larder/tables"
)

// The ways in which serve treats a database that is not at the head.
const (
	migrateAuto  = "auto"  // create or migrate it
	migrateCheck = "check" // end with a sentence that says what to do
	migrateOff   = "off"   // leave it alone, and wait until somebody else has migrated it
)

// startup brings a database to where it can be served.
type startup struct {
	*instance
	mode       string
	why        string // what has set the mode, for people: "--migrate", or a variable
	same       migrations.SameEmail
	noSnapshot bool
	again      func(flags string) string // the command line that does the same with other flags
	announce   func()                    // tells that the server listens although it has nothing to serve yet
	progress   migrationLog
}

// lookAgain is how often a database is looked at that somebody else migrates.
const lookAgain = time.Second

// run returns the database, open to be served.
func (s *startup) run(ctx context.Context) (*engine.Engine, error) {
	s.say(server.State{Reason: "The database is being opened.", Passing: true})
	for looked := false; ; looked = true {
		at, err := s.look(ctx)
		if err != nil && looked && s.mode == migrateOff && ctx.Err() == nil {
			// It was there, and may be there again.
			if err := s.leave(ctx, server.State{Reason: "The database cannot be looked at: " + err.Error() + "."}); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		switch {
		case len(at.Unknown) > 0:
			return s.readOnly(ctx, at)
		case at.AtHead() && s.mode == migrateCheck:
			if err := s.check(ctx); err != nil {
				return nil, err
			}
			return s.serveIt(ctx)
		case at.AtHead():
			return s.serveIt(ctx)
		case s.mode == migrateOff:
			if err := s.leave(ctx, server.State{Revision: revisionOf(at), Reason: "The database " + s.notAtHead(at) + ", and is left alone because of " + s.why +
				"; run larder migrate upgrade head, or another larder serve with --migrate auto. This one serves it as soon as that is done."}); err != nil {
				return nil, err
			}
		case s.mode == migrateCheck:
			return nil, s.check(ctx)
		case at.Empty || at.Unfinished:
			eng, err := s.create(ctx)
			if eng != nil || err != nil {
				return eng, err
			}
		default:
			if err := s.upgrade(ctx); err != nil {
				return nil, err
			}
		}
	}
}

// runner works on an open database.
func (s *startup) runner(eng *engine.Engine) (*migrate.Runner, error) {
	mode := migrate.SnapshotAlways
	if s.noSnapshot {
		mode = migrate.SnapshotNever
	}
	return migrate.New(migrate.Options{Engine: eng, Lineages: lineages(s.same), Events: s.progress.event, Snapshot: mode, Build: "larder " + thisVersion().Version})
}

// look finds out where the database stands and changes nothing of it. One that
// does not exist is empty.
func (s *startup) look(ctx context.Context) (*migrate.Standing, error) {
	eng, _, _ := s.now()
	if eng == nil {
		var err error
		eng, err = s.open(ctx, toLook)
		switch {
		case errors.Is(err, dberr.ErrNotFound):
			return &migrate.Standing{Empty: true, Pending: 1}, nil
		case errors.Is(err, dberr.ErrReadOnly):
			// A process that died has left a file that cannot be read before
			// what it had begun is taken back, which opening it to write does.
			eng, err = s.open(ctx, toMigrate)
		}
		if err != nil {
			return nil, err
		}
	}
	r, err := s.runner(eng)
	if err != nil {
		return nil, err
	}
	at, err := r.Standing(ctx)
	if err != nil {
		return nil, err
	}
	s.instance.mu.Lock()
	s.state.Revision = revisionOf(at)
	s.instance.mu.Unlock()
	return at, nil
}

// revisionOf is what is recorded, for people.
func revisionOf(at *migrate.Standing) string {
	var all []string
	for _, l := range slices.Sorted(maps.Keys(at.Rows)) {
		all = append(all, at.Rows[l]...)
	}
	return strings.Join(all, ", ")
}

// serveIt opens the database for good.
func (s *startup) serveIt(ctx context.Context) (*engine.Engine, error) {
	eng, err := s.open(ctx, toServe)
	if err == nil {
		s.serve("")
	}
	return eng, err
}

// readOnly opens a database that a newer program has migrated: it is served as
// far as reading goes, and nothing of it is changed.
func (s *startup) readOnly(ctx context.Context, at *migrate.Standing) (*engine.Engine, error) {
	eng, err := s.open(ctx, toRead)
	if err != nil {
		return nil, err
	}
	reason := "The database is at revision " + revisionOf(at) + ", and the newest that this larder knows is " + tables.Head + ": a newer program has migrated it." +
		" It is served read-only, and nothing of it is changed. Use a newer larder; or let the program that migrated it take it back (migrate downgrade " + tables.Head +
		"); or put a backup from before in its place."
	s.log.Warn(reason, "revision", revisionOf(at))
	s.serve(reason)
	return eng, nil
}

// leave says why a database that is not to be migrated is not served, and
// waits a moment before it is looked at again.
func (s *startup) leave(ctx context.Context, why server.State) error {
	if _, _, before := s.now(); before.Reason != why.Reason {
		s.log.Error(why.Reason, "revision", why.Revision)
		s.say(why)
		s.announce()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(lookAgain):
		return nil
	}
}

// notAtHead says where a database stands: "is empty".
func (s *startup) notAtHead(at *migrate.Standing) string {
	switch {
	case at.Empty:
		return "is empty"
	case at.Unfinished:
		return "was being created when that was cut off"
	case at.Half:
		return "stands in the middle of a revision"
	case revisionOf(at) == "":
		return "has tables and no revision"
	}
	return "is at revision " + revisionOf(at) + " and this program serves revision " + tables.Head
}

// check looks whether everything is in order, and says what to do when not.
func (s *startup) check(ctx context.Context) error {
	fail := func(what string) error {
		return dberr.New(dberr.SchemaMismatch, "serve", "the database "+what+"; nothing was changed, because of "+s.why)
	}
	eng, _, _ := s.now()
	if eng == nil {
		return fail("does not exist yet; run larder migrate upgrade head, or larder serve with --migrate auto, which creates it")
	}
	r, err := s.runner(eng)
	if err != nil {
		return err
	}
	at, err := r.Standing(ctx)
	if err != nil {
		return err
	}
	if !at.AtHead() {
		what := s.notAtHead(at)
		if at.Pending > 0 && !at.Empty {
			what += fmt.Sprintf(" (%d revisions to apply)", at.Pending)
		}
		return fail(what + "; run larder migrate upgrade head (larder migrate plan shows what it does), or larder serve with --migrate auto")
	}
	found, err := r.Check(ctx)
	if err != nil {
		return err
	}
	if found.OK() {
		return nil
	}
	var text strings.Builder
	if err := found.WriteText(&text); err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	more := ""
	if len(lines) > 1 {
		more = fmt.Sprintf(" and %d more", len(lines)-1)
	}
	return fail("is not in order (" + lines[0] + more + "); see larder migrate check")
}

// create makes the tables of an empty database at the head, at once. It
// returns no database where another process was faster.
func (s *startup) create(ctx context.Context) (*engine.Engine, error) {
	s.say(server.State{Reason: "The database is being created.", Passing: true})
	eng, err := s.open(ctx, toServe)
	if err != nil {
		return nil, err
	}
	release, err := eng.Lock(ctx, fresh.Lock, s.progress.waiting)
	if err != nil {
		return nil, err
	}
	created, err := s.createLocked(ctx, eng)
	if free := release(); err == nil {
		err = free
	}
	if err != nil {
		return nil, err
	}
	// The database is looked at once more through this connection: a database
	// in memory has no other.
	at, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	if !at.AtHead() {
		s.close()
		return nil, nil
	}
	if created {
		s.log.Info("the database was created", "revision", revisionOf(at))
	}
	s.serve("")
	return eng, nil
}

func (s *startup) createLocked(ctx context.Context, eng *engine.Engine) (bool, error) {
	r, err := s.runner(eng)
	if err != nil {
		return false, err
	}
	at, err := r.Standing(ctx)
	if err != nil || !at.Empty && !at.Unfinished {
		return false, err
	}
	err = fresh.CreateLocked(ctx, eng, tables.All(), []string{tables.Head})
	if errors.Is(err, dberr.ErrAlreadyExists) && at.Unfinished && revisionOf(at) != "" {
		return false, nil // all but the last step was done before
	}
	return err == nil, err
}

// upgrade brings the database to the head.
func (s *startup) upgrade(ctx context.Context) error {
	s.say(server.State{Reason: "The database is about to be migrated.", Passing: true})
	s.announce()
	eng, err := s.open(ctx, toMigrate)
	if err != nil {
		return err
	}
	r, err := s.runner(eng)
	if err != nil {
		return err
	}
	begin := time.Now()
	rep, err := r.Upgrade(ctx, "heads")
	if err != nil {
		return s.failed(err)
	}
	if len(rep.Ran) == 0 {
		s.log.Info("another process has migrated the database")
	} else {
		s.log.Info("migrated", "revisions", len(rep.Ran), "took", time.Since(begin).Round(time.Millisecond))
	}
	return nil
}

// failed adds what to do where only the command line knows it.
func (s *startup) failed(err error) error {
	var refused *migrate.Refused
	if !errors.As(err, &refused) {
		return err
	}
	for _, f := range refused.Foreseen {
		if f.Revision == migrations.SameEmailRevision {
			return &dberr.Error{Op: "serve", Code: dberr.CodeOf(err), Err: err, Msg: refused.Error() + "; to go on, run: " +
				s.again("--same-email "+string(migrations.KeepNewestEmail)) + ", or: " + s.again("--same-email "+string(migrations.RenameSameEmail))}
		}
	}
	return err
}
