// Package archive is a file with the rows of tables, independent of any engine:
// for backups that are restored elsewhere, and that prove that they are whole.
//
//	w, err := archive.NewWriter(file, archive.Header{Tables: tables})
//	err = w.Table(t); err = w.Row(row) ...; err = w.Close()
//
//	a, err := archive.Open(file, size)
//	for row, err := range a.Rows(ctx, a.Tables()[0]) { ... }
//	damage, err := a.Verify(ctx)
//
// The file is a sequence of frames, each with its lengths and a SHA-256 of itself:
// a header, and for each table its blocks of rows and an end that counts them;
// last an end of the whole. Blocks are JSON lines, one row to a line, of about
// a megabyte, compressed by Zstandard. Whatever byte of it changes, the frame
// that it belongs to is found and named, and so is a file that was cut off.
// docs/archive-format.md has every byte.
//
// What it will not do: talk to a database, or encrypt; whoever gives it the
// file may put age in between.
package archive
