package migrate

import (
	"context"
	"log/slog"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
)

// LockName is the named lock under which the schema of a database changes.
const LockName = "larder_migrate"

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
	// Events is told what happens, in the order in which it happens, from the
	// goroutine that runs the migrations; nil is nobody.
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
	OnVersion func(ctx context.Context, q engine.Queryer, v Versioned) error
	// Args are what the caller wants data steps to know; see op.Data.Arg.
	Args map[string]string

	// Build names the program, for the record of what was applied when by
	// whom; may be empty.
	Build string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Target is what a script is written for.
type Target struct {
	Dialect driver.Dialect
	DDL     driver.DDL
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
	Plan      *Plan // for Planned; where a run goes on that was cut off it has the revisions and not their statements
}

// ErrIrreversible is in the chain of an error when a way down was asked for
// that a revision does not have.
var ErrIrreversible = dberr.New(dberr.Unsupported, "downgrade", "the revision has no way down")

// ErrUnknownRevision is in the chain of an error when the database is at a
// revision that this program does not know. Nothing was written.
var ErrUnknownRevision = dberr.New(dberr.SchemaMismatch, "migrate", "the database is at a revision that this program does not know")

// ErrHalfApplied is in the chain of an error when a revision stands half
// applied, so that something else cannot be done before it is finished or
// undone.
var ErrHalfApplied = dberr.New(dberr.SchemaMismatch, "migrate", "a revision is half applied")

// New checks the lineages and returns a runner. It does not touch the database.
func New(o Options) (*Runner, error) {
	ls, err := newLineages(o.Lineages)
	if err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Events == nil {
		o.Events = func(Event) {}
	}
	if o.Target == nil && o.Engine != nil {
		o.Target = &Target{Dialect: o.Engine.Dialect(), DDL: o.Engine.DDL()}
	}
	if err := checkSchemas(o.Target, ls); err != nil {
		return nil, err
	}
	return &Runner{o: o, all: ls, in: ls}, nil
}

// Runner plans and runs migrations. It is safe for concurrent use: runs on one
// database take turns.
type Runner struct {
	o   Options
	all []*lineage // for what belongs to whom
	in  []*lineage // what this runner works on
}

// In returns a runner that works on one lineage only.
func (r *Runner) In(name string) (*Runner, error) {
	for _, l := range r.all {
		if l.Name == name {
			return &Runner{o: r.o, all: r.all, in: []*lineage{l}}, nil
		}
	}
	return nil, dberr.New(dberr.Invalid, "migrate", "there is no lineage "+name+"; there are "+names(r.all))
}

// Lineages returns the names of the lineages that the runner works on, in order.
func (r *Runner) Lineages() []string {
	var out []string
	for _, l := range r.in {
		out = append(out, l.Name)
	}
	return out
}

func names(ls []*lineage) string {
	s := ""
	for i, l := range ls {
		if i > 0 {
			s += ", "
		}
		s += l.Name
	}
	return s
}

func (r *Runner) eng() (*engine.Engine, error) {
	if r.o.Engine == nil {
		return nil, dberr.New(dberr.Invalid, "migrate", "this needs a database; give the runner an Engine")
	}
	return r.o.Engine, nil
}

// lock takes the lock of the database.
func (r *Runner) lock(ctx context.Context) (release func() error, err error) {
	eng, err := r.eng()
	if err != nil {
		return nil, err
	}
	if r.o.Wait > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.o.Wait)
		defer cancel()
	}
	return eng.Lock(ctx, LockName, func(d time.Duration) { r.o.Events(Event{Kind: Waiting, Elapsed: d}) })
}
