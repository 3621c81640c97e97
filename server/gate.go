package server

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/health"
)

// gate holds requests for data back while the schema is not the one this
// program knows. An open one looks again ahead of a change when it has not for a
// while: another program may have migrated the database, or taken its file away.
type gate struct {
	schema   *lookout[health.State]
	now      func() time.Time
	patience time.Duration
	stopping chan struct{} // closed when the server ends
	once     sync.Once

	attached atomic.Bool // there is a store
	open     atomic.Bool
	mu       sync.Mutex
	asked    time.Time
	closed   error
	readOnly error // why nothing may be changed
}

const (
	recheck = time.Second           // how often a closed gate looks again
	trusted = 2 * time.Second       // how long an open one is believed by who changes something
	glance  = 50 * time.Millisecond // how often one that waits for what is passing does

	// later is the number of seconds after which a client that has waited in
	// vain may come again.
	later = 5
)

// stop lets nobody wait any longer.
func (g *gate) stop() { g.once.Do(func() { close(g.stopping) }) }

// pass lets a request for data through, at once or when it is time.
func (g *gate) pass(ctx context.Context, changes bool) error {
	if g.open.Load() && changes {
		if err := g.again(ctx); err != nil {
			return err
		}
	}
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

// change lets something that changes data through, and returns a context for it
// that ends when nothing may be changed any more, with the reason as its cause:
// for a change that waits behind a lock when the database is frozen. done is
// called when it is over.
func (g *gate) change(ctx context.Context) (watched context.Context, done func(), err error) {
	if err := g.pass(ctx, true); err != nil {
		return nil, nil, err
	}
	ctx, cut := context.WithCancelCause(ctx)
	g.mu.Lock()
	believed := g.asked.Add(trusted).Sub(g.now())
	g.mu.Unlock()
	t := time.AfterFunc(max(believed, 0), func() {
		tick := time.NewTicker(trusted / 4)
		defer tick.Stop()
		for {
			if err := g.again(ctx); err != nil {
				cut(err)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
	return ctx, func() { t.Stop(); cut(nil) }, nil
}

// cutOff is why the gate has ended a change, where that is what it failed with.
func cutOff(ctx context.Context, err error) error {
	var why *failure
	if err != nil && ctx.Err() != nil && errors.As(context.Cause(ctx), &why) {
		return why
	}
	return err
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
	s, err := g.schema.look(ctx)
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
	g.asked, g.closed, g.readOnly = now, nil, refuseChanges(s)
	return false, nil
}

// again looks whether an open gate is still right, unless somebody just has.
// The error is why nothing may be changed.
func (g *gate) again(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if !g.open.Load() || now.Sub(g.asked) < trusted {
		return g.readOnly
	}
	s, err := g.schema.look(ctx)
	g.asked = now
	switch {
	case err != nil:
		return nil // the change itself finds out, and says so better
	case s.Reason != "" && !s.ReadOnly:
		g.closed, g.readOnly = &failure{status: http.StatusServiceUnavailable, detail: s.Reason}, nil
		g.open.Store(false)
		return g.closed
	}
	g.readOnly = refuseChanges(s)
	return g.readOnly
}

// refuseChanges is the answer to who would change something; nil where that
// may be done.
func refuseChanges(s health.State) error {
	if !s.ReadOnly {
		return nil
	}
	return &failure{status: http.StatusServiceUnavailable, detail: details[dberr.ReadOnly] + " " + s.Reason, retry: never}
}
