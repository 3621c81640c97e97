package server

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// gate holds requests for data back while the schema is not the one this
// program knows. Once it was found right it is not asked for again: schema
// changes go with a new start.
type gate struct {
	probe    Probe
	now      func() time.Time
	patience time.Duration
	stopping chan struct{} // closed when the server ends
	once     sync.Once

	attached atomic.Bool // there is a store
	open     atomic.Bool
	mu       sync.Mutex
	asked    time.Time
	closed   error
}

const (
	recheck = time.Second           // how often a closed gate looks again
	glance  = 50 * time.Millisecond // how often one that waits for what is passing does

	// later is the number of seconds after which a client that has waited in
	// vain may come again.
	later = 5
)

// stop lets nobody wait any longer.
func (g *gate) stop() { g.once.Do(func() { close(g.stopping) }) }

// pass lets a request for data through, at once or when it is time.
func (g *gate) pass(ctx context.Context) error {
	if g.open.Load() {
		return nil
	}
	passing, err := g.check(ctx)
	if !passing {
		return err
	}
	end := time.NewTimer(g.patience)
	defer end.Stop()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-g.stopping:
			_, err := g.check(ctx)
			return err
		case <-end.C:
			return err
		case <-tick.C:
			if passing, err = g.check(ctx); !passing {
				return err
			}
		}
	}
}

// check asks whether the gate is open. Passing says that the error will be
// gone by itself.
func (g *gate) check(ctx context.Context) (passing bool, err error) {
	if g.open.Load() {
		return false, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if g.closed != nil && now.Sub(g.asked) < recheck {
		return false, g.closed
	}
	s, err := g.probe.Schema(ctx)
	switch {
	case err != nil:
		return false, err
	case s.Reason != "" && s.Passing:
		return true, &failure{status: http.StatusServiceUnavailable, detail: s.Reason, retry: later}
	case s.Reason != "" && !s.ReadOnly:
		g.asked, g.closed = now, &failure{status: http.StatusServiceUnavailable, detail: s.Reason}
		return false, g.closed
	case !g.attached.Load():
		return true, &failure{status: http.StatusServiceUnavailable, detail: msgStarting, retry: later}
	}
	g.open.Store(true)
	g.closed = nil
	return false, nil
}
