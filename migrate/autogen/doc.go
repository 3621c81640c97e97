// Package autogen writes new revisions as Go source: empty ones, merges, and
// those that make a database what its tables are declared to be.
//
//	g, err := autogen.New(autogen.Options{Engine: eng, Lineages: lineages, Layout: autogen.Layout{Package: "migrations"}})
//	rev, err := g.Autogenerate(ctx, autogen.Draft{Doc: "add bio"}, autogen.Renames{})
//	os.WriteFile(rev.File, rev.Source, 0o644)
//
// It is for the command line and for tools; a program that only runs its
// migrations does not link it, nor the Go parser and formatter.
//
// What it will not do: run what it wrote. Read it first: values for rows that
// exist, and the order of steps under load, are for people to decide.
package autogen
