// Package mysql is the engine for MySQL and MariaDB, on go-sql-driver/mysql.
// It is for the wiring (package engine/engines) and for nobody else; programs
// open a database through package engine.
//
// Which of the two a server is, is asked of the server; mysql:// and
// mariadb:// open either. MySQL 8.0.19 and MariaDB 10.6 are the oldest.
//
// # Connections
//
// Every connection has the same settings, whatever the server's are: UTF-8 in
// four bytes with the flavour's binary, unpadded collation (utf8mb4_0900_bin,
// utf8mb4_nopad_bin), so that text compares by its bytes; time zone UTC; a
// strict SQL mode in which no value is cut or invented; counts of rows that
// matched, changed or not; one statement at a time.
//
// The isolation level is READ COMMITTED, the level of the other servers. At
// the server's own default, REPEATABLE READ, a transaction reads from a
// snapshot and writes to the present, and locks gaps between rows, so that
// code that holds elsewhere deadlocks there. Read transactions have REPEATABLE
// READ: one snapshot.
//
// Values are bound, never written into the text. Statements that come again on
// a connection stay prepared.
//
// Without TLS arguments a connection over a network is encrypted if the server
// can, one to this machine is not.
//
// # Schema statements
//
// CREATE, ALTER and DROP commit the transaction they are in. Package engine
// refuses them there.
//
// The package is large for the reason that package engine/sqlite gives, and
// because it is two servers: what differs between them is a [Flavour].
//
// What it will not do: LOAD DATA, stored procedures with several results, named
// locks among programs whose URLs name different nodes of Galera (GET_LOCK is a
// node's own).
package mysql
