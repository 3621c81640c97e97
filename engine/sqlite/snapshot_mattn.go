//go:build cgo_sqlite

package sqlite

import (
	"context"
	"errors"

	"github.com/mattn/go-sqlite3"
)

// backup copies the database of a connection into a new file.
func backup(ctx context.Context, c nativeConn, path string) error {
	raw, err := (&sqlite3.SQLiteDriver{}).Open(plainURI(path))
	if err != nil {
		return err
	}
	to, ok := raw.(*sqlite3.SQLiteConn)
	if !ok {
		return errors.Join(errors.New("the SQLite driver's connections have changed"), raw.Close())
	}
	copying, err := to.Backup("main", c, "main")
	if err != nil {
		return errors.Join(err, to.Close())
	}
	for done := false; !done; {
		if err = ctx.Err(); err == nil {
			done, err = copying.Step(pagesPerStep)
		}
		if err != nil {
			return errors.Join(err, copying.Finish(), to.Close())
		}
	}
	return errors.Join(copying.Finish(), to.Close())
}
