package limit

import (
	"context"
	"sync"
)

// Queue lets a few work at a time. Of those that wait the one with the lowest
// rank is next, and of equals the one that has waited longest. When too many
// wait, the last one of them is turned away. It is safe for concurrent use.
type Queue struct {
	mu      sync.Mutex
	free    int
	most    int
	waiting []*waiter // in the order in which they came
}

type waiter struct {
	rank int
	turn chan bool // closed without a value when turned away
}

// NewQueue lets places work and most wait.
func NewQueue(places, most int) *Queue { return &Queue{free: places, most: most} }

// Enter waits for a place. [ErrFull] says that others were to be let in first.
func (q *Queue) Enter(ctx context.Context, rank int) (leave func(), err error) {
	q.mu.Lock()
	if q.free > 0 {
		q.free--
		q.mu.Unlock()
		return q.leave, nil
	}
	w := &waiter{rank: rank, turn: make(chan bool, 1)}
	q.waiting = append(q.waiting, w)
	if len(q.waiting) > q.most {
		last := q.waiting[0]
		for _, x := range q.waiting {
			if x.rank >= last.rank {
				last = x
			}
		}
		q.drop(last)
		close(last.turn)
	}
	q.mu.Unlock()
	select {
	case ok := <-w.turn:
		if !ok {
			return nil, ErrFull
		}
		return q.leave, nil
	case <-ctx.Done():
	}
	q.mu.Lock()
	gone := q.drop(w)
	q.mu.Unlock()
	if !gone && <-w.turn { // it was given a place meanwhile
		q.leave()
	}
	return nil, ctx.Err()
}

// drop takes a waiter out; false when it is not there any more.
func (q *Queue) drop(w *waiter) bool {
	for i, x := range q.waiting {
		if x == w {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			return true
		}
	}
	return false
}

func (q *Queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.free++
		return
	}
	next := q.waiting[0]
	for _, x := range q.waiting {
		if x.rank < next.rank {
			next = x
		}
	}
	q.drop(next)
	next.turn <- true
}
