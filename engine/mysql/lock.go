package mysql

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"sync"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
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
func (l locker) Lock(ctx context.Context, _ *driver.Database, name string, waiting func(time.Duration)) (func() error, error) {
	pool := sql.OpenDB(l.c)
	pool.SetMaxOpenConns(1)
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, lockError(name, errors.Join(err, pool.Close()))
	}
	drop := func() error { return errors.Join(conn.Close(), pool.Close()) }
	// The server must not end an idle connection that holds a lock.
	if _, err := conn.ExecContext(ctx, "SET SESSION wait_timeout = 31536000"); err != nil {
		return nil, lockError(name, errors.Join(err, drop()))
	}
	key := lockName(l.c.target.Database, name)
	begin, told := time.Now(), time.Duration(0)
	for {
		var got sql.NullInt64
		if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK(?, 0)", key).Scan(&got); err != nil {
			return nil, lockError(name, errors.Join(err, drop()))
		}
		if got.Int64 == 1 {
			break
		}
		if w := time.Since(begin); waiting != nil && w-told >= time.Second {
			told = w
			waiting(w)
		}
		timer := time.NewTimer(lockPoll)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, lockError(name, errors.Join(ctx.Err(), drop()))
		}
	}
	var once sync.Once
	return func() error {
		var err error
		once.Do(func() { err = drop() }) // the end of the connection frees the lock
		return err
	}, nil
}

func lockError(name string, err error) error {
	var known *dberr.Error
	if errors.As(err, &known) {
		return dberr.WithOp(known, "lock")
	}
	f := classifier{}.Classify(err)
	e := &dberr.Error{Op: "lock", Code: f.Code, Engine: "mysql", Native: f.Native, Msg: f.Detail, Unsent: true, Err: err}
	if f.Code == dberr.Timeout {
		e.Code, e.Msg = dberr.Busy, "another process holds the lock "+name+"; wait until it is done, or end it"
	}
	return e
}
