package mysql

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"sync"
	"time"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/namedlock"
)

// locker holds locks of GET_LOCK, each on a connection of its own: the lock is
// the connection's, and goes with it when the process dies.
type locker struct{ c *connector }

// lockPoll is how often a lock that is taken is tried again.
const lockPoll = 100 * time.Millisecond

// lockName makes the name of a database's lock. Names of GET_LOCK belong to
// the whole server, have 64 characters at most and no case.
func lockName(database, name string) string {
	sum := sha256.Sum256([]byte(database + "\x00" + name))
	return "larder:" + hex.EncodeToString(sum[:24])
}

// Lock takes the lock of that name.
func (l locker) Lock(ctx context.Context, _ *driver.Database, name string,
	waiting func(time.Duration)) (func() error, error) {
	pool := sql.OpenDB(l.c)
	pool.SetMaxOpenConns(1)
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, l.fail(name, errors.Join(err, pool.Close()))
	}
	drop := func() error { return errors.Join(conn.Close(), pool.Close()) }
	// The server must not end an idle connection that holds a lock.
	if _, err := conn.ExecContext(ctx, "SET SESSION wait_timeout = 31536000"); err != nil {
		return nil, l.fail(name, errors.Join(err, drop()))
	}
	key := lockName(l.c.target.Database, name)
	err = namedlock.Wait(ctx, waiting, lockPoll, func() (bool, error) {
		var got sql.NullInt64
		err := conn.QueryRowContext(ctx, "SELECT GET_LOCK(?, 0)", key).Scan(&got)
		return got.Int64 == 1, err
	})
	if err != nil {
		return nil, l.fail(name, errors.Join(err, drop()))
	}
	return sync.OnceValue(drop), nil // the end of the connection frees the lock
}

func (l locker) fail(name string, err error) error {
	return namedlock.Error(l.c.engine, name, err, classifier{})
}
