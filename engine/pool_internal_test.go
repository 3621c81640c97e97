package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
)

// noConnector opens nothing: these tests are about places alone.
type noConnector struct{}

func (noConnector) Connect(context.Context) (driver.Conn, error) { return nil, driver.ErrBadConn }
func (noConnector) Driver() driver.Driver                        { return nil }

// placesFor is a pool that keeps some of its connections.
func placesFor(t *testing.T, keep, limit int, timeout time.Duration) *pool {
	t.Helper()
	db := sql.OpenDB(noConnector{})
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(limit)
	return newPool("pool", db, keep, timeout)
}

func (p *pool) take(t *testing.T) time.Duration {
	t.Helper()
	begin := time.Now()
	if err := p.acquire(t.Context()); err != nil {
		t.Fatal(err)
	}
	return time.Since(begin)
}

// Whoever finds the connections that are kept in use waits a little for one of
// them before another is opened.
func TestOverflowComesAfterAWhile(t *testing.T) {
	p := placesFor(t, 2, 4, time.Minute)
	p.take(t)
	p.take(t)
	if took := p.take(t); took < beforeOverflow {
		t.Errorf("a third connection was opened after %s, want %s", took, beforeOverflow)
	}
	p.release() // two of three are in use: they are the ones that are kept
	if got := len(p.kept); got != 2 {
		t.Errorf("%d of the kept connections are in use, want 2", got)
	}
	p.release()
	p.release()
	if got := len(p.kept); got != 0 {
		t.Errorf("%d of the kept connections are in use, want none", got)
	}
}

// openConnector opens connections that do nothing.
type openConnector struct{ noConnector }

func (openConnector) Connect(context.Context) (driver.Conn, error) { return openConn{}, nil }

type openConn struct{ driver.Conn }

func (openConn) Close() error { return nil }

// What a peak has opened stays open for the next one, and is closed when none comes.
func TestOverflowStaysUntilItIsNotNeeded(t *testing.T) {
	db := sql.OpenDB(openConnector{})
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(6)
	db.SetMaxIdleConns(2)
	p := newPool("pool", db, 2, time.Minute)
	peak := func(n int) {
		var conns []*sql.Conn
		for range n {
			p.take(t)
			c, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			conns = append(conns, c)
		}
		for _, c := range conns {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			p.release()
		}
	}
	is := func(when string, want int) {
		t.Helper()
		if s := p.stats(); s.Open != want || s.Idle != want {
			t.Errorf("%s %d connections are open, %d idle, want %d", when, s.Open, s.Idle, want)
		}
	}
	peak(6)
	is("behind a peak", 6)
	peak(1)
	is("soon after it", 6)
	p.overflow.Add(int64(-overflowIdle))
	peak(1)
	is("later", 2)
	peak(4)
	is("behind another peak", 4)
}

// Waiting is in vain where the kept connections stay with whom they are.
func TestWaitingIsInVainWhereNothingBecomesFree(t *testing.T) {
	p := placesFor(t, 1, 4, time.Minute)
	p.take(t)
	seen := p.freed.Load()
	if !p.inVain(&seen) {
		t.Error("a connection became free while it was in use")
	}
	p.release()
	p.take(t)
	if p.inVain(&seen) {
		t.Error("nobody saw that a connection came and went")
	}
	if !p.inVain(&seen) {
		t.Error("it is seen twice")
	}
}

// Short uses by many never need more connections than are kept.
func TestShortUsesShareWhatIsKept(t *testing.T) {
	p := placesFor(t, 2, 15, time.Minute)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 200 {
				if p.acquire(t.Context()) == nil {
					p.release()
				}
			}
		})
	}
	wg.Wait()
	if n, kept := p.inUse.Load(), len(p.kept); n != 0 || kept != 0 {
		t.Errorf("%d places and %d of the kept are in use in the end", n, kept)
	}
}

// A call that gives up takes no place with it.
func TestGivingUpLeavesNoPlaceTaken(t *testing.T) {
	p := placesFor(t, 1, 2, 20*time.Millisecond)
	p.take(t)
	p.take(t)
	for range 3 {
		if err := p.acquire(t.Context()); !errors.Is(err, dberr.ErrBusy) {
			t.Fatalf("no place is left: %v", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.acquire(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("a call that is over: %v", err)
	}
	p.release()
	p.release()
	if n, kept := p.inUse.Load(), len(p.kept); n != 0 || kept != 0 {
		t.Errorf("%d places and %d of the kept are in use in the end", n, kept)
	}
	if took := p.take(t); took > time.Second {
		t.Errorf("a place that is free was given after %s", took)
	}
}
