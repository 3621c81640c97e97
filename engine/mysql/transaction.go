package mysql

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"time"
)

// isolationLevel is that of transactions that ask for none.
const isolationLevel = "READ-COMMITTED"

// level gives the connection its own isolation level back, where the one of an
// earlier transaction has stayed.
func (c *conn) level(ctx context.Context) error {
	if !c.leveled {
		return nil
	}
	_, err := c.nativeConn.ExecContext(ctx, "SET @@SESSION.transaction_isolation = '"+isolationLevel+"'", nil)
	c.leveled = err != nil
	return err
}

func (c *conn) BeginTx(ctx context.Context, o sqldriver.TxOptions) (sqldriver.Tx, error) {
	if err := c.level(ctx); err != nil {
		return nil, err
	}
	c.leveled = c.c.lasting && o.Isolation != sqldriver.IsolationLevel(sql.LevelDefault)
	inner, err := c.nativeConn.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	return &tx{inner: inner, c: c, ctx: ctx}, nil
}

// tx ends a COMMIT or ROLLBACK that is not answered when its context ends. The
// driver would wait for as long as the network pretends to be there.
type tx struct {
	inner sqldriver.Tx
	c     *conn
	ctx   context.Context //nolint:containedctx // database/sql ends a transaction with the context that it began with
}

func (t *tx) Commit() error   { return t.bounded(t.inner.Commit) }
func (t *tx) Rollback() error { return t.bounded(t.inner.Rollback) }

func (t *tx) bounded(f func() error) error {
	stop := context.AfterFunc(t.ctx, func() { _ = t.c.raw.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	return t.c.noticed(f())
}
