package sqlite

import (
	"context"
	"time"

	"github.com/larder-db/larder/driver"
)

// lockWaits names the process that writes to the file. Nobody queues up behind
// a writer that waits, and it waits only ahead of its transaction.
type lockWaits struct{ path string }

// Bound is the busy timeout, which every connection has.
func (lockWaits) Bound(time.Duration) driver.LockBound { return driver.LockBound{} }

// Writers has nothing to add: there is one writer.
func (lockWaits) Writers(string, time.Duration) driver.LockBound { return driver.LockBound{} }

// Session says that the transaction has begun.
func (lockWaits) Session(context.Context, driver.DBTX) (string, error) { return "writer", nil }

// Blockers asks the system, not SQLite.
func (l lockWaits) Blockers(_ context.Context, _ driver.DBTX, session string) ([]driver.Blocker, error) {
	if session != "" {
		return nil, nil
	}
	return writersOf(l.path), nil
}
