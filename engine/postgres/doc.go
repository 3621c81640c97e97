// Package postgres is the PostgreSQL engine, on pgx. It is for the wiring
// (package engine/engines) and for nobody else; programs open a database
// through package engine.
//
// # Connections
//
// Every connection is in UTC and says application_name larder unless the URL
// names another; Options.Schema becomes its search path. Several hosts are
// tried in order, with target_session_attrs as libpq has it. With pre-ping, a
// connection that was idle is asked before it is used and given up when it
// does not answer within a few seconds.
//
// # Statements
//
// Statements are prepared once per connection and kept, unless a pooler stands
// between: on opening, the backend that answers is compared with the one that
// the connection was told of, and where they differ statements are sent
// unprepared. The argument prepared_statements of the URL overrides that.
//
// The package is large for the reason that package engine/sqlite gives.
//
// What it will not do: LISTEN, replication, two-phase commit.
package postgres
