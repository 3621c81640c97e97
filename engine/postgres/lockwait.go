package postgres

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"github.com/larder-db/larder/driver"
)

// lockWaits asks pg_stat_activity. What sessions of other users do is hidden
// from those without pg_read_all_stats; their numbers and names are not.
type lockWaits struct{}

// Bound sets lock_timeout. In a transaction it is set for that alone, because
// behind a pooler another transaction may get the session afterwards.
func (lockWaits) Bound(d time.Duration) driver.LockBound {
	ms := strconv.FormatInt(max(1, d.Milliseconds()), 10)
	return driver.LockBound{InTx: []string{"SET LOCAL lock_timeout = " + ms},
		Before: []string{"SET lock_timeout = " + ms}, After: []string{"RESET lock_timeout"}}
}

// Writers takes a lock that readers do not mind.
func (w lockWaits) Writers(ident string, d time.Duration) driver.LockBound {
	return driver.LockBound{InTx: append(w.Bound(d).InTx, "LOCK TABLE "+ident+" IN SHARE MODE")}
}

// Session is the number of the server process.
func (lockWaits) Session(ctx context.Context, q driver.DBTX) (string, error) {
	var pid string
	err := driver.EachRow(ctx, q, func(rows *sql.Rows) error { return rows.Scan(&pid) }, "SELECT pg_backend_pid()::text")
	return pid, err
}

// Blockers names sessions, or a prepared transaction, which has none.
func (lockWaits) Blockers(ctx context.Context, q driver.DBTX, session string) ([]driver.Blocker, error) {
	if session == "" {
		return nil, nil
	}
	var out []driver.Blocker
	err := driver.EachRow(ctx, q, func(rows *sql.Rows) error {
		var pid int64
		var b driver.Blocker
		var seconds float64
		var last string
		if err := rows.Scan(&pid, &b.User, &b.State, &seconds, &last); err != nil {
			return err
		}
		b.Session, b.For, b.Verb = strconv.FormatInt(pid, 10), time.Duration(seconds*float64(time.Second)), driver.Verb(last)
		if pid == 0 {
			b = driver.Blocker{Session: "a prepared transaction"}
		}
		out = append(out, b)
		return nil
	}, `SELECT p.pid, coalesce(a.usename::text, ''), coalesce(a.state, ''),
		coalesce(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float8, coalesce(left(a.query, 40), '')
		FROM (SELECT DISTINCT unnest(pg_blocking_pids($1::text::int)) AS pid) p
		LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = p.pid ORDER BY 4 DESC, 1`, session)
	return out, err
}
