package sqlite

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"fmt"
	"iter"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// The rows that are handed over at a time: enough that the hand-over costs
// nothing, few enough that large values do not pile up.
const (
	copyRows  = 64
	copyBytes = 1 << 20
)

// CopyIn inserts the rows through one statement on the raw connection. Here a
// statement is a function call, so that what database/sql does around each one
// (a lock, a conversion, a goroutine that watches the context) is a tenth of
// the time. The context is looked at between hand-overs instead.
//
// The rows are read outside of the raw access: they are the caller's code, and
// a panic inside would cost the connection, which may be the whole database.
func (d Dialect) CopyIn(ctx context.Context, conn *sql.Conn, table string, columns []string, rows iter.Seq2[[]any, error]) (n int64, err error) {
	b := driver.NewBuilder(d)
	b.SQL("INSERT INTO ").Ident(table).SQL(" (").List(len(columns), func(i int) { b.Ident(columns[i]) }).SQL(") VALUES (")
	b.List(len(columns), func(int) { b.Arg(nil) }).SQL(")")
	text, _, err := b.Done()
	if err != nil {
		return 0, err
	}
	c := copier{conn: conn, values: make([]sqldriver.NamedValue, 0, copyRows*len(columns)), width: len(columns)}
	if err := c.prepare(ctx, text); err != nil {
		return 0, err
	}
	defer func() {
		if cerr := c.close(); err == nil {
			err = cerr
		}
	}()
	for row, err := range rows {
		if err != nil {
			return c.n, err
		}
		if err := c.add(row); err != nil {
			return c.n, err
		}
		if len(c.values) == cap(c.values) || c.bytes > copyBytes {
			if err := c.flush(ctx); err != nil {
				return c.n, err
			}
		}
	}
	return c.n, c.flush(ctx)
}

// copier is rows on their way into one prepared statement.
type copier struct {
	conn   *sql.Conn
	stmt   sqldriver.Stmt
	exec   sqldriver.StmtExecContext
	values []sqldriver.NamedValue // of all rows that wait, one behind the other
	width  int
	bytes  int
	n      int64
}

func (c *copier) prepare(ctx context.Context, text string) error {
	return c.conn.Raw(func(dc any) error {
		p, ok := dc.(sqldriver.ConnPrepareContext)
		if !ok {
			return fmt.Errorf("unexpected connection %T", dc)
		}
		st, err := p.PrepareContext(ctx, text)
		if err != nil {
			return err
		}
		c.stmt = st
		if c.exec, ok = st.(sqldriver.StmtExecContext); !ok {
			return fmt.Errorf("unexpected statement %T", st)
		}
		return nil
	})
}

func (c *copier) close() error {
	return c.conn.Raw(func(any) error { return c.stmt.Close() })
}

func (c *copier) add(row []any) error {
	if len(row) != c.width {
		return dberr.New(dberr.Invalid, "bulk insert", fmt.Sprintf("a row has %d values for %d columns", len(row), c.width))
	}
	for i, v := range row {
		switch x := v.(type) {
		case nil, int64, float64, bool:
		case string:
			c.bytes += len(x)
		case time.Time:
			v = boundTime(x)
		default:
			w, err := sqldriver.DefaultParameterConverter.ConvertValue(v)
			if err != nil {
				return err
			}
			if b, ok := w.([]byte); ok {
				c.bytes += len(b)
			}
			v = w
		}
		c.values = append(c.values, sqldriver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return nil
}

func (c *copier) flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := c.conn.Raw(func(any) error {
		for at := 0; at < len(c.values); at += c.width {
			if _, err := c.exec.ExecContext(context.WithoutCancel(ctx), c.values[at:at+c.width]); err != nil {
				return err
			}
			c.n++
		}
		return nil
	})
	c.values, c.bytes = c.values[:0], 0
	return err
}
