// Package status says where a database is in its histories and what is out of
// order in it.
//
//	s, err := status.Read(ctx, eng, set)        // whatever the database is at
//	pos, err := status.Positions(ctx, eng, set) // of a database that is known
//	found, err := status.Check(ctx, eng, set)
//
// What it will not do: change anything; package run does what it points at.
package status
