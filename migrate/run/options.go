package run

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/plan"
	"github.com/larder-db/larder/schema"
)

// Options say how a [Migrator] works. Zero values but Engine are the usual way;
// package migrate says what each is for.
type Options struct {
	Engine         *engine.Engine
	Wait           time.Duration
	LockTimeout    time.Duration
	LockLimit      time.Duration
	Events         func(e Event)
	Logger         *slog.Logger
	Snapshot       SnapshotMode
	OneTransaction bool
	OnVersion      func(ctx context.Context, q engine.Queryer, v VersionChange) error
	Args           map[string]string
	Build          string
	Now            func() time.Time
}

// Migrator runs the revisions of a set on a database. It is safe for concurrent
// use: runs on one database take turns.
type Migrator struct {
	set *history.Set
	o   Options
}

// New returns a migrator. The set has a target, unless the engine is nil, which
// whatever needs a database refuses.
func New(set *history.Set, o Options) *Migrator {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.LockLimit == 0 {
		o.LockLimit = DefaultLockLimit
	}
	if told := o.Events; told == nil {
		o.Events = func(Event) {}
	} else {
		var mu sync.Mutex // what waits for a lock is watched from the side
		o.Events = func(e Event) {
			mu.Lock()
			defer mu.Unlock()
			told(e)
		}
	}
	return &Migrator{set: set, o: o}
}

func (r *Migrator) eng() *engine.Engine { return r.o.Engine }

// target is what operations are compiled for. extras may be nil.
func (r *Migrator) target() op.Target { return *r.set.Target() }

// transactional reports whether schema changes are part of transactions.
func (r *Migrator) transactional() bool { return r.target().Dialect.Has(schema.TransactionalDDL) }

// locked runs fn while it holds the lock of the database.
func (r *Migrator) locked(ctx context.Context, fn func(ctx context.Context) error) error {
	if err := ledger.NeedsEngine(r.o.Engine); err != nil {
		return err
	}
	return r.eng().WithLock(ctx, ledger.LockName, engine.LockOptions{Wait: r.o.Wait,
		Waiting: func(d time.Duration) { r.o.Events(Event{Kind: Waiting, Elapsed: d}) }}, fn)
}

// SnapshotMode says when the file of a database is copied.
type SnapshotMode int

// The modes.
const (
	SnapshotLossy  SnapshotMode = iota // ahead of a run that destroys something or cannot be undone
	SnapshotNever                      //
	SnapshotAlways                     // ahead of every run that changes something
)

// EventKind says what an [Event] is about.
type EventKind string

// The kinds of events.
const (
	Waiting      EventKind = "waiting"   // another process holds the lock; Elapsed
	Planned      EventKind = "plan"      // what is about to run is known; Plan
	Snapshotted  EventKind = "snapshot"  // Path was written
	Begun        EventKind = "begin"     // a revision begins, or goes on
	StatementRun EventKind = "statement" // a statement of it begins; Statement
	DataProgress EventKind = "progress"  // a data step has come so far; Statement, Done, Total
	Finished     EventKind = "done"      // a revision is applied or undone; Elapsed
	Notice       EventKind = "notice"    // something people should know; Text
	Blocked      EventKind = "blocked"   // a statement waits for a lock; Statement, Elapsed, and Text says who holds it
	Unblocked    EventKind = "unblocked" // it does not any more; Statement, Elapsed
)

// Event is something that happens while migrations run.
type Event struct {
	Kind      EventKind
	Lineage   string
	Revision  string
	Step      string // "upgrade a1 -> b2, add a column"
	Number    int    // which revision of the run this is, from 1
	Of        int    // how many revisions the run has
	Statement string // what is being done, one line
	Done      int64  // rows
	Total     int64  // rows in all; 0 when that is not known
	Elapsed   time.Duration
	Path      string
	Text      string
	// Plan is for Planned; where a run goes on that was cut off it has the
	// revisions and not their statements.
	Plan *plan.Plan
}
