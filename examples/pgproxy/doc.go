// Package pgproxy is an engine that is added from outside: PostgreSQL behind a
// proxy that does not let COPY through, and a server that is too old for
// INCLUDE. It is a flavour of package engine/postgres, and no other package of
// this module knows about it.
//
//	eng, err := engine.Open(ctx, "pgproxy://app@proxy/app", engine.Options{Drivers: []driver.Driver{pgproxy.Driver{}}})
//
// What it will not do: be of use. It shows which lines a flavour takes; an
// engine that has no parent is described in docs/adding-an-engine.md.
package pgproxy
