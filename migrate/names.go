package migrate

import (
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/migrate/plan"
	"github.com/larder-db/larder/migrate/rescue"
	"github.com/larder-db/larder/migrate/run"
	"github.com/larder-db/larder/migrate/status"
	"github.com/larder-db/larder/schema"
)

// What a program declares.
type (
	// Revision is one migration: where it is in the history, and what it does.
	Revision = history.Revision
	// Lineage is a history with a version table of its own.
	Lineage = history.Lineage
	// Preflight is what Revision.Preflight works with.
	Preflight = history.Preflight
	// Comparison is a facet of a column that Lineage.Compare has a say in.
	Comparison = history.Comparison
	// Verdict is what Lineage.Compare says.
	Verdict = history.Verdict
	// Directive is a revision that is about to be written, for Lineage.Revise.
	Directive = history.Directive
)

// The verdicts.
const (
	Undecided = history.Undecided // the comparison is right
	Equal     = history.Equal
	Different = history.Different
)

// The names in use where a [Lineage] gives none.
const (
	DefaultLineage      = history.DefaultLineage
	DefaultVersionTable = history.DefaultVersionTable
)

// Revisions returns those that the methods of set give: each exported method
// without arguments that returns a Revision, in order of the methods' names. So
// every revision is registered in its own file, and no file lists them all:
//
//	type revisions struct{}
//
//	func All() []migrate.Revision { return migrate.Revisions(revisions{}) }
//
//	func (revisions) Rev3f2a9c1d4e5b() migrate.Revision { return Rev3f2a9c1d4e5b }
//
// Other methods are passed over; nil or a set without methods has none.
func Revisions(set any) []Revision { return history.Of(set) }

// LockName is the named lock under which the schema of a database changes.
const LockName = ledger.LockName

// VersionTable declares the version table of that name in the shape that
// Alembic gives it: one row per head, none for an empty database.
func VersionTable(name string) *schema.Table { return ledger.VersionTable(name) }

// Direction says which way revisions run.
type Direction = history.Direction

// The directions.
const (
	Up   = history.Up
	Down = history.Down
)

// What a run says before, while and after it runs.
type (
	// Plan is what a run would do.
	Plan = plan.Plan
	// PlannedStep is one revision of a plan.
	PlannedStep = plan.PlannedStep
	// PreflightFinding is what a revision will find in the data.
	PreflightFinding = history.PreflightFinding
	// Event is something that happens while migrations run.
	Event = run.Event
	// EventKind says what an [Event] is about.
	EventKind = run.EventKind
	// Report is what a run did.
	Report = run.Report
	// StepResult is a revision that was applied or undone.
	StepResult = run.StepResult
	// StampResult is what a stamp changed in one lineage.
	StampResult = run.StampResult
	// VersionChange is a change of a version table, for Options.OnVersion.
	VersionChange = run.VersionChange
	// SnapshotMode says when the file of a database is copied.
	SnapshotMode = run.SnapshotMode
	// RepairOptions say what [Runner.Repair] does about what it finds.
	RepairOptions = run.RepairOptions
)

// The modes of Options.Snapshot.
const (
	SnapshotLossy  = run.SnapshotLossy  // ahead of a run that destroys something or cannot be undone
	SnapshotNever  = run.SnapshotNever  //
	SnapshotAlways = run.SnapshotAlways // ahead of every run that changes something
)

// What Options.LockTimeout and Options.LockLimit are when they are 0.
const (
	DefaultLockTimeout = run.DefaultLockTimeout
	DefaultLockLimit   = run.DefaultLockLimit
)

// The kinds of events.
const (
	Waiting      = run.Waiting      // another process holds the lock; Elapsed
	Planned      = run.Planned      // what is about to run is known; Plan
	Snapshotted  = run.Snapshotted  // Path was written
	Begun        = run.Begun        // a revision begins, or goes on
	StatementRun = run.StatementRun // a statement of it begins; Statement
	DataProgress = run.DataProgress // a data step has come so far; Statement, Done, Total
	Finished     = run.Finished     // a revision is applied or undone; Elapsed
	Notice       = run.Notice       // something people should know; Text
	Blocked      = run.Blocked      // a statement waits for a lock; Statement, Elapsed, and Text says who holds it
	Unblocked    = run.Unblocked    // it does not any more; Statement, Elapsed
)

// What a database says.
type (
	// Status is what a database is to a program that is about to use it.
	Status = status.Status
	// Position is where a database is in one lineage.
	Position = status.Position
	// Findings are what [Runner.Check] found out of order.
	Findings = status.Findings
	// Partial is a revision that another program began and did not finish.
	Partial = rescue.Partial
	// Leftover is a copy of a table that Alembic left.
	Leftover = rescue.Leftover
	// RevisionInfo is a revision of one lineage, for lists.
	RevisionInfo = history.RevisionInfo
)

// What is in the chain of an error.
type (
	// StoppedError says where a run failed in the middle of a revision, and
	// what of it took effect.
	StoppedError = run.StoppedError
	// PreflightError says what refused an upgrade ahead of its first revision.
	PreflightError = run.PreflightError
)

// What is in the chain of an error, for errors.Is.
var (
	// ErrIrreversible: a way down was asked for that a revision does not have.
	ErrIrreversible = history.ErrIrreversible
	// ErrUnknownRevision: the database is at a revision that this program does
	// not know. Nothing was written.
	ErrUnknownRevision = ledger.ErrUnknownRevision
	// ErrHalfApplied: a revision is half applied, so that something else cannot
	// be done before it is finished or undone.
	ErrHalfApplied = run.ErrHalfApplied
)
