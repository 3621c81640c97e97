package driver

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/schema"
)

// Driver opens databases of one engine. It has no state and may be shared.
type Driver interface {
	// Backends lists the URL backends it serves: "sqlite"; "postgresql";
	// "mysql" and "mariadb".
	Backends() []string

	// Dialect is the dialect for u without a connection, with the engine's
	// newest supported flavour where the URL does not tell.
	Dialect(u *dburl.URL) (Dialect, error)

	// Open makes the pools for u, asks the server what it is, and returns. A
	// server that cannot be reached is a dberr.Unavailable error that names
	// host and port. Every connection gets the engine's settings.
	Open(ctx context.Context, u *dburl.URL, o OpenOptions) (*Database, error)
}

// OpenOptions are the settings of pools and connections. The zero value of a
// field asks for the engine's default.
type OpenOptions struct {
	Schema  string             // the schema to work in, on an engine with Schemas inside of a database
	LookFor []string           // tables of the program: without a Schema, that of the server's path which has some is worked in
	Pool    dburl.PoolSettings // sizes and timeouts of the pool
	PingAge time.Duration      // with Pool.PrePing: a connection idle for longer is pinged before it is handed out; 0 is always

	// PreparedStatements chooses how statements reach a server behind a
	// pooler: "auto" (default), "off", or an engine's own mode name.
	PreparedStatements string

	// Password is asked for at each new connection instead of the URL's
	// password, for tokens that expire.
	Password func(ctx context.Context) (string, error)

	// Watched gives up connections to a server that has gone silent, as is done
	// where a URL names several.
	Watched bool

	// ReadOnly makes connections that refuse to write, and opening the
	// database changes nothing of it. A database that does not exist is
	// dberr.NotFound.
	ReadOnly bool
}

// Database is an open database: its pools, and what the engine knows about it.
type Database struct {
	// Writer serves write transactions and statements that write.
	Writer *sql.DB
	// Reader serves reads. It is Writer itself where one pool serves both.
	Reader *sql.DB

	Dialect    Dialect
	Classifier Classifier
	Inspector  Inspector
	DDL        DDL
	Locker     Locker

	// Snapshotter copies the database; nil where it is not one file.
	Snapshotter Snapshotter

	// Begin, if not nil, begins transactions; where it is nil, conn.BeginTx is
	// used. Either way ctx lives until the transaction is over, and the driver
	// must let a done ctx end a Commit or Rollback that the server does not answer.
	Begin func(ctx context.Context, conn *sql.Conn, o BeginOptions) (*sql.Tx, error)

	// SendAll, if not nil, sends statements that return no rows together, on a
	// connection in a transaction, and waits once for all answers. It returns how
	// many rows each matched; where one fails, those ahead of it and the error, and
	// those behind it are not run. Where it is nil they are sent one by one.
	SendAll func(ctx context.Context, conn *sql.Conn, sts []Sent) ([]int64, error)

	// State, if not nil, asks the server for what a health check wants to know
	// beyond being alive.
	State func(ctx context.Context, q DBTX) (State, error)

	// Replication, if not nil, says how far a replica is.
	Replication Replication

	// LockWaits, if not nil, bounds and explains waits for locks.
	LockWaits LockWaits

	// Printed, if not nil, is a table in normal form as the server would print its
	// defaults and expressions, for a server that rewrites them beyond what a
	// rule for texts can tell. Of what it makes to find out nothing stays.
	Printed func(ctx context.Context, conn *sql.Conn, t *schema.Table) (*schema.Table, error)

	// Elsewhere, if not nil, finds tables of these names in schemas of the
	// database other than the one in which tables are created, in order of
	// schema and table. It is nil where a table can be in one place only.
	Elsewhere func(ctx context.Context, q DBTX, names []string) ([]Place, error)

	// TakesOver says that what is at the address stands before servers of which one
	// takes the place of another, so that calls wait for that as they do where a URL
	// names several hosts.
	TakesOver bool

	Version  string   // what the server calls itself: "PostgreSQL 15.20", "MariaDB 10.11.19", "SQLite 3.54.1"
	Warnings []string // sentences for the operator's log: a network file system, a small packet limit

	// Cleanup, if any, runs after the pools are closed.
	Cleanup func() error
}

// BeginOptions say how a transaction begins.
type BeginOptions struct {
	// LevelDefault is the engine's own; an engine may give more than is asked for, never less.
	Isolation  sql.IsolationLevel
	ReadOnly   bool
	Deferrable bool // wait for a snapshot that no concurrent write can invalidate, where the engine has that
	Late       bool // it may be sent with the first statement, so that what is wrong with it is an error of that
}

// Sent is a statement with its bound values, as it is sent.
type Sent struct {
	SQL  string
	Args []any
}

// Place is a schema and tables in it.
type Place struct {
	Schema  string
	Tables  []string
	Reached bool // a statement that does not name the schema may find them
}

// Replication compares what two servers have committed, of which one follows the
// other.
type Replication interface {
	// Position is what the server has committed, for Reached of one that follows
	// it; empty when it keeps no account of that.
	Position(ctx context.Context, q DBTX) (string, error)
	// Reached reports whether the server has all that another had at a position.
	Reached(ctx context.Context, q DBTX, position string) (bool, error)
}

// State of a database, for health checks.
type State struct {
	ReadOnly bool // writes are refused: a standby, a read-only file or server
}

// Fault is what a driver's error means.
type Fault struct {
	Code       dberr.Code
	Constraint string // the constraint's or index's name where the engine tells it
	Native     string // SQLSTATE, errno or extended result code
	Detail     string // one sentence that is safe to show: identifiers, never values; empty for the code's own sentence
	Unsent     bool   // the statement certainly did not take effect
	Broken     bool   // the connection is of no more use
	TxLost     bool   // the engine has rolled back, or refuses to go on with, the whole transaction
	Denied     bool   // the database user lacks a privilege; Code is dberr.Invalid
}

// WithName returns f with the name of the object in question in its detail,
// "there is no such table; create it" as "there is no such table: chat; create
// it". What does not look like an identifier is left out: engines also quote,
// as if it were one, a text that was written between the wrong quotation marks.
func (f Fault) WithName(name string) Fault {
	if name == "" || len(name) > 130 || f.Detail == "" { // schema.object, 64 characters each
		return f
	}
	for _, r := range name {
		if r != '_' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return f
		}
	}
	what, wayOut, ok := strings.Cut(f.Detail, ";")
	f.Detail = what + ": " + name
	if ok {
		f.Detail += ";" + wayOut
	}
	return f
}

// Near returns f with the word at which the server stopped reading, and where
// that is, counted in characters from 1 when it is known: "does not accept the
// statement at FROM, character 12". A word that could be a value is left out.
func (f Fault) Near(word string, at int) Fault {
	what, wayOut, _ := strings.Cut(f.Detail, ";")
	for _, r := range word {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("(),;=<>*", r) {
			word = ""
			break
		}
	}
	switch {
	case word != "" && at > 0:
		what += fmt.Sprintf(" at %s, character %d", word, at)
	case word != "":
		what += " at " + word
	case at > 0:
		what += fmt.Sprintf(" at character %d", at)
	}
	f.Detail = what + ";" + wayOut
	return f
}

// Classifier says which failure an error of this engine is, by type and
// number. It is given any error of database/sql, context or the driver, and
// answers dberr.Internal for what it does not know.
type Classifier interface {
	Classify(err error) Fault
}

// DBTX runs statements on one connection or transaction: *sql.Conn, *sql.Tx
// and *sql.DB are DBTXs.
type DBTX interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// InspectOptions narrow an inspection.
type InspectOptions struct {
	Schema string                 // as OpenOptions.Schema
	Tables func(name string) bool // nil is all tables; others are not read at all
}

// Inspector reads the schema of a live database.
type Inspector interface {
	// Inspect returns the tables in order of name, in the normal form that
	// DDL.Normalize gives, so that a declared and a live table compare. What it
	// finds and cannot carry is in a table's Notes. One that it cannot read is
	// Unreadable, and keeps no other from being read.
	Inspect(ctx context.Context, q DBTX, o InspectOptions) ([]*schema.Table, error)
}

// DDL writes schema statements.
type DDL interface {
	// Normalize returns t as this engine holds and reports it: types in the
	// engine's own terms, features that the engine lacks replaced by what
	// stands in for them. It never changes t, and Normalize of a normal form
	// is equal to it. A table that the engine cannot hold (a key that is too
	// long, a name over the limit) is a dberr.Unsupported or dberr.TooLarge
	// error that names the table, the column and the limit.
	Normalize(t *schema.Table) (*schema.Table, error)

	// CreateTables returns the statements that make the tables with their
	// keys, indexes and comments, in an order that works whatever the order of
	// the arguments. Tables that foreign keys refer to must be among them or
	// exist already.
	CreateTables(tables ...*schema.Table) ([]string, error)

	// Batch joins statements that have no arguments into as few as the engine
	// takes in one round trip. The order stays; where nothing can be joined
	// the statements come back as they are.
	Batch(statements []string) []string

	// Analyze returns the statement by which the engine looks anew at what rows a
	// table has, for its plans, as after many were written at once; "" where it
	// gets along without.
	Analyze(table string) string

	// TypeName is the engine's spelling of a column type.
	TypeName(ty schema.Type) (string, error)

	Changer
}

// Locker holds named locks across processes. A lock frees itself when its
// holder's connection or process dies.
type Locker interface {
	// Lock takes the lock of that name or waits until ctx is done. Waiting,
	// if not nil, is called about once a second with the time waited so far.
	// The returned function frees the lock; it may be called twice.
	Lock(ctx context.Context, db *Database, name string, waiting func(time.Duration)) (release func() error, err error)
}

// SessionLocker is a [Locker] whose locks are those of a session of the server, and
// are lost when that ends before they are freed.
type SessionLocker interface {
	Locker
	// LockHeld is Lock, with a function that asks whether the lock is still held: its
	// error says why not. It is not called at the same time as release.
	LockHeld(ctx context.Context, db *Database, name string, waiting func(time.Duration)) (
		release func() error, held func(context.Context) error, err error)
}
