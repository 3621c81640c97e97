// Package driver is the seam behind which database engines differ. It is for
// those who implement an engine (engine/sqlite, engine/postgres, engine/mysql,
// or one of your own); programs use package engine.
//
// An engine gives a [Driver], which opens a [Database]: its pools, and what
// the layers above ask of it. A [Dialect] writes the inch of SQL that differs, a
// [Classifier] says which failure an error is, an [Inspector] reads a live
// schema, a [DDL] writes and changes one, a [Locker] holds named locks. Where
// it can, it is an [Offline] driver that writes scripts without a connection,
// a [BulkLoader] that takes rows faster than INSERT, a [Snapshotter] of the
// one file that it is. An engine is what passes package drivertest;
// docs/adding-an-engine.md says which file answers what.
//
// Everything above asks for a capability, never for an engine's name:
//
//	if !d.Has(driver.UpdateReturning) { ... }
//
// The list of operations is closed: a new difference between engines becomes a
// new method or feature here, with its case in drivertest, and is not an if
// somewhere else.
package driver
