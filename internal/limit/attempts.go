package limit

import (
	"hash/maphash"
	"sync"
	"time"
)

// Attempts counts what everybody may do only so often in a window of time that
// moves. It keeps a bounded number of counts: when there are too many, some that
// nobody would be refused for are forgotten first. It is safe for concurrent use.
type Attempts struct {
	most   int
	window time.Duration
	seed   maphash.Seed

	mu   sync.Mutex
	made map[uint64][]time.Time // the newest last
}

// counts is for how many keys attempts are counted.
const counts = 1 << 16

// NewAttempts allows most attempts in a window.
func NewAttempts(most int, window time.Duration) *Attempts {
	return &Attempts{most: most, window: window, seed: maphash.MakeSeed(), made: make(map[uint64][]time.Time)}
}

// Begin counts an attempt of key. Where there were too many it is not counted,
// and again is how long it takes until there may be one.
func (a *Attempts) Begin(key string, now time.Time) (ok bool, again time.Duration) {
	h := maphash.String(a.seed, key)
	a.mu.Lock()
	defer a.mu.Unlock()
	made := a.made[h]
	for len(made) > 0 && now.Sub(made[0]) >= a.window {
		made = made[1:]
	}
	if len(made) >= a.most {
		a.made[h] = made
		return false, made[0].Add(a.window).Sub(now)
	}
	if made == nil {
		a.room(now)
		made = make([]time.Time, 0, min(a.most, 4))
	}
	a.made[h] = append(made, now)
	return true, 0
}

// Made is how many attempts of key count now.
func (a *Attempts) Made(key string, now time.Time) int {
	h := maphash.String(a.seed, key)
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, at := range a.made[h] {
		if now.Sub(at) < a.window {
			n++
		}
	}
	return n
}

// Undo takes the last attempt of key back: it was none.
func (a *Attempts) Undo(key string) {
	h := maphash.String(a.seed, key)
	a.mu.Lock()
	defer a.mu.Unlock()
	if made := a.made[h]; len(made) > 1 {
		a.made[h] = made[:len(made)-1]
	} else {
		delete(a.made, h)
	}
}

// room forgets counts when there are too many.
func (a *Attempts) room(now time.Time) {
	if len(a.made) < counts {
		return
	}
	for h, made := range a.made {
		if now.Sub(made[len(made)-1]) >= a.window {
			delete(a.made, h)
		}
	}
	// Whoever has many addresses can only make us forget those who have tried
	// little: one more attempt for each of them.
	for pass := 1; pass <= a.most && len(a.made) >= counts*3/4; pass++ {
		for h, made := range a.made {
			if len(made) <= pass {
				delete(a.made, h)
			}
			if len(a.made) < counts*3/4 {
				return
			}
		}
	}
}
