package run

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
)

// What a wait for a lock is like where Options say nothing.
const (
	DefaultLockTimeout = 3 * time.Second
	DefaultLockLimit   = 10 * time.Minute
)

const (
	lookAfter     = 2 * time.Second        // how long a statement takes before it is asked what it waits for
	lookEvery     = 2 * time.Second        // how often it is asked then
	tellEvery     = 5 * time.Second        // how often people are told
	tick          = 200 * time.Millisecond // how often it is looked whether one of these is due
	shortestPause = 200 * time.Millisecond // between two attempts
	longestPause  = 3 * time.Second
)

// lockWatch follows what a revision waits for. A change of the schema that waits
// for a lock keeps out all who come after it; so it gives up its place after
// Options.LockTimeout, and tries again until Options.LockLimit is over. Meanwhile
// people are told who holds the lock.
type lockWatch struct {
	r     *Migrator
	waits driver.LockWaits // may be nil
	quit  context.CancelFunc
	done  chan struct{}

	mu        sync.Mutex
	x         *execution // the revision under way
	session   string     // that the statements are sent on; empty before it is known
	statement string     // under way, one line
	began     time.Time  // the statement
	waited    string     // the statement that is or was waited for; empty for none
	since     time.Time  // since when, over all attempts
	trying    bool       // it is the one under way
	blockers  []driver.Blocker
	looked    time.Time
	told      time.Time // when people were told of this wait
	named     bool      // and who holds the lock
}

// watch follows until the returned watch is stopped.
func (r *Migrator) watch(ctx context.Context, x *execution) *lockWatch {
	ctx, quit := context.WithCancel(ctx)
	w := &lockWatch{r: r, waits: r.eng().LockWaits(), quit: quit, done: make(chan struct{}), x: x,
		statement: "begin a transaction", began: time.Now()}
	go w.follow(ctx)
	return w
}

func (w *lockWatch) follow(ctx context.Context) {
	defer close(w.done)
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			w.look(ctx)
		}
	}
}

// stop ends the watch; nothing is told afterwards.
func (w *lockWatch) stop() {
	w.quit()
	<-w.done
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over()
}

// begin is told about each statement, ahead of it.
func (w *lockWatch) begin(x *execution, statement string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.trying && statement != w.waited {
		w.over() // it got what it waited for
	}
	w.x, w.statement, w.began, w.trying = x, statement, time.Now(), statement == w.waited
}

// over ends a wait. w.mu is held.
func (w *lockWatch) over() {
	if !w.told.IsZero() {
		w.x.tell(Event{Kind: Unblocked, Statement: w.waited, Elapsed: time.Since(w.since)})
	}
	w.waited, w.since, w.told, w.named = "", time.Time{}, time.Time{}, false
	w.blockers, w.trying = nil, false
}

// on says which session the statements are sent on.
func (w *lockWatch) on(ctx context.Context, q driver.DBTX) error {
	if w.waits == nil {
		return nil
	}
	session, err := w.waits.Session(ctx, q)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.session = session
	return nil
}

// look asks who holds what the statement waits for, when that is due.
func (w *lockWatch) look(ctx context.Context) {
	w.mu.Lock()
	now := time.Now()
	again := w.trying
	due := w.waits != nil && now.Sub(w.looked) >= lookEvery && (again || now.Sub(w.began) >= lookAfter)
	session, statement, began := w.session, w.statement, w.began
	if due {
		w.looked = now
	}
	w.mu.Unlock()
	if !due {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookEvery)
	defer cancel()
	var found []driver.Blocker
	err := w.r.eng().OnReader(ctx, func(ctx context.Context, conn *sql.Conn) error {
		var err error
		found, err = w.waits.Blockers(ctx, conn, session)
		return err
	})
	if err != nil {
		w.r.o.Logger.DebugContext(ctx, "who holds a lock is not known", "error", err)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(found) == 0 || w.statement != statement || ctx.Err() != nil {
		return
	}
	w.blockers, w.trying = found, true
	w.waitFor(statement, began)
}

// waitFor notes that a statement waits, and tells so when that is due. w.mu is
// held.
func (w *lockWatch) waitFor(statement string, began time.Time) {
	if w.waited != statement {
		w.waited, w.since, w.told, w.named = statement, began, time.Time{}, false
	}
	now := time.Now()
	waited := now.Sub(w.since)
	// Who holds it is told as soon as that is known.
	news := len(w.blockers) > 0 && !w.named
	if waited < lookAfter || now.Sub(w.told) < tellEvery && !news {
		return
	}
	w.told, w.named = now, len(w.blockers) > 0
	w.x.tell(Event{Kind: Blocked, Statement: statement, Elapsed: waited, Text: w.holders()})
}

// holders says who holds the lock. w.mu is held.
func (w *lockWatch) holders() string {
	if len(w.blockers) == 0 {
		return "another session holds a lock that it needs; the database does not say which one"
	}
	const most = 3
	var names []string
	for _, b := range w.blockers[:min(len(w.blockers), most)] {
		names = append(names, b.String())
	}
	s := strings.Join(names, ", ")
	if len(w.blockers) > most {
		s += " and others"
	}
	return "the lock is held by " + s
}

// gaveUp notes that an attempt gave up its place, and returns the error when no
// other one is made.
func (w *lockWatch) gaveUp(cause error) error {
	w.failed(cause)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.expired(cause)
}

// expired returns an error when the wait is over its limit. w.mu is held.
func (w *lockWatch) expired(cause error) error {
	if limit := w.r.o.LockLimit; w.waited == "" || time.Since(w.since) < limit {
		return nil
	}
	return &dberr.Error{Op: "lock", Code: dberr.Busy, Err: cause, Msg: "gave up after " +
		time.Since(w.since).Round(time.Second).String() + ": " + w.holders() +
		"; end that transaction, or wait longer with --lock-limit"}
}

// retrying is called at the beginning of each attempt of a transaction, which
// the engine makes by itself too.
func (w *lockWatch) retrying() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.expired(nil)
}

// failed says that an attempt is over, and its session is not used any more.
func (w *lockWatch) failed(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.session = ""
	if isLocked(err) {
		w.waitFor(w.statement, w.began)
	}
	w.trying = false
}

// unwatch ends the watch of an execution.
func (x *execution) unwatch() {
	x.watch.stop()
	x.watch = nil
}

// watchedTx runs a transaction of an execution; see inTx.
func (x *execution) watchedTx(ctx context.Context, fn func(ctx context.Context, tx *engine.Tx) error) error {
	x.watch = x.r.watch(ctx, x)
	defer x.unwatch()
	if x.at != "" {
		x.watch.begin(x, x.at)
	}
	return x.r.inTx(ctx, x.watch, engine.TxOptions{Name: "migrate"}, fn)
}

// inTx runs a transaction whose statements give up their place when they wait
// for a lock, until it has not failed because of one.
func (r *Migrator) inTx(ctx context.Context, w *lockWatch, o engine.TxOptions,
	fn func(ctx context.Context, tx *engine.Tx) error) error {
	bound := r.bound()
	if len(bound.InTx) == 0 && len(bound.Before) == 0 {
		o.MaxAttempts = 1 // it waits ahead of the transaction, where no attempt is seen
	}
	if len(bound.InTx) == 0 {
		o.Setup, o.Reset = slices.Concat(bound.Before, o.Setup), slices.Concat(o.Reset, bound.After)
	}
	return w.patiently(ctx, func() error {
		return r.eng().InTx(ctx, o, func(ctx context.Context, tx *engine.Tx) (err error) {
			defer func() {
				if err != nil {
					w.failed(err)
				}
			}()
			if err := w.retrying(); err != nil {
				return err
			}
			err = tx.Raw(ctx, "migrate", func(ctx context.Context, q driver.DBTX) error {
				for _, text := range bound.InTx {
					if _, err := q.ExecContext(ctx, text); err != nil {
						return err
					}
				}
				return w.on(ctx, q)
			})
			if err != nil {
				return err
			}
			return fn(ctx, tx)
		})
	})
}

// patiently makes attempts until one does not fail because of a lock.
func (w *lockWatch) patiently(ctx context.Context, attempt func() error) error {
	pause := shortestPause
	for {
		err := attempt()
		if !isLocked(err) {
			return err
		}
		if final := w.gaveUp(err); final != nil {
			return final
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		pause = min(2*pause, longestPause)
	}
}

// isLocked reports whether an error says that a lock could not be had in time.
// A pool or server without a free connection says so unsent.
func isLocked(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		if e, ok := err.(*dberr.Error); ok && e.Code == dberr.Busy && e.Native != "" { //nolint:errorlint // each error of the chain is looked at
			return true
		}
	}
	return false
}

// bound is what makes statements give up their place.
func (r *Migrator) bound() driver.LockBound {
	waits := r.eng().LockWaits()
	if waits == nil {
		return driver.LockBound{}
	}
	return waits.Bound(min(cmp.Or(r.o.LockTimeout, DefaultLockTimeout), r.o.LockLimit))
}
