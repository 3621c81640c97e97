package cli_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// gaps is the longest time without an acknowledged write.
type gaps struct {
	mu      sync.Mutex
	last    time.Time
	longest time.Duration
	count   int
}

func (g *gaps) done() {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if !g.last.IsZero() {
		g.longest = max(g.longest, now.Sub(g.last))
	}
	g.last, g.count = now, g.count+1
}

const (
	// answersLate is longer than an answer that was under way arrives after a fault.
	answersLate = time.Second
	// goesOn is how far writes are apart at most while nothing is wrong.
	goesOn = 100 * time.Millisecond
)

// over reports whether writes go on after a fault. Those that are acknowledged at
// once after it say nothing: a moment after a server has been ended the last write
// is as recent as ever.
func (g *gaps) over(fault time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.last.Sub(fault) > answersLate && time.Since(g.last) < goesOn
}

// A gap that has not begun yet, because the last write was only just acknowledged,
// is not over.
func TestAGapIsOverWhenWritesGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gaps
		g.done()
		fault := time.Now()
		write := func(pause time.Duration) {
			time.Sleep(pause)
			g.done()
		}
		write(goesOn / 10) // its answer was under way
		for _, pause := range []time.Duration{0, goesOn / 2, time.Second, time.Second} {
			time.Sleep(pause)
			if g.over(fault) {
				t.Errorf("over %v after a fault, before anything was written", time.Since(fault))
			}
		}
		write(time.Second)
		if !g.over(fault) {
			t.Error("not over although writes go on")
		}
		time.Sleep(goesOn)
		if g.over(fault) {
			t.Error("over although they have stopped again")
		}
		if g.count != 3 || g.longest != 3*time.Second+goesOn/2 {
			t.Errorf("%d writes, %v apart at most", g.count, g.longest)
		}
	})
}
