// Package run changes databases: it runs revisions, keeps the journal of those
// that cannot be one transaction, finishes or undoes what was cut off, and
// stamps.
//
//	m := run.New(set, run.Options{Engine: eng, Events: show})
//	report, err := m.Migrate(ctx, history.Up, "head")
//
// # Where a revision is one transaction, and where not
//
// Where schema statements are transactional a revision is one transaction,
// together with the row that records it. Elsewhere, and for what cannot be in a
// transaction, the journal says after every statement how far the revision has
// come; the next run asks the database about the statement that was under way,
// and goes on from there.
//
// The package is large because running, going on, undoing and waiting for locks
// are about the same state of one revision under way.
//
// What it will not do: choose revisions (package history does), or compile
// operations that have not been planned first (package plan).
package run
