// Package driver is the seam behind which database engines differ. It is for
// those who implement an engine (engine/sqlite, engine/postgres, engine/mysql);
// programs use package engine.
//
// An engine gives five things, each a small interface in a file of its own:
// a [Driver] that opens pools, a [Dialect] that writes the inch of SQL that
// differs, a [Classifier] that says which failure an error is, an [Inspector]
// that reads a live schema, and a [DDL] that writes one; a [Locker] holds the
// named locks. An engine is what passes package drivertest.
//
// Everything above asks for a capability, never for an engine's name:
//
//	if !d.Has(driver.UpdateReturning) { ... }
//
// The list of operations is closed: a new difference between engines becomes a
// new method or feature here, with its case in drivertest, and is not an if
// somewhere else.
package driver
