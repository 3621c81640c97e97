package mysql

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/larder-db/larder/driver"
)

// lockWaits asks for the holders of metadata locks where the server keeps a
// list of them, and else names the transactions that are open: one of them is
// what a change of the schema waits for.
type lockWaits struct{}

// Bound sets lock_wait_timeout, which counts in seconds, and puts back what the
// session had.
func (lockWaits) Bound(d time.Duration) driver.LockBound {
	seconds := max(1, int64((d+time.Second-1)/time.Second))
	return driver.LockBound{
		Before: []string{"SET @larder_lock_wait = @@SESSION.lock_wait_timeout",
			"SET SESSION lock_wait_timeout = " + strconv.FormatInt(seconds, 10)},
		After: []string{"SET SESSION lock_wait_timeout = @larder_lock_wait"},
	}
}

// Writers takes a lock that readers do not mind. A transaction that begins lets go of it.
func (w lockWaits) Writers(ident string, d time.Duration) driver.LockBound {
	b := w.Bound(d)
	b.Before = append(b.Before, "LOCK TABLES "+ident+" READ")
	b.After = append([]string{"UNLOCK TABLES"}, b.After...)
	return b
}

// Session is the number of the connection.
func (lockWaits) Session(ctx context.Context, q driver.DBTX) (string, error) {
	var id string
	err := driver.EachRow(ctx, q, func(rows *sql.Rows) error { return rows.Scan(&id) }, "SELECT CONNECTION_ID()")
	return id, err
}

// isWaiting asks whether the session waits for a lock of the server or of a row.
const isWaiting = `SELECT 1 FROM information_schema.processlist p
	LEFT JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.ID
	WHERE p.ID = ? AND (p.STATE LIKE 'Waiting for %lock%' OR p.STATE LIKE 'Waiting for table%' OR t.trx_state = 'LOCK WAIT')`

// metadataHolders are the sessions that hold a lock on what the session waits
// for.
const metadataHolders = `SELECT DISTINCT h.PROCESSLIST_ID FROM performance_schema.threads me
	JOIN performance_schema.metadata_locks w ON w.OWNER_THREAD_ID = me.THREAD_ID AND w.LOCK_STATUS = 'PENDING'
	JOIN performance_schema.metadata_locks g ON g.OBJECT_TYPE = w.OBJECT_TYPE AND g.OBJECT_SCHEMA <=> w.OBJECT_SCHEMA
	AND g.OBJECT_NAME <=> w.OBJECT_NAME AND g.LOCK_STATUS = 'GRANTED' AND g.OWNER_THREAD_ID <> w.OWNER_THREAD_ID
	JOIN performance_schema.threads h ON h.THREAD_ID = g.OWNER_THREAD_ID WHERE me.PROCESSLIST_ID = ?`

// openTransactions are the sessions with a transaction in this database, or in
// none that is known.
const openTransactions = `SELECT p.ID, p.USER, p.COMMAND, COALESCE(TIMESTAMPDIFF(SECOND, t.trx_started, NOW()), 0),
	COALESCE(LEFT(p.INFO, 40), LEFT(t.trx_query, 40), '')
	FROM information_schema.processlist p
	LEFT JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.ID
	WHERE p.ID <> ? AND (p.DB = DATABASE() OR p.DB IS NULL) AND p.ID <> CONNECTION_ID()
	ORDER BY t.trx_started IS NULL, t.trx_started, p.ID`

// Blockers needs the privilege PROCESS to see sessions of other users.
func (lockWaits) Blockers(ctx context.Context, q driver.DBTX, session string) ([]driver.Blocker, error) {
	if session == "" {
		return nil, nil
	}
	out, err := blockers(ctx, q, session)
	// MySQL 9.7 cannot read its lists while the statement of any session holds an
	// emoji (3854). Whoever waits looks again.
	if my := (*mysql.MySQLError)(nil); errors.As(err, &my) && my.Number == 3854 {
		return nil, nil
	}
	return out, err
}

func blockers(ctx context.Context, q driver.DBTX, session string) ([]driver.Blocker, error) {
	waiting := false
	err := driver.EachRow(ctx, q, func(rows *sql.Rows) error {
		var one int
		waiting = true
		return rows.Scan(&one)
	}, isWaiting, session)
	if err != nil || !waiting {
		return nil, err
	}
	holders := map[string]bool{}
	// A server without the list, or a user who may not read it, has no holders to tell.
	_ = driver.EachRow(ctx, q, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		holders[id] = true
		return err
	}, metadataHolders, session)
	var out []driver.Blocker
	err = driver.EachRow(ctx, q, func(rows *sql.Rows) error {
		var b driver.Blocker
		var command, text string
		var seconds int64
		if err := rows.Scan(&b.Session, &b.User, &command, &seconds, &text); err != nil {
			return err
		}
		b.For, b.Verb, b.State = time.Duration(seconds)*time.Second, driver.Verb(text), "active"
		if strings.EqualFold(command, "Sleep") {
			b.State = "idle in transaction"
		}
		if holders[b.Session] || len(holders) == 0 && seconds > 0 {
			out = append(out, b)
		}
		return nil
	}, openTransactions, session)
	return out, err
}
