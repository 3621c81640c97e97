package limit

import (
	"context"
	"sync"
	"time"
)

// Budget is an amount of memory that all requests share. It is safe for
// concurrent use.
type Budget struct {
	mu      sync.Mutex
	total   int64
	used    int64
	number  uint64
	held    map[string]int64 // by whoever holds it
	shares  map[*Share]struct{}
	waiting int
	changed chan struct{} // closed when there may be room again
}

// NewBudget is a budget of that many bytes.
func NewBudget(total int64) *Budget {
	return &Budget{total: total, held: make(map[string]int64), shares: make(map[*Share]struct{}),
		changed: make(chan struct{})}
}

// Used is how much is held now. It can be more than the total: see [Share.Grow].
func (b *Budget) Used() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// Share is what one request holds. It belongs to one goroutine at a time.
type Share struct {
	b      *Budget
	who    string
	number uint64 // order of age
	held   int64
}

// Share returns a share for a request of who, which holds nothing yet.
func (b *Budget) Share(who string) *Share { return &Share{b: b, who: who} }

// Grow takes n bytes more, or waits for them for as long as patience and ctx
// allow; [ErrFull] otherwise. Nobody but a lone one gets more than half of the
// budget for all of its requests together. The oldest share always gets what it
// asks for, so that of many that have got half of what they need one ends.
func (s *Share) Grow(ctx context.Context, n int64, patience time.Duration) error {
	b := s.b
	var timeout <-chan time.Time
	for {
		b.mu.Lock()
		s.enter()
		if b.mayTake(s, n) {
			b.add(s, n)
			b.mu.Unlock()
			return nil
		}
		changed := b.changed
		b.waiting++
		b.mu.Unlock()
		if timeout == nil {
			t := time.NewTimer(patience)
			defer t.Stop()
			timeout = t.C
		}
		var err error
		select {
		case <-changed:
		case <-timeout:
			err = ErrFull
		case <-ctx.Done():
			err = ctx.Err()
		}
		b.mu.Lock()
		b.waiting--
		b.mu.Unlock()
		if err != nil {
			return err
		}
	}
}

// Set makes the share hold n bytes, room or not: for what is there already.
func (s *Share) Set(n int64) {
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	s.enter()
	s.b.add(s, n-s.held)
	s.b.wake()
}

// Held is how many bytes the share holds.
func (s *Share) Held() int64 {
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	return s.held
}

// Close gives everything back. It may be called twice.
func (s *Share) Close() {
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	s.b.add(s, -s.held)
	delete(s.b.shares, s)
	s.number = 0
	s.b.wake()
}

// Add charges n bytes to who, room or not, for what several requests hold
// together; less than 0 gives them back.
func (b *Budget) Add(who string, n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.charge(who, n)
	b.wake()
}

// enter gives the share its age, at the first time that it asks for something.
func (s *Share) enter() {
	if s.number != 0 {
		return
	}
	s.b.number++
	s.number = s.b.number
	s.b.shares[s] = struct{}{}
}

func (b *Budget) mayTake(s *Share, n int64) bool {
	if b.used+n <= b.total && (b.held[s.who]+n <= b.total/2 || b.held[s.who] == s.held && b.used == s.held) {
		return true
	}
	for other := range b.shares {
		if other.number < s.number {
			return false
		}
	}
	return true
}

func (b *Budget) add(s *Share, n int64) {
	s.held += n
	b.charge(s.who, n)
}

func (b *Budget) charge(who string, n int64) {
	b.used += n
	if b.held[who] += n; b.held[who] == 0 {
		delete(b.held, who)
	}
}

// wake lets those that wait look again.
func (b *Budget) wake() {
	if b.waiting > 0 {
		close(b.changed)
		b.changed = make(chan struct{})
	}
}
