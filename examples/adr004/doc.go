// Adr004 is a small application of the kit: the users of decision record 004,
// with settings as JSON, and the migration that gives them a new field. One
// code runs on SQLite, PostgreSQL, MySQL and MariaDB.
//
//	DATABASE_URL=sqlite:///users.db go run ./examples/adr004
//	DATABASE_URL=sqlite:///users.db go run ./examples/adr004 migrate history
package main
