package prepared_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/larder-db/larder/driver/prepared"
)

var errFake = errors.New("fake")

// fakeConn counts what is asked of it.
type fakeConn struct {
	direct, prepares, closes, live, prepared int
	fail                                     bool
}

func (c *fakeConn) Prepare(string) (driver.Stmt, error) { return nil, errFake }
func (c *fakeConn) Close() error                        { return nil }
func (c *fakeConn) Begin() (driver.Tx, error)           { return nil, errFake }

func (c *fakeConn) PrepareContext(context.Context, string) (driver.Stmt, error) {
	if c.fail {
		return nil, errFake
	}
	c.prepares++
	c.live++
	return &fakeStmt{c: c}, nil
}

func (c *fakeConn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	c.direct++
	return driver.ResultNoRows, nil
}

func (c *fakeConn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	c.direct++
	return &fakeRows{left: 2}, nil
}

type fakeStmt struct {
	c      *fakeConn
	closed bool
	open   bool
}

func (s *fakeStmt) Close() error {
	if s.closed {
		return errors.New("closed twice")
	}
	s.closed = true
	s.c.closes++
	s.c.live--
	return nil
}
func (s *fakeStmt) NumInput() int                              { return -1 }
func (s *fakeStmt) Exec([]driver.Value) (driver.Result, error) { return nil, errFake }
func (s *fakeStmt) Query([]driver.Value) (driver.Rows, error)  { return nil, errFake }

func (s *fakeStmt) ExecContext(context.Context, []driver.NamedValue) (driver.Result, error) {
	if s.c.fail {
		return nil, errFake
	}
	s.c.prepared++
	return driver.ResultNoRows, nil
}

func (s *fakeStmt) QueryContext(context.Context, []driver.NamedValue) (driver.Rows, error) {
	if s.c.fail {
		return nil, errFake
	}
	if s.open {
		panic("a statement is used while its rows are open")
	}
	s.open = true
	s.c.prepared++
	return &fakeRows{left: 2, s: s}, nil
}

type fakeRows struct {
	left int
	s    *fakeStmt
}

func (r *fakeRows) Columns() []string { return []string{"x"} }
func (r *fakeRows) Close() error {
	if r.s != nil {
		r.s.open = false
	}
	return nil
}
func (r *fakeRows) Next(dest []driver.Value) error {
	if r.s != nil && r.s.c.fail {
		return errFake
	}
	if r.left == 0 {
		return io.EOF
	}
	r.left--
	dest[0] = int64(r.left)
	return nil
}

func run(t *testing.T, c *prepared.Cache, conn *fakeConn, text string) {
	t.Helper()
	if _, err := c.Exec(t.Context(), conn, text, nil); err != nil {
		t.Fatal(err)
	}
}

func TestATextIsPreparedWhenItComesAgain(t *testing.T) {
	conn, c := &fakeConn{}, prepared.New(4)
	run(t, c, conn, "a")
	if conn.prepares != 0 || conn.direct != 1 {
		t.Errorf("the first time: %+v", conn)
	}
	for range 5 {
		run(t, c, conn, "a")
	}
	if conn.prepares != 1 || conn.direct != 1 || conn.prepared != 5 {
		t.Errorf("later: %+v", conn)
	}
	for i := range 100 { // texts that never come again
		run(t, c, conn, fmt.Sprint("once ", i))
	}
	if conn.prepares != 1 || c.Len() != 1 {
		t.Errorf("texts that came once are kept: %+v", conn)
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	conn, c := &fakeConn{}, prepared.New(3)
	for i := range 10 {
		for range 2 {
			run(t, c, conn, fmt.Sprint(i))
		}
		run(t, c, conn, "0") // always the most recent one but one
	}
	if c.Len() != 3 || conn.live != 3 {
		t.Errorf("%d kept, %d live", c.Len(), conn.live)
	}
	before := conn.prepares
	run(t, c, conn, "0")
	if conn.prepares != before {
		t.Error("the statement that is used most was given up")
	}
	c.Close()
	if conn.live != 0 || c.Len() != 0 {
		t.Errorf("after Close %d are live", conn.live)
	}
	none := prepared.New(0)
	long := prepared.New(3)
	for range 3 {
		run(t, none, conn, "a")
		run(t, long, conn, strings.Repeat("x", 20_000))
	}
	if none.Len() != 0 || long.Len() != 0 {
		t.Error("a cache of none, or a very long text, keeps statements")
	}
}

func TestAStatementWhoseRowsAreOpenIsNotUsed(t *testing.T) {
	conn, c := &fakeConn{}, prepared.New(1)
	run(t, c, conn, "a")
	outer, err := c.Query(t.Context(), conn, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	inner, err := c.Query(t.Context(), conn, "a", nil) // sent as it is
	if err != nil {
		t.Fatal(err)
	}
	if conn.prepares != 1 || conn.direct != 2 {
		t.Errorf("%+v", conn)
	}
	for range 2 {
		run(t, c, conn, "b") // there is room for one, and it is in use
	}
	dest := make([]driver.Value, 1)
	for range 2 {
		if err := outer.Next(dest); err != nil {
			t.Fatal(err)
		}
	}
	if err := outer.Next(dest); err != io.EOF {
		t.Error(err)
	}
	for range 2 {
		if err := errors.Join(outer.Close(), inner.Close()); err != nil {
			t.Error(err)
		}
	}
	run(t, c, conn, "a")
	c.Close()
	if conn.live != 0 {
		t.Errorf("%d statements are live", conn.live)
	}
}

func TestAStatementThatFailedIsGivenUp(t *testing.T) {
	conn, c := &fakeConn{}, prepared.New(4)
	for range 2 {
		run(t, c, conn, "a")
	}
	conn.fail = true
	if _, err := c.Exec(t.Context(), conn, "a", nil); err != errFake {
		t.Errorf("%v", err)
	}
	conn.fail = false
	if c.Len() != 0 || conn.live != 0 {
		t.Errorf("%d kept, %d live", c.Len(), conn.live)
	}
	run(t, c, conn, "a")
	rows, err := c.Query(t.Context(), conn, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.fail = true // in the middle of the rows
	if err := rows.Next(make([]driver.Value, 1)); err != errFake {
		t.Errorf("%v", err)
	}
	if err := rows.Close(); err != nil {
		t.Error(err)
	}
	if c.Len() != 0 || conn.live != 0 {
		t.Errorf("%d kept, %d live", c.Len(), conn.live)
	}
	if _, err := c.Exec(t.Context(), conn, "z", nil); err != nil {
		t.Error(err)
	}
	if _, err := c.Query(t.Context(), conn, "z", nil); err != errFake { // cannot be prepared
		t.Errorf("%v", err)
	}
}
