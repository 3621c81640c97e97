package engine

import (
	"context"
	"log/slog"
	"time"

	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
)

// Options say how an engine is opened. Drivers is required; the zero value of
// every other field is the default.
type Options struct {
	// Drivers are the engines to choose from by the URL's scheme. Package
	// engine/engines lists all of them.
	Drivers []driver.Driver

	// Schema is the schema to work in, on an engine with schemas inside of a
	// database. Empty is where the server itself would look: see LookFor.
	Schema string
	// LookFor names tables by which the program knows its database. Without a
	// Schema, an engine that looks along a path of schemas works in the one of
	// them that has any of these tables, whichever place it has in the path;
	// where none has, in the first. Two that have some are a
	// dberr.SchemaMismatch error that names both.
	LookFor []string

	Pool   *dburl.PoolSettings   // nil is dburl's defaults: 5 connections kept, 10 more under load, 30 s to get one
	SQLite *dburl.SQLiteSettings // nil is dburl's defaults

	// PreparedStatements chooses how statements reach a server that may be
	// behind a connection pooler: "auto" (the default) finds out, "off"
	// prepares nothing, and an engine may know modes of its own.
	PreparedStatements string

	// Password is asked for at each new connection instead of the URL's
	// password, for tokens that expire.
	Password func(ctx context.Context) (string, error)

	// ReadOnly opens the database to be read only: opening it changes nothing,
	// and every write is a dberr.ReadOnly error, sent by mistake or not. A
	// database that would have to be made is dberr.NotFound.
	ReadOnly bool

	Hooks  []Hook       // see each statement, in this order
	Logger *slog.Logger // warnings of the engine; nil discards them

	Retry RetryPolicy

	// CallTimeout bounds each statement outside of a transaction whose context
	// has no deadline, the reading of its rows included. 0 is no bound.
	CallTimeout time.Duration

	// CommitTimeout bounds the wait for the answer to a COMMIT or ROLLBACK,
	// which the caller's context does not interrupt. 0 is 30 s.
	CommitTimeout time.Duration

	// PingAge is how long a connection may be idle before it is tested when it
	// is handed out, with Pool.PrePing. 0 is one second, below which a test
	// would only double the time of a short statement; less than 0 is always.
	PingAge time.Duration

	// TrackRows remembers where each Rows was opened, for tests that look for
	// rows that were never closed. It costs a stack trace per query.
	TrackRows bool

	watch bool // a server that has gone silent is given up, see NewReplica
}

// RetryPolicy bounds how often transactions, and statements of which it is
// certain that they had no effect, are run again. Between two attempts it
// waits a random time that grows up to MaxDelay.
type RetryPolicy struct {
	Attempts  int           // in all; 0 is 10, 1 never retries
	BaseDelay time.Duration // the longest first wait; 0 is 5 ms
	MaxDelay  time.Duration // the longest wait; 0 is 1 s
	Budget    time.Duration // no new attempt begins later than this after the first; 0 is 30 s

	// Failover is how long a call waits, in however many attempts, for a server
	// that takes the place of one that is gone. 0 is 30 s where the URL names
	// several hosts, or one that stands before others (a gate of Vitess), and no
	// such wait where it names one server; less than 0 is none.
	Failover time.Duration
}

func (p RetryPolicy) withDefaults(takesOver bool) RetryPolicy {
	if p.Failover == 0 && takesOver {
		p.Failover = 30 * time.Second // Patroni's least ttl is 20, and it takes a moment more
	}
	if p.Attempts <= 0 {
		p.Attempts = 10
	}
	if p.BaseDelay <= 0 {
		p.BaseDelay = 5 * time.Millisecond
	}
	if p.MaxDelay <= 0 {
		p.MaxDelay = time.Second
	}
	if p.Budget <= 0 {
		p.Budget = 30 * time.Second
	}
	return p
}
