package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/larder-db/larder/dberr"
)

// pool is a *sql.DB behind a gate. database/sql waits for a connection without
// a limit of its own; the gate is where the deadline, the queue and the
// numbers are. It has as many places as the pool has connections, so whoever
// passes it gets a connection without waiting again.
type pool struct {
	name    string // "pool", or "reader" and "writer" where an engine has two
	db      *sql.DB
	gate    chan struct{} // nil when the pool has no limit
	kept    chan struct{} // a place for each connection that is always kept; nil where no others are opened
	keep    int           // idle connections that are kept, for messages
	timeout time.Duration

	overflow atomic.Int64 // when more than those were in use, in Unix nanoseconds; 0 when the others are closed
	freed    atomic.Int64 // kept connections that became free, ever
	inUse    atomic.Int64
	waiting  atomic.Int64
	waits    atomic.Int64
	waited   atomic.Int64 // nanoseconds
	timeouts atomic.Int64
}

func newPool(name string, db *sql.DB, keep int, timeout time.Duration) *pool {
	p := &pool{name: name, db: db, keep: keep, timeout: timeout}
	if n := db.Stats().MaxOpenConnections; n > 0 {
		p.gate = make(chan struct{}, n)
		p.keep = min(keep, n)
		if 0 < p.keep && p.keep < n {
			p.kept = make(chan struct{}, p.keep)
			db.SetMaxIdleConns(n) // until they are closed by trim
		}
	}
	return p
}

// Opening a connection costs as much as many short reads, and is work for processors
// that are already busy. So a call waits for one of the connections that are kept
// before it takes another. It gives up when none of the kept ones became free for
// beforeOverflow, because they are held by what takes long, and in any case after
// mostSettling. The others stay open until they have not been needed for
// overflowIdle: under a steady load somebody would open one again at once.
const (
	beforeOverflow = 5 * time.Millisecond
	mostSettling   = 100 * time.Millisecond
	overflowIdle   = 30 * time.Second
)

// settle waits until one of the connections that are kept is free, as long as
// that can be expected soon.
func (p *pool) settle(ctx context.Context) {
	if p.kept == nil {
		return
	}
	select {
	case p.kept <- struct{}{}:
		return
	default:
	}
	seen, end := p.freed.Load(), time.Now().Add(mostSettling)
	t := time.NewTicker(beforeOverflow)
	defer t.Stop()
	for {
		select {
		case p.kept <- struct{}{}:
			return
		case now := <-t.C:
			if p.inVain(&seen) || now.After(end) {
				return
			}
		case <-ctx.Done(): // whoever takes a place finds that out
			return
		}
	}
}

// inVain reports whether none of the kept connections became free since it was
// asked with the same count.
func (p *pool) inVain(seen *int64) bool {
	before := *seen
	*seen = p.freed.Load()
	return *seen == before
}

// errPoolFull marks a busy error that comes from the pool: whoever got it has
// waited as long as was allowed, and trying again would double that.
var errPoolFull = errors.New("no connection became free in time")

// acquire takes a place. The common case is two channel operations without a timer.
func (p *pool) acquire(ctx context.Context) error {
	if p.gate == nil {
		p.inUse.Add(1)
		return nil
	}
	p.settle(ctx)
	select {
	case p.gate <- struct{}{}:
		p.taken()
		return nil
	default:
	}
	err := p.wait(ctx)
	if err != nil {
		p.leave()
	}
	return err
}

// taken counts a place.
func (p *pool) taken() {
	if n := p.inUse.Add(1); p.kept != nil && n > int64(p.keep) {
		p.overflow.Store(time.Now().UnixNano())
	}
}

// trim closes the connections beyond those that are kept when they have not been
// needed for a while: the first call after that does it.
func (p *pool) trim() {
	last := p.overflow.Load()
	if last == 0 || time.Since(time.Unix(0, last)) < overflowIdle || !p.overflow.CompareAndSwap(last, 0) {
		return
	}
	p.db.SetMaxIdleConns(p.keep)
	p.db.SetMaxIdleConns(cap(p.gate))
}

func (p *pool) wait(ctx context.Context) error {
	begin := time.Now()
	p.waiting.Add(1)
	p.waits.Add(1)
	defer func() {
		p.waiting.Add(-1)
		p.waited.Add(int64(time.Since(begin)))
	}()
	var expired <-chan time.Time
	if p.timeout > 0 {
		t := time.NewTimer(p.timeout)
		defer t.Stop()
		expired = t.C
	}
	select {
	case p.gate <- struct{}{}:
		p.taken()
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-expired:
		p.timeouts.Add(1)
		return &dberr.Error{Code: dberr.Busy, Unsent: true, Err: errPoolFull, Msg: fmt.Sprintf(
			"no connection became free within %s: %s, %d in use, %d waiting; raise the pool size or look for transactions and rows that are held open",
			p.timeout, p.size(), p.inUse.Load(), p.waiting.Load())}
	}
}

func (p *pool) size() string {
	if over := cap(p.gate) - p.keep; over > 0 {
		return fmt.Sprintf("%s pool size %d, overflow %d", p.name, p.keep, over)
	}
	return fmt.Sprintf("%s pool size %d", p.name, cap(p.gate))
}

func (p *pool) release() {
	p.inUse.Add(-1)
	p.leave()
	if p.gate != nil {
		<-p.gate
		p.trim()
	}
}

// leave gives back places among those that are kept until there are no more of
// them than are in use: a connection is one of the kept ones by number, not by
// who opened it.
func (p *pool) leave() {
	for int64(len(p.kept)) > p.inUse.Load() {
		select {
		case <-p.kept:
			p.freed.Add(1)
		default:
			return
		}
	}
}

// PoolStats are the numbers of one pool.
type PoolStats struct {
	Name     string        // "pool", or "reader" and "writer" where an engine has two
	Limit    int           // connections at most; 0 is no limit
	Open     int           // connections that exist
	Idle     int           // of these, unused
	InUse    int           // places taken by statements, rows and transactions
	Waiting  int           // callers that wait for a connection now
	Waits    int64         // calls that had to wait since the start
	Waited   time.Duration // how long they waited, together
	Timeouts int64         // calls that gave up waiting
}

func (p *pool) stats() PoolStats {
	s := p.db.Stats()
	return PoolStats{Name: p.name, Limit: s.MaxOpenConnections, Open: s.OpenConnections, Idle: s.Idle,
		InUse: int(p.inUse.Load()), Waiting: int(p.waiting.Load()),
		Waits: p.waits.Load(), Waited: time.Duration(p.waited.Load()), Timeouts: p.timeouts.Load()}
}

// Stats are the numbers of an engine since it was opened.
type Stats struct {
	Pools   []PoolStats // one, or reader and writer
	Retries int64       // statements and transactions that were run again
}

// InUse is how many connections are in use in all pools.
func (s Stats) InUse() int {
	n := 0
	for _, p := range s.Pools {
		n += p.InUse
	}
	return n
}

// Stats returns the numbers of the pools now.
func (e *Engine) Stats() Stats {
	s := Stats{Retries: e.retries.Load(), Pools: []PoolStats{e.writer.stats()}}
	if e.reader != e.writer {
		s.Pools = append(s.Pools, e.reader.stats())
	}
	return s
}
