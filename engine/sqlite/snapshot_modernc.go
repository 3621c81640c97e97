//go:build !cgo_sqlite

package sqlite

import (
	"context"
	"errors"

	"modernc.org/sqlite"
)

// backup copies the database of a connection into a new file.
func backup(ctx context.Context, c nativeConn, path string) error {
	b, ok := c.(interface {
		NewBackup(string) (*sqlite.Backup, error)
	})
	if !ok {
		return errors.New("the SQLite driver has no backup")
	}
	copying, err := b.NewBackup(plainURI(path))
	if err != nil {
		return err
	}
	for more := true; more; {
		if err = ctx.Err(); err == nil {
			more, err = copying.Step(pagesPerStep)
		}
		if err != nil {
			return errors.Join(err, copying.Finish())
		}
	}
	return copying.Finish()
}
