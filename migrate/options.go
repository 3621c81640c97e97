package migrate

import (
	"context"
	"log/slog"
	"time"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/run"
)

// Options say what a [Runner] works with.
type Options struct {
	// Engine is the database. Without one a Runner knows the history and
	// writes scripts, and refuses what needs a database.
	Engine *engine.Engine
	// Lineages are the histories, at least one, in the order in which they are
	// upgraded; a downgrade goes the other way.
	Lineages []Lineage

	// Target is what scripts are written for when there is no Engine.
	Target *Target

	// Wait bounds the wait for the lock; 0 waits as long as ctx lets it.
	Wait time.Duration
	// LockTimeout is how long a change of the schema waits for a lock that
	// another session holds before it gives up its place, so that those who came
	// after it get theirs, and tries again; 0 is 3 s. Where nobody queues up
	// behind one that waits, as on SQLite, it says nothing.
	LockTimeout time.Duration
	// LockLimit is how long it is tried in all before the run ends with
	// dberr.Busy; 0 is 10 minutes.
	LockLimit time.Duration
	// Events is told what happens, in the order in which it happens, one at
	// a time; nil is nobody.
	Events func(e Event)
	// Logger gets what is worth keeping; nil discards it.
	Logger *slog.Logger

	// Snapshot says when a database that is one file is copied before it is
	// changed; the zero value copies it ahead of what cannot be undone.
	Snapshot SnapshotMode
	// OneTransaction runs all revisions of a run in one transaction, so that
	// all of them happen or none. It is refused where the engine commits every
	// change of the schema, and for revisions with steps that commit by
	// themselves. Otherwise each revision is a transaction.
	OneTransaction bool
	// OnVersion is told when a version table changes, in the transaction that
	// changes it: what it does with q stands or falls with that, and its error
	// undoes it. It may run twice. Nil is nobody.
	OnVersion func(ctx context.Context, q engine.Queryer, v VersionChange) error
	// Args are what the caller wants data steps to know; see op.Data.Arg.
	Args map[string]string

	// Build names the program, for the record of what was applied when by
	// whom; may be empty.
	Build string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// New checks the lineages and returns a runner. It does not touch the database.
func New(o Options) (*Runner, error) {
	if o.Target == nil && o.Engine != nil {
		o.Target = &Target{Dialect: o.Engine.Dialect(), DDL: o.Engine.DDL()}
	}
	set, err := history.New(o.Lineages, o.Target)
	if err != nil {
		return nil, err
	}
	return newRunner(o, set), nil
}

func newRunner(o Options, set *history.Set) *Runner {
	return &Runner{o: o, set: set, run: run.New(set,
		run.Options{Engine: o.Engine, Wait: o.Wait, LockTimeout: o.LockTimeout,
			LockLimit: o.LockLimit, Events: o.Events, Logger: o.Logger,
			Snapshot: o.Snapshot, OneTransaction: o.OneTransaction, OnVersion: o.OnVersion, Args: o.Args, Build: o.Build, Now: o.Now})}
}

// Target is what a script is written for: Dialect and DDL count.
type Target = op.Target
