package postgres

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A statement that pgx keeps prepared on a connection fails when a table that
// it names was changed meanwhile: its columns, its result or its arguments are
// not what they were ("cached plan must not change result type" and others).
// What is done about it:
//
//   - A change that is made through the engine is counted, and every connection
//     of the pool forgets its statements before it runs the next one.
//   - A change made by somebody else shows as a failure. Outside of a
//     transaction nothing has happened then, and the statement is prepared anew
//     and run again. Inside of one the transaction is lost: the failure is a
//     conflict, which engine.InTx answers by another run.

// staleError is the failure of a statement in a transaction that was prepared
// before a change of the schema.
type staleError struct{ cause *pgconn.PgError }

func (e *staleError) Error() string { return e.cause.Error() }
func (e *staleError) Unwrap() error { return e.cause }

// prepareWatch sees when pgx prepares a statement on its connection.
type prepareWatch struct {
	now bool // since it was reset, by the statement under way
	any bool // something may be in the cache
}

func (*prepareWatch) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}
func (*prepareWatch) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (*prepareWatch) TracePrepareStart(ctx context.Context, _ *pgx.Conn, _ pgx.TracePrepareStartData) context.Context {
	return ctx
}
func (w *prepareWatch) TracePrepareEnd(_ context.Context, _ *pgx.Conn, d pgx.TracePrepareEndData) {
	if !d.AlreadyPrepared {
		w.now, w.any = true, true
	}
}

// remembers reports whether pgx keeps anything about statements.
func (c *conn) remembers() bool {
	switch c.Conn.Conn().Config().DefaultQueryExecMode {
	case pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe:
		return true
	}
	return false
}

// forgetStale empties pgx's cache when the schema has changed since it was
// filled. Nothing of the statement that follows has been sent when it fails.
func (c *conn) forgetStale(ctx context.Context) error {
	c.watch.now = false
	changes := c.c.changes.Load()
	if c.seen == changes {
		return nil
	}
	if c.watch.any && c.remembers() {
		if c.Conn.Conn().PgConn().TxStatus() == 'E' {
			return nil // the server takes a ROLLBACK and nothing else
		}
		if err := c.Conn.Conn().DeallocateAll(ctx); err != nil {
			if ctx.Err() == nil && c.Conn.Conn().IsClosed() {
				return sqldriver.ErrBadConn
			}
			return err
		}
		c.watch.any = false
		clear(c.batched)
	}
	c.seen = changes
	return nil
}

// noteChange looks at a statement that was run, for changes of the schema.
func (c *conn) noteChange(text string) {
	switch {
	case !mayChangeSchema(text):
		return
	case isRollback(text):
		if c.changed {
			c.seen = -1 // what was prepared since the change is stale, on this connection alone
		}
	default:
		c.changed = true
		c.c.changes.Add(1)
	}
}

// mayChangeSchema looks for the words of a change, anywhere: the text may be a
// script. One that is none costs preparing statements again.
func mayChangeSchema(text string) bool {
	if isRollback(text) {
		return true
	}
	// A script may be long: nothing of it is copied.
	for i := range len(text) {
		var word string
		switch text[i] {
		case 'A', 'a':
			word = "ALTER"
		case 'D', 'd':
			word = "DROP"
		case 'R', 'r':
			word = "REPLACE"
		default:
			continue
		}
		if len(text)-i >= len(word) && strings.EqualFold(text[i:i+len(word)], word) {
			return true
		}
	}
	return false
}

func isRollback(text string) bool {
	return len(text) >= 8 && strings.EqualFold(text[:8], "ROLLBACK")
}

// again decides about a statement that failed. It reports whether it is to be
// run once more; otherwise the error it returns is the failure. inTx says
// whether the connection was in a transaction when the statement was sent.
func (c *conn) again(ctx context.Context, err error, inTx bool) (bool, error) {
	if c.watch.now || !c.watch.any || !c.remembers() || ctx.Err() != nil || c.Conn.Conn().IsClosed() {
		return false, err // it was not in the cache
	}
	var pg *pgconn.PgError
	switch {
	case !errors.As(err, &pg):
		// The value does not go with the type that the argument had.
		if unsent(err) || lostConnection(err) {
			return false, err
		}
		if inTx {
			if c.Conn.Conn().DeallocateAll(ctx) != nil {
				return false, err
			}
			c.watch.any = false
			clear(c.batched)
		}
		return true, nil
	case !maybeStale(pg):
		return false, err
	case !inTx:
		return true, nil
	case strings.HasPrefix(pg.Code, "22"):
		return false, err // a value, in all likelihood
	}
	c.c.changes.Add(1)
	return false, &staleError{pg}
}

// maybeStale reports whether the server may have refused the statement for what
// it was prepared for. Failures inside a function or trigger say where.
func maybeStale(pg *pgconn.PgError) bool {
	if pg.Where != "" {
		return false
	}
	switch pg.Code {
	case "0A000":
		return pg.Routine == "RevalidateCachedQuery"
	case "XX000": // "cache lookup failed": a type or function is gone
		return true
	case "08P01": // the description says another number of columns or arguments
		return true
	case "42501":
		return false
	}
	return strings.HasPrefix(pg.Code, "42") || strings.HasPrefix(pg.Code, "22")
}
