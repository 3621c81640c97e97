// Package gogen writes tables as Go source: their declarations, typed columns
// for package query, and structs that hold their rows. It is for commands and
// tests that keep such files, so that a column is described once:
//
//	text, err := gogen.Source(tables, gogen.Options{Package: "notes"})
//
// gives a file in which all three stand, and which reads so:
//
//	q := query.SelectFrom(notes.Note.Table).Where(notes.Note.Title.Eq("Milk"))
//	rows, err := query.All[notes.NoteRow](ctx, eng, q)
//
// With [Options].Declared the tables are those of another package, which was
// written by hand. The text is gofmt's, and the same tables always give the
// same text. It may be a live database that the tables were read from.
//
// What it will not do: read a database or a Go file, write to disk, or write
// methods. A program that serves need not link it.
package gogen
