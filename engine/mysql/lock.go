package mysql

import (
	"context"
	"crypto/sha256"
	"database/sql"
	sqldriver "database/sql/driver"
	"encoding/hex"
	"errors"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/larder-db/larder/dburl"
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
func (l locker) Lock(ctx context.Context, db *driver.Database, name string,
	waiting func(time.Duration)) (func() error, error) {
	release, _, err := l.LockHeld(ctx, db, name, waiting)
	return release, err
}

// LockHeld takes the lock of that name.
func (l locker) LockHeld(ctx context.Context, _ *driver.Database, name string,
	waiting func(time.Duration)) (release func() error, held func(context.Context) error, err error) {
	pool := l.place(ctx)
	pool.SetMaxOpenConns(1)
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, nil, l.fail(name, errors.Join(err, pool.Close()))
	}
	drop := func() error {
		err := conn.Close()
		if errors.Is(err, sqldriver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
			err = nil // it has ended already, and the lock with it
		}
		return errors.Join(err, pool.Close())
	}
	// The server must not end an idle connection that holds a lock.
	if _, err := conn.ExecContext(ctx, "SET SESSION wait_timeout = 31536000"); err != nil {
		return nil, nil, l.fail(name, errors.Join(err, drop()))
	}
	key := lockName(l.c.target.Database, name)
	err = namedlock.Wait(ctx, waiting, lockPoll, func() (bool, error) {
		var got sql.NullInt64
		err := conn.QueryRowContext(ctx, "SELECT GET_LOCK(?, 0)", key).Scan(&got)
		return got.Int64 == 1, err
	})
	if err != nil {
		return nil, nil, l.fail(name, errors.Join(err, drop()))
	}
	// Behind a gate of Vitess it is not the connection that asks.
	holder := func(ctx context.Context) (id sql.NullInt64, err error) {
		err = conn.QueryRowContext(ctx, "SELECT IS_USED_LOCK(?)", key).Scan(&id)
		return id, err
	}
	ours, err := holder(ctx)
	if err != nil {
		return nil, nil, l.fail(name, errors.Join(err, drop()))
	}
	held = func(ctx context.Context) error {
		now, err := holder(ctx)
		if err == nil && (!now.Valid || now != ours) {
			err = errNotHeld
		}
		return err
	}
	return sync.OnceValue(drop), held, nil // the end of the connection frees the lock
}

// place is where a lock is taken. Those of GET_LOCK are a node's own, so that in a
// cluster of Galera, all nodes of which take writes, everybody takes them on the same
// one: the first in the cluster's own order of those that the URL names.
func (l locker) place(ctx context.Context) *sql.DB {
	first := sql.OpenDB(l.c)
	if len(l.c.target.Hosts) < 2 {
		return first
	}
	if on, err := variable(ctx, first, "SHOW VARIABLES LIKE 'wsrep_on'"); err != nil || !strings.EqualFold(on, "ON") {
		return first // whoever cannot be asked does not give a lock either
	}
	out, lowest := first, math.MaxInt
	for _, h := range l.c.target.Hosts {
		at := sql.OpenDB(oneHost{l.c, h})
		text, err := variable(ctx, at, "SHOW STATUS LIKE 'wsrep_local_index'")
		if n, bad := strconv.Atoi(text); err == nil && bad == nil && n < lowest {
			out, at, lowest = at, out, n
		}
		_ = at.Close()
	}
	return out
}

// variable is the value of a variable of a server; empty when it has none.
func variable(ctx context.Context, db *sql.DB, query string) (string, error) {
	var name, value string
	err := db.QueryRowContext(ctx, query).Scan(&name, &value)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return value, err
}

// oneHost connects to one of several hosts.
type oneHost struct {
	c *connector
	h dburl.HostPort
}

func (o oneHost) Driver() sqldriver.Driver { return o.c.Driver() }

func (o oneHost) Connect(ctx context.Context) (out sqldriver.Conn, err error) {
	err = o.c.admission.Open(ctx, func() error {
		out, err = o.c.connectTo(ctx, "tcp", address(o.h), o.h.Host)
		return err
	})
	return out, err
}

var errNotHeld = errors.New("the session does not hold the lock any more")

func (l locker) fail(name string, err error) error {
	return namedlock.Error(l.c.engine, name, err, classifier{})
}
