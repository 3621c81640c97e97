package postgres

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/larder-db/larder/driver"
)

// lateKey marks the context in which a transaction may begin late: database/sql has
// no other way to say so.
type lateKey struct{}

// begin is conn.BeginTx with the words that database/sql does not know.
func (c *connector) begin(ctx context.Context, conn *sql.Conn, o driver.BeginOptions) (*sql.Tx, error) {
	if o == (driver.BeginOptions{Late: true}) && !c.readOnly {
		ctx = context.WithValue(ctx, lateKey{}, true)
	}
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: o.Isolation, ReadOnly: o.ReadOnly || c.readOnly})
	if err == nil && o.Deferrable {
		if _, err = tx.ExecContext(ctx, "SET TRANSACTION DEFERRABLE"); err != nil {
			return nil, errors.Join(err, tx.Rollback())
		}
	}
	return tx, err
}

// BeginTx is the driver's. Of a transaction that begins late it sends nothing: BEGIN
// goes ahead of the first statement, in one round trip with those that are sent
// together.
func (c *conn) BeginTx(ctx context.Context, o sqldriver.TxOptions) (sqldriver.Tx, error) {
	if ctx.Value(lateKey{}) == nil || c.Conn.Conn().IsClosed() {
		return c.Conn.BeginTx(ctx, o)
	}
	c.late = true
	return lateTx{c, ctx}, nil
}

// beginNow sends BEGIN if the transaction has not begun.
func (c *conn) beginNow(ctx context.Context) error {
	if !c.late {
		return nil
	}
	_, err := c.exec(ctx, "begin", nil)
	c.late = err != nil
	return err
}

// lateTx is a transaction that begins late. ctx is that of all of it, which the methods
// of database/sql do not give.
type lateTx struct {
	c   *conn
	ctx context.Context //nolint:containedctx // database/sql gives Commit and Rollback none
}

func (t lateTx) Commit() error {
	if t.c.late { // nothing was sent
		t.c.late = false
		return nil
	}
	pg := t.c.Conn.Conn()
	tag, err := pg.Exec(t.ctx, "commit")
	switch {
	case err != nil && pg.PgConn().TxStatus() != 'I':
		_ = pg.Close(t.ctx) // err says more
	case err == nil && tag.String() == "ROLLBACK":
		return pgx.ErrTxCommitRollback
	}
	return err
}

func (t lateTx) Rollback() error {
	if t.c.late {
		t.c.late = false
		return nil
	}
	pg := t.c.Conn.Conn()
	_, err := pg.Exec(t.ctx, "rollback")
	if err != nil {
		_ = pg.Close(t.ctx) // nobody knows what state it is in
	}
	return err
}

// PrepareContext is the driver's, in a transaction that has begun.
func (c *conn) PrepareContext(ctx context.Context, text string) (sqldriver.Stmt, error) {
	if err := c.beginNow(ctx); err != nil {
		return nil, err
	}
	return c.Conn.PrepareContext(ctx, text)
}
