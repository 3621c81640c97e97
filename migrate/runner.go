package migrate

import (
	"context"
	"io"
	"strings"

	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/migrate/plan"
	"github.com/larder-db/larder/migrate/run"
	"github.com/larder-db/larder/migrate/status"
)

// Runner plans and runs migrations. It is safe for concurrent use: runs on one
// database take turns.
type Runner struct {
	o   Options
	set *history.Set
	run *run.Migrator
}

// In returns a runner that works on one lineage only.
func (r *Runner) In(name string) (*Runner, error) {
	set, err := r.set.In(name)
	if err != nil {
		return nil, err
	}
	return newRunner(r.o, set), nil
}

// Lineages returns the names of the lineages that the runner works on, in order.
func (r *Runner) Lineages() []string { return r.set.Names() }

// Upgrade brings the database to target: a revision, "head", "heads", "+2" and
// what else package revision reads. With several lineages, head and heads mean
// all of them, in order, and a step is one of the first. When there is nothing
// to do it writes nothing.
//
// It waits for whoever else migrates the database. When a revision fails, the
// ones before it stay, and the error has a [*StoppedError] that says what of it
// remains. Context: a run that is canceled ends as one that failed.
func (r *Runner) Upgrade(ctx context.Context, target string) (*Report, error) {
	return r.run.Migrate(ctx, Up, target)
}

// Downgrade undoes what follows target: a revision, "-1", "base". See [Runner.Upgrade].
// A revision that cannot be undone refuses all of it before anything is
// written, with [ErrIrreversible] in the chain of the error.
func (r *Runner) Downgrade(ctx context.Context, target string) (*Report, error) {
	return r.run.Migrate(ctx, Down, target)
}

// Plan says what Upgrade or Downgrade to target would do to the database as
// it is now. It writes nothing and takes no lock, so that another process may
// be faster.
func (r *Runner) Plan(ctx context.Context, d Direction, target string) (*Plan, error) {
	return r.run.Preview(ctx, d, target)
}

// Repair finishes the revisions that are half applied, or undoes them, so that
// migrations go on from there. It returns what it did, one sentence each; none
// when nothing was out of order.
//
// What an undo cannot bring back is what the revision declares as lost.
//
// Revisions that another program began are finished too: they run as they
// always do, past what is there already, and so do those ahead of them. Their
// undo takes away what holds nothing, or refuses when something does. Copies of
// tables that such a program left are removed; one that may be all there is of
// its table is an error.
func (r *Runner) Repair(ctx context.Context, o RepairOptions) ([]string, error) {
	return r.run.Repair(ctx, o)
}

// Stamp records that the database is at targets, without running anything:
// for a database that came to be in another way. With purge all rows are
// taken away first, whatever they are: the way out when the table names
// revisions that this program does not have. What a journal says of a
// half-applied revision of a lineage that is purged goes too.
func (r *Runner) Stamp(ctx context.Context, purge bool, targets ...string) ([]StampResult, error) {
	return r.run.Stamp(ctx, purge, targets...)
}

// EnsureVersion makes the version tables that do not exist, and nothing else.
// It returns the names of those that it made.
func (r *Runner) EnsureVersion(ctx context.Context) ([]string, error) {
	return r.run.EnsureVersion(ctx)
}

// Status looks where the database is. Unlike [Runner.Current] it takes
// revisions that the program does not know for an answer. It writes nothing
// and takes no lock.
func (r *Runner) Status(ctx context.Context) (*Status, error) {
	return status.Read(ctx, r.o.Engine, r.set)
}

// Current returns where the database is, one Position per lineage, in order.
// It writes nothing. Revisions that the program does not know are an error
// with [ErrUnknownRevision] in its chain.
func (r *Runner) Current(ctx context.Context) ([]Position, error) {
	return status.Positions(ctx, r.o.Engine, r.set)
}

// CheckHeads reports a database that does not have everything as an error.
func (r *Runner) CheckHeads(ctx context.Context) error {
	return status.CheckHeads(ctx, r.o.Engine, r.set)
}

// Check compares the database with what this program knows: whether all
// revisions are applied, none is half done, was begun by another program or was
// edited afterwards, and the tables are those that the lineages declare. It
// writes nothing. The tables of a lineage that is behind are not compared with
// the declared ones.
func (r *Runner) Check(ctx context.Context) (*Findings, error) {
	return status.Check(ctx, r.o.Engine, r.set)
}

// History lists revisions, newest first, lineage after lineage. span is a
// range such as "a:b", "-2:current" or empty for all; with current, the
// database says what is marked and what "current" means, and without, none is
// asked.
func (r *Runner) History(ctx context.Context, span string, current bool) ([]RevisionInfo, error) {
	rows, err := r.rows(ctx, current)
	if err != nil {
		return nil, err
	}
	return r.set.List(rows, span)
}

// Heads lists the heads. With dependencies resolved, a head that another
// branch depends on is left out.
func (r *Runner) Heads(resolved bool) ([]RevisionInfo, error) { return r.set.Heads(resolved) }

// Branches lists the branch points; the children are in Next.
func (r *Runner) Branches() ([]RevisionInfo, error) { return r.set.Branches() }

// Show returns the revisions that a symbol means. "current" asks the database.
func (r *Runner) Show(ctx context.Context, symbol string) ([]RevisionInfo, error) {
	rows, err := r.rows(ctx, strings.Contains(symbol, "current") || strings.HasPrefix(symbol, "+") ||
		strings.HasPrefix(symbol, "-"))
	if err != nil {
		return nil, err
	}
	return r.set.Find(rows, symbol)
}

// rows are those of the version tables, by lineage; none unless they are asked
// for.
func (r *Runner) rows(ctx context.Context, asked bool) (map[string][]string, error) {
	if !asked {
		return nil, nil
	}
	if err := ledger.NeedsEngine(r.o.Engine); err != nil {
		return nil, err
	}
	l, err := ledger.Read(ctx, r.o.Engine, r.o.Engine, r.set)
	if err != nil {
		return nil, err
	}
	return l.Rows, nil
}

// Operations lists what a revision records, one line each, up and down. The
// way down of one that leaves it to be worked out needs Options.Target or an
// Engine.
func (r *Runner) Operations(lineage, id string) (up, down []string, err error) {
	return r.set.Summary(lineage, id)
}

// SQL writes the script that leads from one revision to another, without a
// database: from is where the database will be ("base" for an empty one), to
// where the script brings it. The statements are those of Options.Target or of
// the Engine, made for the schema that the history makes by itself: what a
// database has beyond it, the script does not know.
//
// A data step in Go cannot be written as a script, and is an error that names
// the revision.
func (r *Runner) SQL(ctx context.Context, w io.Writer, d Direction, from, to string) error {
	return plan.WriteScript(ctx, w, r.set, d, from, to)
}

// StampSQL writes the script of a stamp, as for [Runner.SQL].
func (r *Runner) StampSQL(w io.Writer, from, to string) error {
	return plan.WriteStampScript(w, r.set, from, to)
}

// EnsureVersionSQL writes the statements that make the version tables.
func (r *Runner) EnsureVersionSQL(w io.Writer) error { return plan.WriteVersionTables(w, r.set) }
