package engine

import (
	"context"
	"sync"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// Session is a transaction that begins with its first statement and ends when
// it is told to: the session of a request, for code that is not written as a
// closure. Prefer InTx, which can run again after a conflict and cannot be
// forgotten; a Session cannot and can.
//
//	s := eng.Session()
//	defer s.Close() // rolls back what was not committed
//	...
//	return s.Commit(ctx)
//
// After Commit or Rollback the next statement begins a new transaction. It is
// for one goroutine at a time. Between two statements it holds a connection,
// so it is not kept open while a response is streamed.
type Session struct {
	e *Engine
	o TxOptions

	mu     sync.Mutex
	tx     *Tx
	closed bool
}

// Session returns a session for writing.
func (e *Engine) Session() *Session { return &Session{e: e} }

// SessionWith returns a session whose transactions have the options o.
func (e *Engine) SessionWith(o TxOptions) *Session { return &Session{e: e, o: o} }

// Dialect is what statements for this session are written in.
func (s *Session) Dialect() driver.Dialect { return s.e.db.Dialect }

// begun returns the session's transaction, and begins one where there is none.
func (s *Session) begun(ctx context.Context) (*Tx, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, dberr.New(dberr.Invalid, opName(s.o.Name, "session"), "this session is closed")
	}
	if s.tx != nil {
		return s.tx, nil
	}
	t := tries{policy: s.e.retry}
	for {
		st, fault := s.e.begin(ctx, s.o, t.attempt())
		if fault == nil {
			// The first statement's context is not the session's: later ones
			// bring their own, and Close ends it in any case.
			st.detach()
			s.tx = &Tx{s: st, mode: s.o.Mode}
			return s.tx, nil
		}
		if !again(fault, true) || !t.next(ctx, fault) {
			return nil, fault
		}
		s.e.retries.Add(1)
	}
}

// Query runs a statement that returns rows, and begins a transaction when none is
// under way; rows and errors are as of [Tx.Query].
func (s *Session) Query(ctx context.Context, st Statement) (*Rows, error) {
	tx, err := s.begun(ctx)
	if err != nil {
		return nil, err
	}
	return tx.Query(ctx, st)
}

// Exec runs a statement that returns none, and begins a transaction when none is
// under way; result and errors are as of [Tx.Exec].
func (s *Session) Exec(ctx context.Context, st Statement) (Result, error) {
	tx, err := s.begun(ctx)
	if err != nil {
		return Result{}, err
	}
	return tx.Exec(ctx, st)
}

// InTx runs fn in a savepoint of the session's transaction, which begins when none
// is under way; errors are as of [Tx.InTx].
func (s *Session) InTx(ctx context.Context, o TxOptions, fn func(ctx context.Context, tx *Tx) error) error {
	tx, err := s.begun(ctx)
	if err != nil {
		return err
	}
	return tx.InTx(ctx, o, fn)
}

// OnCommit calls f after the transaction under way is committed. Without one,
// nothing is pending and f is called at the next commit.
func (s *Session) OnCommit(ctx context.Context, f func()) error {
	tx, err := s.begun(ctx)
	if err != nil {
		return err
	}
	tx.OnCommit(f)
	return nil
}

// Commit commits what was done since the last Commit or Rollback. Without a
// statement there is nothing to do. A statement that had failed makes it roll
// back and return that failure.
func (s *Session) Commit(ctx context.Context) error {
	tx := s.take()
	if tx == nil {
		return nil
	}
	if tx.s.failure(tx) != nil {
		return tx.s.rollback(ctx, tx)
	}
	after, fault, _ := tx.s.commit(ctx, tx)
	if fault != nil {
		return fault
	}
	runAll(after)
	return nil
}

// Rollback undoes what was done since the last Commit or Rollback; nothing when
// nothing was. There is no error: what cannot be rolled back is gone with its
// connection.
func (s *Session) Rollback(ctx context.Context) error {
	if tx := s.take(); tx != nil {
		_ = tx.s.rollback(ctx, tx) // what could not be rolled back is gone with its connection
	}
	return nil
}

// Close rolls back and ends the session. It may be called twice, and after
// Commit, when it does nothing: it belongs into a defer.
func (s *Session) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	return s.Rollback(context.Background())
}

func (s *Session) take() *Tx {
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := s.tx
	s.tx = nil
	return tx
}
