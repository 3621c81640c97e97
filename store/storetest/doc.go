// Package storetest is what a store must do on an engine: one suite, run
// unchanged on each of them. It is for the tests of Larder, and for whoever
// brings an engine of their own.
//
//	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
//		storetest.Run(t, eng) // eng's database is at the head, and empty
//	})
//
// The package is large as package store is: it has a file for each of its.
//
// What it will not do: make the tables, or keep the rows that it finds.
package storetest
