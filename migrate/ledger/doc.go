// Package ledger keeps what a database says about its migrations: the version
// table of each lineage, which revisions were applied, and the journal of one
// that is under way.
//
//	l, err := ledger.Read(ctx, session, eng, set)
//	at := l.Rows["main"] // the revisions that the database is at
//
// The version table has Alembic's name and shape, so that Alembic reads it; the
// other tables are named larder_*, are made when they are needed, and never
// count as a difference.
//
// What it will not do: decide what is run, or take the lock that whoever writes
// here holds.
package ledger
