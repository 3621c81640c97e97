package engine

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
)

const (
	// askLimit bounds what is asked of a replica before it is read. Who reads can
	// go to the primary, and would rather do so than wait.
	askLimit = time.Second

	// leftOut is how long a replica that was away, or refused something, is not read.
	leftOut = 5 * time.Second

	// askAgain is how long a replica that is behind is not asked again.
	askAgain = 50 * time.Millisecond
)

// Replica reads from a server that follows the primary with some delay. It is a
// [Queryer] for reads that may be that old, such as lists:
//
//   - What it reads misses nothing that was written through its primary's Engine
//     before, and nothing else that was committed longer ago than its lag.
//   - While the replica is further behind, or away, or refuses a statement, the
//     primary is read.
//   - Statements that write, and transactions, go to the primary.
//
// It knows how far the replica is by the servers' own accounts: positions in
// PostgreSQL's log, sets of GTIDs. What others write through other Engines is
// within the lag too, so with a lag of 0 it is never missed, and the primary is
// asked for its position at each read.
type Replica struct {
	primary *Engine
	lag     time.Duration
	open    func(ctx context.Context) (*Engine, error)

	mark atomic.Pointer[mark] // what the replica was last asked for

	asking sync.Mutex // one asks at a time; the others read the primary
	from   *Engine    // the replica; nil until it could be opened
	again  time.Time  // the replica is not asked before
	closed bool
	silent bool // it was said that the primary keeps no account
	reads  atomic.Int64
}

// mark is a state of the primary, and whether the replica has it.
type mark struct {
	position string
	written  int64 // writes through the primary's engine that are in it
	at       time.Time
	reached  *Engine // the replica, when it has it
}

// NewReplica returns a replica of the database that primary has open, which may be
// lag behind. It is opened with o when it is first read, and again after it was
// away. An engine without replicas is dberr.Unsupported.
func NewReplica(primary *Engine, u *dburl.URL, o Options, lag time.Duration) (*Replica, error) {
	if primary.db.Replication == nil {
		return nil, dberr.New(dberr.Unsupported, "replica", "this engine has no replicas to read from")
	}
	if u.Backend != primary.url.Backend {
		return nil, dberr.New(dberr.Invalid, "replica", "a replica of "+primary.url.Backend+" has a URL of "+
			primary.url.Backend)
	}
	o.ReadOnly, o.Schema, o.watch = true, primary.schema, true
	if u.HasPassword() {
		o.Password = nil // it is the primary's
	}
	o.Retry = RetryPolicy{Attempts: 1, Failover: -1}
	return &Replica{primary: primary, lag: lag, open: func(ctx context.Context) (*Engine, error) { return OpenURL(ctx, u, o) }}, nil
}

// Reads is how many statements the replica has answered.
func (r *Replica) Reads() int64 { return r.reads.Load() }

// Close closes the replica; the primary stays open.
func (r *Replica) Close() error {
	r.asking.Lock()
	defer r.asking.Unlock()
	r.closed = true
	r.mark.Store(nil)
	if r.from == nil {
		return nil
	}
	from := r.from
	r.from = nil
	return from.Close()
}

// Dialect is the primary's.
func (r *Replica) Dialect() driver.Dialect { return r.primary.Dialect() }

// Query runs a statement that returns rows, on the replica where that may be. Rows
// and errors are as of [Engine.Query]; a replica that fails is none of them, for
// then the primary is asked.
func (r *Replica) Query(ctx context.Context, st Statement) (*Rows, error) {
	if !st.Write {
		if from := r.fresh(ctx); from != nil {
			rows, err := from.query(ctx, &st, 1)
			if err == nil {
				r.reads.Add(1)
				return rows, nil
			}
			if ctx.Err() != nil {
				return nil, err
			}
			r.leave(ctx, err)
		}
	}
	return r.primary.Query(ctx, st)
}

// Exec runs a statement on the primary, with the errors of [Engine.Exec].
func (r *Replica) Exec(ctx context.Context, st Statement) (Result, error) {
	return r.primary.Exec(ctx, st)
}

// InTx runs a transaction on the primary, with the errors of [Engine.InTx].
func (r *Replica) InTx(ctx context.Context, o TxOptions, fn func(ctx context.Context, tx *Tx) error) error {
	return r.primary.InTx(ctx, o, fn)
}

// fresh is the replica when it may be read now, nil when the primary is to be.
func (r *Replica) fresh(ctx context.Context) *Engine {
	if m := r.mark.Load(); m != nil && r.holds(m) && m.reached != nil {
		return m.reached
	}
	if !r.asking.TryLock() {
		return nil
	}
	defer r.asking.Unlock()
	if r.closed || time.Now().Before(r.again) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	from, err := r.ask(ctx)
	switch {
	case err != nil:
		r.leaveLocked(ctx, err)
	case from == nil:
		r.again = time.Now().Add(askAgain)
	}
	return from
}

// holds reports whether what the primary had at the mark is new enough.
func (r *Replica) holds(m *mark) bool {
	return m.written == r.primary.written.Load() && time.Since(m.at) < r.lag
}

// ask asks the primary what it has, unless that is known well enough, and the
// replica whether it has it too.
func (r *Replica) ask(ctx context.Context) (*Engine, error) {
	if r.from == nil {
		from, err := r.open(ctx)
		if err != nil {
			return nil, err
		}
		r.from = from
	}
	m := r.mark.Load()
	if m == nil || !r.holds(m) {
		// In this order: what is written meanwhile may be in the position, and counts for the next.
		m = &mark{written: r.primary.written.Load(), at: time.Now()}
		var err error
		if m.position, err = position(ctx, r.primary); err != nil {
			return nil, err
		}
	}
	if m.position == "" {
		if !r.silent {
			r.silent = true
			r.primary.log.WarnContext(ctx,
				"the replica is not read: the primary keeps no account of what it commits (GTIDs are off)")
		}
		return nil, dberr.New(dberr.Unsupported, "replica", "the primary keeps no account of what it commits")
	}
	yes, err := reached(ctx, r.from, m.position)
	if err != nil {
		return nil, err
	}
	if yes {
		m = &mark{position: m.position, written: m.written, at: m.at, reached: r.from}
	}
	r.mark.Store(m)
	return m.reached, nil
}

// leave leaves the replica out for a while.
func (r *Replica) leave(ctx context.Context, err error) {
	r.asking.Lock()
	defer r.asking.Unlock()
	r.leaveLocked(ctx, err)
}

func (r *Replica) leaveLocked(ctx context.Context, err error) {
	r.mark.Store(nil)
	r.again = time.Now().Add(leftOut)
	if ctx.Err() == nil || dberr.CodeOf(err) != dberr.Canceled {
		r.primary.log.Log(ctx, slog.LevelInfo, "the replica is left out for a while", "error", err)
	}
}

func position(ctx context.Context, e *Engine) (p string, err error) {
	if err := e.reader.acquire(ctx); err != nil {
		return "", e.fault(ctx, "replica", err)
	}
	defer e.reader.release()
	if p, err = e.db.Replication.Position(ctx, e.reader.db); err != nil {
		return "", e.fault(ctx, "replica", err)
	}
	return p, nil
}

func reached(ctx context.Context, e *Engine, position string) (yes bool, err error) {
	if err := e.reader.acquire(ctx); err != nil {
		return false, e.fault(ctx, "replica", err)
	}
	defer e.reader.release()
	if yes, err = e.db.Replication.Reached(ctx, e.reader.db, position); err != nil {
		return false, e.fault(ctx, "replica", err)
	}
	return yes, nil
}

var _ Queryer = (*Replica)(nil)
