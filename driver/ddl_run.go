package driver

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/larder-db/larder/dberr"
)

// RunOptions say how a script is run.
type RunOptions struct {
	// Begin begins the transaction of the script, as Database.Begin does; nil
	// is conn.BeginTx. It is not called where DDL is not transactional.
	Begin func(ctx context.Context, conn *sql.Conn, o BeginOptions) (*sql.Tx, error)
	// Transactional: the engine has schema.TransactionalDDL.
	Transactional bool
	// Each is called ahead of every statement, with its number from 0; an
	// error ends the script. It may be nil.
	Each func(n int, st ScriptStatement) error
	// Fault makes an error of the driver a *dberr.Error; nil leaves it.
	Fault func(err error) error
}

// RunScript runs a script by itself on one connection that is in no
// transaction: what has to stand outside of a transaction does, the rest is
// one transaction where the engine can. A script that fails has changed
// nothing there; elsewhere the statements before the one that failed stand.
// A connection whose settings could not be put back is closed.
func RunScript(ctx context.Context, conn *sql.Conn, s Script, o RunOptions) (err error) {
	defer func() {
		// The caller may have given up; the connection goes back to the pool all the same.
		late := context.WithoutCancel(ctx)
		for _, text := range s.After {
			if _, aerr := conn.ExecContext(late, text); aerr != nil {
				drop(conn)
				err = errors.Join(err, o.fault(aerr))
				return
			}
		}
	}()
	for _, text := range s.Before {
		if _, err := conn.ExecContext(ctx, text); err != nil {
			return o.fault(err)
		}
	}
	if !o.Transactional {
		return RunStatements(ctx, conn, s, o)
	}
	// A statement that must stand outside parts the script into transactions.
	for len(s.Statements) > 0 {
		if s.Statements[0].OutsideTx {
			one := Script{Expect: s.Expect, Statements: s.Statements[:1]}
			if err := RunStatements(ctx, conn, one, o); err != nil {
				return err
			}
			s.Expect, s.Statements = nil, s.Statements[1:]
			continue
		}
		n := 1
		for n < len(s.Statements) && !s.Statements[n].OutsideTx {
			n++
		}
		part := Script{Expect: s.Expect, Statements: s.Statements[:n], Verify: s.Verify}
		if err := runTx(ctx, conn, part, o); err != nil {
			return err
		}
		s.Expect, s.Statements = nil, s.Statements[n:]
	}
	return nil
}

func runTx(ctx context.Context, conn *sql.Conn, s Script, o RunOptions) error {
	begin := o.Begin
	if begin == nil {
		begin = func(ctx context.Context, conn *sql.Conn, t BeginOptions) (*sql.Tx, error) {
			return conn.BeginTx(ctx, &sql.TxOptions{Isolation: t.Isolation, ReadOnly: t.ReadOnly})
		}
	}
	tx, err := begin(ctx, conn, BeginOptions{})
	if err != nil {
		return o.fault(err)
	}
	if err := RunStatements(ctx, tx, s, o); err != nil {
		return errors.Join(err, rolledBack(tx.Rollback()))
	}
	return o.fault(tx.Commit())
}

func rolledBack(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// drop makes the pool forget the connection.
func drop(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return sqldriver.ErrBadConn })
}

// RunStatements runs what of a script stands in a transaction: Expect, the
// statements, Verify. It is for callers who hold the transaction themselves;
// Before and After are theirs to run, outside of it. Errors are those of the
// server; after one the transaction is to be rolled back.
func RunStatements(ctx context.Context, q DBTX, s Script, o RunOptions) error {
	counts := make([]map[string]int64, len(s.Verify))
	for i, c := range s.Verify {
		if c.Kind != NotMore {
			continue
		}
		// What cannot be counted before cannot get worse.
		if n, err := CountRows(ctx, q, c.Query); err == nil {
			counts[i] = n
		}
	}
	for _, c := range s.Expect {
		if err := c.ask(ctx, q, nil, o); err != nil {
			return err
		}
	}
	for n, st := range s.Statements {
		if o.Each != nil {
			if err := o.Each(n, st); err != nil {
				return err
			}
		}
		if _, err := q.ExecContext(ctx, st.SQL); err != nil {
			if o.Fault == nil {
				return fmt.Errorf("%s: %w", st.Comment, err)
			}
			return dberr.WithOp(o.fault(err), st.Comment)
		}
	}
	for i, c := range s.Verify {
		if c.Kind == NotMore && counts[i] == nil {
			continue
		}
		if err := c.ask(ctx, q, counts[i], o); err != nil {
			return err
		}
	}
	return nil
}

func (o RunOptions) fault(err error) error {
	if err == nil || o.Fault == nil {
		return err
	}
	return o.Fault(err)
}

// ask asks the question; before is the answer that a NotMore compares with.
func (c Check) ask(ctx context.Context, q DBTX, before map[string]int64, o RunOptions) error {
	switch c.Kind {
	case NotMore:
		now, err := CountRows(ctx, q, c.Query)
		if err != nil {
			return o.fault(err)
		}
		for k, n := range now {
			if more := n - before[k]; more > 0 {
				return dberr.New(dberr.ForeignKey, "verify", fmt.Sprintf("%s (%s: %d rows)", c.Msg, k, more))
			}
		}
		return nil
	case Prepares:
		rows, err := q.QueryContext(ctx, c.Query)
		if err != nil {
			return &dberr.Error{Op: "verify", Code: dberr.Invalid, Msg: c.Msg, Err: o.fault(err)}
		}
		return o.fault(errors.Join(rows.Err(), rows.Close()))
	}
	rows, err := q.QueryContext(ctx, c.Query)
	if err != nil {
		return o.fault(err)
	}
	found := rows.Next()
	err = errors.Join(rows.Err(), rows.Close())
	if err != nil {
		return o.fault(err)
	}
	if found {
		return dberr.New(dberr.Invalid, "verify", c.Msg)
	}
	return nil
}

// CountRows runs the query of a [NotMore] check: it reads rows of names and, last,
// a count, and returns the counts by the names, joined with " -> ". Errors are
// those of the server.
func CountRows(ctx context.Context, q DBTX, query string) (map[string]int64, error) {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	names := make([]sql.NullString, len(columns)-1)
	dest := make([]any, len(columns))
	for i := range names {
		dest[i] = &names[i]
	}
	var n int64
	dest[len(names)] = &n
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		key := make([]string, len(names))
		for i, v := range names {
			key[i] = v.String
		}
		out[strings.Join(key, " -> ")] += n
	}
	return out, rows.Err()
}
