// Package blobs keeps the bytes of uploaded files, in a directory or in a
// bucket of an object storage. It is for package store, which keeps the row of
// each file, and for programs that want bytes and rows to be one unit.
//
//	dir, err := blobs.OpenDir("/app/backend/data/uploads")
//	if err != nil { ... }
//	keep := blobs.New(dir, nil)
//	w, err := keep.Create(ctx, id, "notes.txt", body) // streams; never more than a few KB in memory
//	if err != nil { ... }
//	// insert the row, with w.Location() as its path; then
//	err = w.Release(ctx)
//
// The directory is laid out as Open WebUI lays out its uploads: one file per
// upload, named <id>_<name>. Either program opens what the other one has kept.
//
// A file has bytes here and a row in the database, and no transaction spans the
// two. So there is a [Claim] in between: before bytes are written, and before a
// row is deleted, a small file below .larder/ says which bytes are about to be
// nobody's. It goes when both are there, or both are gone. Whatever a crash
// leaves behind is named by a claim, and [Store.Sweep] asks the database: bytes
// with a row stay, bytes without one go. A row never comes before its bytes.
//
// What it will not do: know who may read what, look into files, keep two
// versions of one, or trust a path that stands in a database. Of that it takes
// the last segment, and looks for it in its own place.
package blobs
