// Package fresh creates a database at the head of its history in one go: all
// tables with their keys and indexes, and the row that says at which revision
// they are. It is for a program that starts on an empty database, where running
// every migration of the past would take seconds and prove nothing:
//
//	err := fresh.Create(ctx, eng, tables.All(), []string{tables.Head})
//	if errors.Is(err, dberr.ErrAlreadyExists) {
//		// another process was first, or the database was never empty
//	}
//
// What it will not do: change a table that exists, or decide whether a database
// should be created at all.
package fresh
