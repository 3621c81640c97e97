// Package prepared keeps prepared statements on a connection, for drivers that
// do not do it themselves. It is for those who implement an engine: the engine
// wraps the connections of its driver, and every statement that is met again
// on a connection, in a transaction or outside, costs no preparation.
//
// It works below database/sql, because a *sql.Stmt belongs to a pool: inside a
// transaction it would have to be prepared again, on the connection that the
// transaction has.
//
//	func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
//		return c.cache.Query(ctx, c.Conn, query, args)
//	}
//
// A text is prepared when it is seen for the second time, so that texts that
// are written anew each time do not push out the others.
//
// What it will not do: share statements between connections, or be used by two
// goroutines at once; database/sql sees to that.
package prepared

import (
	"container/list"
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"reflect"
)

// Conn is what a driver's connection must be able to do.
type Conn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
}

// Stmt is what its statements must be able to do.
type Stmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// longest is the longest text that is kept: longer ones are bulk inserts,
// whose preparation is not what they cost.
const longest = 16 << 10

// Cache holds the prepared statements of one connection.
type Cache struct {
	max   int
	stmts map[string]*list.Element // of *entry
	order *list.List               // most recently used first
	seen  map[string]struct{}      // texts met once
}

type entry struct {
	text string
	stmt Stmt
	busy bool // its rows are open
}

// New returns a cache of at most max statements; 0 keeps none.
func New(max int) *Cache {
	return &Cache{max: max, stmts: make(map[string]*list.Element), order: list.New(), seen: make(map[string]struct{})}
}

// Len is the number of statements that are prepared.
func (c *Cache) Len() int { return len(c.stmts) }

// take returns the statement for the text, nil when it is to be sent as it is.
func (c *Cache) take(ctx context.Context, conn Conn, text string) (*entry, error) {
	if el, ok := c.stmts[text]; ok {
		e := el.Value.(*entry)
		if e.busy {
			return nil, nil
		}
		c.order.MoveToFront(el)
		e.busy = true
		return e, nil
	}
	if c.max == 0 || len(text) > longest {
		return nil, nil
	}
	if _, again := c.seen[text]; !again {
		if len(c.seen) >= 4*c.max {
			clear(c.seen)
		}
		c.seen[text] = struct{}{}
		return nil, nil
	}
	s, err := conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	stmt, ok := s.(Stmt)
	if !ok {
		return nil, errors.Join(errors.New("prepared: the driver's statements take no context"), s.Close())
	}
	delete(c.seen, text)
	e := &entry{text: text, stmt: stmt, busy: true}
	c.stmts[text] = c.order.PushFront(e)
	for el := c.order.Back(); len(c.stmts) > c.max && el != nil; {
		old, prev := el.Value.(*entry), el.Prev()
		if !old.busy {
			c.drop(old)
		}
		el = prev
	}
	return e, nil
}

// put makes the statement available again. One that failed is not kept: the
// server may have forgotten it, or its plan may be out of date.
func (c *Cache) put(e *entry, failed bool) {
	e.busy = false
	if failed {
		c.drop(e)
	}
}

func (c *Cache) drop(e *entry) {
	if el, ok := c.stmts[e.text]; ok && el.Value == any(e) {
		c.order.Remove(el)
		delete(c.stmts, e.text)
	}
	_ = e.stmt.Close() // of a statement without rows; a connection that is gone takes it along
}

// Close closes all statements. The connection is closed after it.
func (c *Cache) Close() {
	for _, el := range c.stmts {
		_ = el.Value.(*entry).stmt.Close()
	}
	clear(c.stmts)
	c.order.Init()
}

// Exec is ExecContext of the connection. Errors are the driver's.
func (c *Cache) Exec(ctx context.Context, conn Conn, query string, args []driver.NamedValue) (driver.Result, error) {
	e, err := c.take(ctx, conn, query)
	if err != nil {
		return nil, err
	}
	if e == nil {
		return conn.ExecContext(ctx, query, args)
	}
	res, err := e.stmt.ExecContext(ctx, args)
	c.put(e, err != nil)
	return res, err
}

// Query is QueryContext of the connection. Errors are the driver's.
func (c *Cache) Query(ctx context.Context, conn Conn, query string, args []driver.NamedValue) (driver.Rows, error) {
	e, err := c.take(ctx, conn, query)
	if err != nil {
		return nil, err
	}
	if e == nil {
		return conn.QueryContext(ctx, query, args)
	}
	r, err := e.stmt.QueryContext(ctx, args)
	if err != nil {
		c.put(e, true)
		return nil, err
	}
	return &rows{Rows: r, c: c, e: e}, nil
}

// rows give their statement back when they are closed.
type rows struct {
	driver.Rows
	c      *Cache
	e      *entry
	failed bool
}

func (r *rows) Next(dest []driver.Value) error {
	err := r.Rows.Next(dest)
	if err != nil && !errors.Is(err, io.EOF) {
		r.failed = true
	}
	return err
}

func (r *rows) Close() error {
	err := r.Rows.Close()
	if r.e != nil {
		r.c.put(r.e, r.failed || err != nil)
		r.e = nil
	}
	return err
}

func (r *rows) HasNextResultSet() bool {
	n, ok := r.Rows.(driver.RowsNextResultSet)
	return ok && n.HasNextResultSet()
}

func (r *rows) NextResultSet() error {
	if n, ok := r.Rows.(driver.RowsNextResultSet); ok {
		return n.NextResultSet()
	}
	return io.EOF
}

func (r *rows) ColumnTypeDatabaseTypeName(i int) string {
	if n, ok := r.Rows.(driver.RowsColumnTypeDatabaseTypeName); ok {
		return n.ColumnTypeDatabaseTypeName(i)
	}
	return ""
}

func (r *rows) ColumnTypeScanType(i int) reflect.Type {
	if n, ok := r.Rows.(driver.RowsColumnTypeScanType); ok {
		return n.ColumnTypeScanType(i)
	}
	return reflect.TypeFor[any]()
}

func (r *rows) ColumnTypeNullable(i int) (nullable, ok bool) {
	if n, has := r.Rows.(driver.RowsColumnTypeNullable); has {
		return n.ColumnTypeNullable(i)
	}
	return false, false
}

func (r *rows) ColumnTypeLength(i int) (int64, bool) {
	if n, ok := r.Rows.(driver.RowsColumnTypeLength); ok {
		return n.ColumnTypeLength(i)
	}
	return 0, false
}

func (r *rows) ColumnTypePrecisionScale(i int) (precision, scale int64, ok bool) {
	if n, has := r.Rows.(driver.RowsColumnTypePrecisionScale); has {
		return n.ColumnTypePrecisionScale(i)
	}
	return 0, 0, false
}
