package sqlite

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// The rows that are handed over at a time, as one statement when there are so
// many: enough that the hand-over costs nothing, few enough that large values do
// not pile up.
const (
	copyRows  = 250
	copyBytes = 1 << 20
)

// CopyIn inserts the rows through statements on the raw connection. Here a
// statement is a function call, so that what database/sql does around each one
// (a lock, a conversion, a goroutine that watches the context) is a tenth of
// the time. The context is looked at between hand-overs instead.
//
// A statement of many rows looks up each place in the indexes from where the row
// before went, not from the top. With rows in the order of their keys the places
// are next to each other, and take half the time.
//
// The rows are read outside of the raw access: they are the caller's code, and
// a panic inside would cost the connection, which may be the whole database.
func (d Dialect) CopyIn(ctx context.Context, conn *sql.Conn, table string, columns []string,
	rows iter.Seq2[[]any, error]) (n int64, err error) {
	together := max(1, min(copyRows, d.Limits().BindArgs/len(columns)))
	c := copier{conn: conn, values: make([]sqldriver.NamedValue, 0, together*len(columns)), width: len(columns)}
	if c.text, err = insertText(d, table, columns, 1); err == nil {
		c.full, err = insertText(d, table, columns, together)
	}
	if err == nil {
		c.one, err = c.prepare(ctx, c.text)
	}
	if err != nil {
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

// insertText is an INSERT of a number of rows.
func insertText(d Dialect, table string, columns []string, rows int) (string, error) {
	b := driver.NewBuilder(d)
	b.SQL("INSERT INTO ").Ident(table).SQL(" (").List(len(columns), func(i int) { b.Ident(columns[i]) }).SQL(") VALUES ")
	b.List(rows, func(int) { b.SQL("(").List(len(columns), func(int) { b.Arg(nil) }).SQL(")") })
	text, _, err := b.Done()
	return text, err
}

// copier is rows on their way into prepared statements.
type copier struct {
	conn      *sql.Conn
	text      string                 // of one row
	full      string                 // of as many as values has room for
	one, many sqldriver.Stmt         // their statements; many when it is needed
	values    []sqldriver.NamedValue // of all rows that wait, one behind the other
	width     int
	bytes     int
	n         int64
}

func (c *copier) prepare(ctx context.Context, text string) (st sqldriver.Stmt, err error) {
	err = c.conn.Raw(func(dc any) error {
		p, ok := dc.(sqldriver.ConnPrepareContext)
		if !ok {
			return fmt.Errorf("unexpected connection %T", dc)
		}
		st, err = p.PrepareContext(ctx, text)
		return err
	})
	return st, err
}

func (c *copier) close() error {
	return c.conn.Raw(func(any) error {
		err := c.one.Close()
		if c.many != nil {
			err = errors.Join(err, c.many.Close())
		}
		return err
	})
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

func (c *copier) flush(ctx context.Context) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	st, width := c.one, c.width
	if len(c.values) == cap(c.values) && len(c.values) > width {
		if c.many == nil {
			if c.many, err = c.prepare(ctx, c.full); err != nil {
				return err
			}
		}
		st, width = c.many, len(c.values)
		for i := range c.values {
			c.values[i].Ordinal = i + 1
		}
	}
	exec, ok := st.(sqldriver.StmtExecContext)
	if !ok {
		return fmt.Errorf("unexpected statement %T", st)
	}
	err = c.conn.Raw(func(any) error {
		for at := 0; at < len(c.values); at += width {
			if _, err := exec.ExecContext(context.WithoutCancel(ctx), c.values[at:at+width]); err != nil {
				return err
			}
			c.n += int64(width / c.width)
		}
		return nil
	})
	c.values, c.bytes = c.values[:0], 0
	return err
}
