package blobs

import (
	"context"
	"io"
	"iter"
	"time"
)

// Bucket is a place for bytes under names: a directory (see [OpenDir]) or an
// object storage. A name is one segment, or a prefix and one segment.
type Bucket interface {
	// Create writes what r has under a name, and makes it last. After an error
	// a part of it may be there.
	Create(ctx context.Context, name string, r io.Reader) error
	// Replace is Create for a few bytes, under a name that may be taken:
	// whoever reads it meanwhile gets all of the old or all of the new ones.
	Replace(ctx context.Context, name string, bytes []byte) error
	// Open opens bytes for reading; dberr.ErrNotFound when there are none.
	Open(ctx context.Context, name string) (*Blob, error)
	// Remove deletes bytes; that there are none is no error.
	Remove(ctx context.Context, name string) error
	// List goes through the names that begin with prefix, which ends in a
	// slash, in no order. What is in other places is not looked at.
	List(ctx context.Context, prefix string) iter.Seq2[Entry, error]
	// Location is what the name is called in the column file.path.
	Location(name string) string
	// Close lets go of the place.
	Close() error
}

// Entry is what a list says of one name.
type Entry struct {
	Name    string
	Changed time.Time
}

// Blob is bytes that are being read.
type Blob struct {
	io.ReadSeekCloser
	Size    int64
	Changed time.Time // when they were written
}
