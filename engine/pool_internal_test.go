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

func (p *pool) taken(t *testing.T) time.Duration {
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
	p.taken(t)
	p.taken(t)
	if took := p.taken(t); took < beforeOverflow {
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

// Waiting is in vain where the kept connections stay with whom they are.
func TestWaitingIsInVainWhereNothingBecomesFree(t *testing.T) {
	p := placesFor(t, 1, 4, time.Minute)
	p.taken(t)
	seen := p.freed.Load()
	if !p.inVain(&seen) {
		t.Error("a connection became free while it was in use")
	}
	p.release()
	p.taken(t)
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
	p.taken(t)
	p.taken(t)
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
	if took := p.taken(t); took > time.Second {
		t.Errorf("a place that is free was given after %s", took)
	}
}
