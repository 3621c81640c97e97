// Package migrations has the 66 revisions of Open WebUI's own history, up to
// 0.12.4, one frozen file each, by their own ids. A database that Open WebUI
// left at any of them, or on the way from one to the next, is taken to the
// [Head] on SQLite, PostgreSQL, MySQL and MariaDB, and back.
//
//	r, err := migrate.New(migrate.Options{
//		Engine:   eng,
//		Lineages: []migrate.Lineage{{VersionTable: "alembic_version", Revisions: migrations.All()}},
//	})
//	report, err := r.Upgrade(ctx, "head")
//
// Each step makes the schema that Open WebUI makes, to the letter, and moves
// the rows as Open WebUI does, except where that loses something or fails:
// docs/upstream-differences.md lists every difference, and a test named after
// it shows it. What cannot be kept where it was is kept in the table
// larder_kept, from which a downgrade puts it back.
//
// A file is frozen: it declares the tables as they were then and reads none of
// today's. Columns that are part of a key at any time carry the length that a
// key has on engines that limit it, from the first revision on.
//
// Operations are guarded: a revision of which parts are there already, because
// Open WebUI was cut off in it, runs past them.
//
// The package is large because it has a file for each of 66 revisions.
//
// What it will not do: open databases, run anything (package migrate does), or
// repair what an older program did to a database that is past the revision in
// question.
package migrations
