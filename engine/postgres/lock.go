package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/namedlock"
)

// locker holds advisory locks, each on a connection of its own: the lock is
// the connection's, and goes with it when the process dies. They belong to the
// database that is connected to.
type locker struct {
	c       *connector
	pooled  bool // a pooler gives the server's sessions to others between transactions
	version int
}

// lockPoll is how often a lock that is taken is tried again. Waiting in the
// server would hold a snapshot, for which CREATE INDEX CONCURRENTLY in the
// holder waits in turn.
const lockPoll = 100 * time.Millisecond

// Lock takes the lock of that name.
func (l locker) Lock(ctx context.Context, db *driver.Database, name string,
	waiting func(time.Duration)) (func() error, error) {
	release, _, err := l.LockHeld(ctx, db, name, waiting)
	return release, err
}

// LockHeld takes the lock of that name. It is held as long as the session is there.
func (l locker) LockHeld(ctx context.Context, _ *driver.Database, name string,
	waiting func(time.Duration)) (release func() error, held func(context.Context) error, err error) {
	sum := sha256.Sum256([]byte("larder lock\x00" + name))
	key := int64(binary.BigEndian.Uint64(sum[:8]))
	conn, err := l.c.connect(ctx)
	if err != nil {
		return nil, nil, lockError(name, err)
	}
	if err := l.patience(ctx, conn); err != nil {
		closeQuietly(conn)
		return nil, nil, lockError(name, err)
	}
	err = namedlock.Wait(ctx, waiting, lockPoll, func() (bool, error) { return l.try(ctx, conn, key) })
	if err != nil {
		closeQuietly(conn)
		return nil, nil, lockError(name, err)
	}
	var once sync.Once
	release = func() error {
		once.Do(func() { closeQuietly(conn) }) // the end of the session frees the lock
		return nil
	}
	return release, conn.Ping, nil
}

// patience keeps the server from ending an idle connection that holds a lock.
func (l locker) patience(ctx context.Context, conn *pgx.Conn) error {
	if l.pooled || l.version < 140000 {
		return nil
	}
	_, err := conn.Exec(ctx, "SET idle_session_timeout = 0", pgx.QueryExecModeSimpleProtocol)
	return err
}

// try takes the lock if it is free. Behind a pooler the lock is a
// transaction's, which is what the pooler keeps together.
func (l locker) try(ctx context.Context, conn *pgx.Conn, key int64) (bool, error) {
	var got bool
	if !l.pooled {
		err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", pgx.QueryExecModeExec, key).Scan(&got)
		return got, err
	}
	if _, err := conn.Exec(ctx, "BEGIN", pgx.QueryExecModeSimpleProtocol); err != nil {
		return false, err
	}
	if _, err := conn.Exec(ctx, "SET LOCAL idle_in_transaction_session_timeout = 0",
		pgx.QueryExecModeSimpleProtocol); err != nil {
		return false, err
	}
	if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock($1)", pgx.QueryExecModeExec, key).
		Scan(&got); err != nil || got {
		return got, err
	}
	_, err := conn.Exec(ctx, "ROLLBACK", pgx.QueryExecModeSimpleProtocol)
	return false, err
}

func lockError(name string, err error) error {
	return namedlock.Error("postgresql", name, err, classifier{})
}
