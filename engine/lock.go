package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// Lock takes the named lock of this database, among all processes that use
// it, or waits until ctx is done. waiting, if not nil, is called about once a
// second with the time waited so far. The returned function frees the lock and
// may be called twice; when the process ends without it, the lock frees
// itself. A lock that another one holds until ctx's deadline is dberr.Busy.
//
// A lock is on a connection, or a file, of its own and takes no place in the pool.
func (e *Engine) Lock(ctx context.Context, name string, waiting func(time.Duration)) (release func() error, err error) {
	release, _, err = e.lock(ctx, name, waiting)
	return release, err
}

// lock takes the lock. held is nil where a lock cannot be lost.
func (e *Engine) lock(ctx context.Context, name string, waiting func(time.Duration)) (
	release func() error, held func(context.Context) error, err error) {
	if name == "" {
		return nil, nil, dberr.New(dberr.Invalid, "lock", "a lock needs a name")
	}
	switch l := e.db.Locker.(type) {
	case nil:
		return nil, nil, dberr.New(dberr.Unsupported, "lock", "this engine has no named locks")
	case driver.SessionLocker:
		release, held, err = l.LockHeld(ctx, e.db, name, waiting)
	default:
		release, err = l.Lock(ctx, e.db, name, waiting)
	}
	if err != nil {
		return nil, nil, e.fault(ctx, "lock", err)
	}
	return release, held, nil
}

// LockOptions say how a lock is waited for.
type LockOptions struct {
	// Wait is how long, beside what ctx allows; 0 is as long as that.
	Wait time.Duration
	// Waiting, if not nil, is called about once a second with the time waited so far.
	Waiting func(time.Duration)
}

// lockLooks is how often it is asked whether a lock is still held.
const lockLooks = 500 * time.Millisecond

// WithLock runs fn while it holds the lock that [Engine.Lock] takes. A lock of a
// server goes with its session: when the server is restarted, or another takes its
// place, somebody else may have it. That is noticed within half a second, or when a
// server that is silent is given up; then the ctx of fn ends, and an error of fn is
// replaced by a dberr.Unavailable that says so. fn is not to go on without its ctx.
func (e *Engine) WithLock(ctx context.Context, name string, o LockOptions,
	fn func(ctx context.Context) error) (err error) {
	patient, cancel := ctx, context.CancelFunc(func() {})
	if o.Wait > 0 {
		patient, cancel = context.WithTimeout(ctx, o.Wait)
	}
	release, held, err := e.lock(patient, name, o.Waiting)
	cancel()
	if err != nil {
		return err
	}
	inside, end := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	if held != nil {
		watching.Go(func() { e.keep(inside, end, name, held) })
	}
	defer func() {
		lost := context.Cause(inside)
		end(nil)
		watching.Wait()
		free := release()
		var known *dberr.Error
		switch {
		case err != nil && errors.As(lost, &known):
			err = known
		case err == nil && lost == nil:
			err = free
		}
	}()
	return fn(inside)
}

// keep asks whether a lock is still held until ctx is done, and ends it when it is not.
func (e *Engine) keep(ctx context.Context, end context.CancelCauseFunc, name string,
	held func(context.Context) error) {
	look := time.NewTicker(lockLooks)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		if err := held(ctx); err != nil && ctx.Err() == nil {
			end(&dberr.Error{Op: "lock", Code: dberr.Unavailable, Engine: e.db.Dialect.Engine(), Err: err,
				Msg: "the lock " + name + " was lost: the session that held it has ended, as it does when the server is restarted or " +
					"another takes its place; nothing is done without the lock, so run it again"})
			return
		}
	}
}
