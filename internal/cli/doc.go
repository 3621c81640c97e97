// Package cli is the command line of Larder: one file per verb, each with the
// reading of its flags apart from what it does. It is for cmd/larder and for
// tests, which run it like the program:
//
//	code := cli.Main(ctx, []string{"version"}, cli.System())
//
// It is the only package that reads the environment. Results go to standard
// output, messages to standard error. The exit status is 0 for done, 1 for
// failed or not in order, 2 for wrong usage, 3 for a copy that is done and in
// which not every row went as it was.
//
// The package is large because it has a file for each of some twenty verbs; what
// they share is globals.go, settings.go and move.go.
//
// What it will not do: open, create or migrate a database itself. Package larder
// does, for every program; here are the flags for it and the words.
package cli
