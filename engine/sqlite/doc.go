// Package sqlite is the SQLite engine: files, and databases in memory. It is
// for the wiring (package engine/engines) and for nobody else; programs open a
// database through package engine.
//
// The driver is modernc.org/sqlite, which is pure Go. With the build tag
// cgo_sqlite it is mattn/go-sqlite3 instead; everything else is the same, and
// so are the tests. That driver leaves full-text search out unless it is built
// with a tag of its own: go build -tags "cgo_sqlite sqlite_fts5".
//
// # Connections
//
// A file has one connection that writes and several that read. Writers queue
// for the one connection in the order in which they came, where SQLite's own
// lock would let them poll for it; transactions that write begin with BEGIN
// IMMEDIATE, because one that reads first and writes later fails when another
// has written in between, however long it is allowed to wait. Readers have
// query_only set, so that a statement that writes without saying so is an
// error. Every connection gets foreign_keys=ON, a busy timeout, and the
// settings that were asked for.
//
// A database in memory has one connection for all: it lives as long as the
// engine, and statements run one after the other. A program that reads rows
// while it runs another statement outside of the transaction waits for itself
// there, as it does with a pool of one connection on any engine.
//
// # What it refuses or warns about
//
// A file on a network file system, whose locks SQLite cannot rely on, is
// warned about. A directory that is missing, a file that is not a database,
// and a file that cannot be written are errors that name the path.
//
// The package is large because an engine is one thing to who adds or mends one:
// the dialect, the statements that make and change tables, the inspection, locks
// and errors, in the same files in each engine.
//
// What it will not do: encrypted files, attached databases, extensions.
package sqlite
