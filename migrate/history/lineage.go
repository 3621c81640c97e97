package history

import (
	"context"

	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// Revision is one migration: where it stands in the history, and what it does. It is
// frozen once it has run anywhere: a checksum of what it records is kept with
// the database.
type Revision struct {
	ID        string   // 1 to 32 letters, digits, '_' or '.'
	Down      []string // the parents: none for a base, two or more for a merge
	DependsOn []string // revisions of other branches that must be there first, by id or label
	Labels    []string // names of the branch from here on
	Doc       string   // what it does; the first line is shown in lists
	Path      string   // the file that holds it, for show; may be empty

	// Upgrade records what is done on the way up; nil does nothing, as for a
	// merge.
	Upgrade func(ops *op.Ops)
	// Downgrade records what is done on the way down. Nil is what undoes
	// Upgrade, as far as op.Reverse can tell; a function that records nothing
	// says that nothing has to be done.
	Downgrade func(ops *op.Ops)
	// Preflight looks at the data before an upgrade that has this revision in
	// it writes anything: what stands in the way, and what is going to be
	// decided, is known ahead of the first revision. It reads only, is no part
	// of what the revision records, and does not run for scripts. Nil looks at
	// nothing.
	Preflight func(ctx context.Context, p *Preflight) error
	// Irreversible says why there is no way down: a sentence for people. A
	// downgrade through it is refused before anything is written.
	Irreversible string
}

// Lineage is a history with a version table of its own. Several may live in
// one database: those of a program, of a library that it uses, of another
// program that shares the database.
type Lineage struct {
	Name         string // for messages, flags and the journal; empty is "main"
	VersionTable string // empty is "alembic_version"
	// VersionSchema is the schema that has the version table (on MySQL and
	// MariaDB, the database), which must exist; empty is the one that the
	// engine works in.
	VersionSchema string
	Revisions     []Revision // in any order; it decides where the links leave a choice
	// Optional says that a database can do without: Status counts none of the
	// revisions as pending, and Check none while the database has not any.
	Optional bool

	// Tables are the tables as they are declared today, for Check and
	// generated revisions; nil leaves the lineage out of both.
	Tables []*schema.Table
	// Owns says which tables of the database are this lineage's: others never
	// appear in a difference. Nil is all tables, less those of other lineages,
	// the version tables, and those named larder_*.
	Owns func(table string) bool
	// Ignore says which differences do not count, where a table is known to
	// look otherwise in databases that others have made; nil is none. live is
	// the table as it is, nil when it does not exist.
	Ignore func(live *schema.Table, c schema.Change) bool
	// Compare has a say in whether a facet of a column differs; nil leaves it
	// to the comparison.
	Compare func(c Comparison) Verdict

	// Names gives names to the constraints and indexes that Revisions and
	// Tables declare without one; nil leaves them to package op and to the
	// engine. It is as frozen as the revisions that it names things in.
	Names *schema.Convention

	// Revise may change a revision that is about to be written as source, or
	// keep it from being written; nil is neither.
	Revise func(d *Directive) error
	// Render writes the Go statements that record an operation in a generated
	// revision, and the packages that these import; false leaves it to the
	// generator, as nil does for all.
	Render func(o op.Op) (source string, imports []string, ok bool)
}

// The names in use where a Lineage gives none.
const (
	DefaultLineage      = "main"
	DefaultVersionTable = "alembic_version"
)
