// Package health has the words in which the program that opens a database
// tells a server how the database is. It is a leaf, so that the server sees no
// engine and a program that opens a database links no server:
//
//	return health.State{Reason: "The database is being migrated: revision 12 of 66.", Passing: true}
//
// What it will not do: look at a database. Package larder does, and package
// server answers /ready by what it says.
package health

// State says whether the schema of a database is the one that a program serves.
type State struct {
	Revision string // that the database is at; empty for none
	Reason   string // why it is not ready: a sentence with the way out; empty when it is
	ReadOnly bool   // it is not ready, and what can be read is served all the same
	Passing  bool   // the reason will be gone by itself: requests for data wait for that
}
