package server

import (
	"context"
	"sync"
	"time"

	"github.com/larder-db/larder/dberr"
)

// glimpse is how long those who ask whether the database is well wait for it.
const glimpse = 2 * time.Second

// lookout asks the database something, for all who want to know at the same
// time, and answers in time whatever the database does.
type lookout[T any] struct {
	ask func(ctx context.Context) (T, error)

	mu  sync.Mutex
	now *sight[T]
}

// sight is an answer under way.
type sight[T any] struct {
	done chan struct{}
	v    T
	err  error
	fell any // what the probe panicked with
}

// look returns what the database says, or a dberr.Timeout error.
func (l *lookout[T]) look(ctx context.Context) (T, error) {
	l.mu.Lock()
	s := l.now
	if s == nil {
		s = &sight[T]{done: make(chan struct{})}
		l.now = s
		go func() {
			// It is for others, too, so that it does not end with who asked first.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), glimpse)
			defer cancel()
			defer func() {
				s.fell = recover() // for the requests that wait, which know what to do with it
				l.mu.Lock()
				l.now = nil
				l.mu.Unlock()
				close(s.done)
			}()
			s.v, s.err = l.ask(ctx)
		}()
	}
	l.mu.Unlock()
	end := time.NewTimer(glimpse)
	defer end.Stop()
	var none T
	select {
	case <-s.done:
		if s.fell != nil {
			panic(s.fell)
		}
		return s.v, s.err
	case <-end.C:
		return none, dberr.New(dberr.Timeout, "look at the database", "it did not answer within 2 seconds")
	case <-ctx.Done():
		return none, ctx.Err()
	}
}
