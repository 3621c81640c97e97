package driver

import (
	"context"

	"github.com/larder-db/larder/dburl"
)

// Offline is a Driver that writes schema statements without a connection, for
// scripts.
type Offline interface {
	Driver
	// OfflineDDL is what writes schema statements for u, for the flavour that
	// Driver.Dialect answers for.
	OfflineDDL(u *dburl.URL) (DDL, error)
}

// Tunable is a Driver whose connections take settings that only a database in a
// file has.
type Tunable interface {
	Driver
	// Tuned is the driver with those settings instead of its defaults.
	Tuned(s dburl.SQLiteSettings) Driver
}

// Snapshotter copies a database that is one file.
type Snapshotter interface {
	// Path is the file of the database.
	Path() string
	// Snapshot writes the database as it is committed to a new file at path,
	// byte for byte in every row, and leaves the file complete or not there.
	// Readers and, where the engine can, writers go on.
	Snapshot(ctx context.Context, path string) error
}
