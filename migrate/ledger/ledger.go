package ledger

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/schema"
)

// LockName is the named lock under which the schema of a database changes.
const LockName = "larder_migrate"

// The tables beside the version tables.
const (
	AppliedTable = "larder_migration_applied"
	JournalTable = "larder_migration_journal"
	// UnfinishedTable is there while package fresh creates tables step by step.
	UnfinishedTable = "larder_unfinished"
)

// ErrUnknownRevision is in the chain of an error when the database is at a
// revision that this program does not know. Nothing was written.
var ErrUnknownRevision = dberr.New(dberr.SchemaMismatch, "migrate",
	"the database is at a revision that this program does not know")

// Ledger is what a database said when it was read.
type Ledger struct {
	Rows    map[string][]string    // by lineage: the version table, sorted
	Exists  map[string]bool        // which of the tables there are, by TableRef.String
	Applied map[RevisionKey]string // the checksums that were kept
	Journal []Entry                // by lineage, revision and position
}

// RevisionKey names a revision of one of several lineages.
type RevisionKey struct{ Lineage, ID string }

// String is "lineage/id".
func (k RevisionKey) String() string { return k.Lineage + "/" + k.ID }

// Inspector reads tables: an engine or a transaction.
type Inspector interface {
	Inspect(ctx context.Context, o driver.InspectOptions) ([]*schema.Table, error)
}

// Read reads what the database says about the lineages of a set, whichever are
// selected.
func Read(ctx context.Context, q engine.Queryer, in Inspector, set *history.Set) (*Ledger, error) {
	l := &Ledger{Rows: map[string][]string{}, Exists: map[string]bool{}, Applied: map[RevisionKey]string{}}
	tables, err := l.find(ctx, in, set)
	if err != nil {
		return nil, err
	}
	for _, m := range set.All() {
		at := VersionOf(m)
		if !l.Exists[at.String()] {
			continue
		}
		if err := tables[at.String()].Readable(); err != nil {
			return nil, dberr.WithOp(err, "read the version")
		}
		if tables[at.String()].Column(versionColumn) == nil {
			return nil, dberr.New(dberr.SchemaMismatch, "read the version",
				"table "+at.String()+" has no column "+versionColumn+", so it is not a version table; name another one for lineage "+m.Name)
		}
		if l.Rows[m.Name], err = at.Rows(ctx, q); err != nil {
			return nil, err
		}
	}
	if l.Exists[AppliedTable] {
		if err := l.readApplied(ctx, q); err != nil {
			return nil, err
		}
	}
	if l.Exists[JournalTable] {
		if err := l.readJournal(ctx, q); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// find looks which tables there are.
func (l *Ledger) find(ctx context.Context, in Inspector, set *history.Set) (map[string]*schema.Table, error) {
	names := map[string][]string{"": {AppliedTable, JournalTable, UnfinishedTable}} // by schema
	for _, m := range set.All() {
		names[m.VersionSchema] = append(names[m.VersionSchema], m.VersionTable)
	}
	tables := map[string]*schema.Table{}
	for _, where := range slices.Sorted(maps.Keys(names)) {
		found, err := in.Inspect(ctx, driver.InspectOptions{Schema: where,
			Tables: func(name string) bool { return slices.Contains(names[where], name) }})
		if err != nil {
			return nil, dberr.WithOp(err, "read the version")
		}
		for _, t := range found {
			key := TableRef{where, t.Name}.String()
			l.Exists[key], tables[key] = true, t
		}
	}
	return tables, nil
}

// ReadKnown reads what a database says, and refuses one that is at revisions
// which the lineages do not have, with [ErrUnknownRevision] in the chain of the
// error. eng may be nil, which is an error too.
func ReadKnown(ctx context.Context, eng *engine.Engine, set *history.Set) (*Ledger, error) {
	if err := NeedsEngine(eng); err != nil {
		return nil, err
	}
	l, err := Read(ctx, eng, eng, set)
	if err != nil {
		return nil, err
	}
	return l, l.checkKnown(set)
}

// NeedsEngine refuses to go on without a database.
func NeedsEngine(eng *engine.Engine) error {
	if eng == nil {
		return dberr.New(dberr.Invalid, "migrate", "this needs a database; give the runner an Engine")
	}
	return nil
}

func (l *Ledger) checkKnown(set *history.Set) error {
	for _, m := range set.All() {
		for _, id := range l.Rows[m.Name] {
			if m.Revision(id) != nil {
				continue
			}
			newest := strings.Join(m.Graph.Tips(), ", ")
			if newest == "" {
				newest = "none"
			}
			return &dberr.Error{Op: "migrate", Code: dberr.SchemaMismatch, Err: ErrUnknownRevision,
				Msg: "the database is at revision " + id + " (table " + VersionOf(m).String() +
					"), which this program does not know (its newest is " + newest +
					"); nothing was changed; run the release that made it, or rewrite the record with stamp --purge"}
		}
	}
	return nil
}

// Keeps reports whether a table is one of those that a set needs for itself.
func Keeps(set *history.Set, name string) bool {
	switch name {
	case AppliedTable, JournalTable, UnfinishedTable:
		return true
	}
	return slices.ContainsFunc(set.All(), func(m *history.Member) bool {
		return m.VersionSchema == "" &&
			m.VersionTable == name
	})
}
