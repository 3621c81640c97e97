package engine

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/larder-db/larder/dberr"
)

// Two looks for a server that takes over are a tenth of the time apart that it has taken
// already, which is what they add to a failover at most, but not less or more than this.
const failoverLeast, failoverMost = 20 * time.Millisecond, 200 * time.Millisecond

// tries counts the attempts of one call.
type tries struct {
	policy RetryPolicy
	begin  time.Time
	n      int
}

// next waits before another attempt and reports whether there is one. ctx ends
// the wait, and then there is none. The first attempt that failed because a
// pooled connection was found dead is repeated at once.
func (t *tries) next(ctx context.Context, cause *dberr.Error) bool {
	if t.n == 0 {
		t.begin = time.Now()
	}
	t.n++
	takesOver := cause.Code == dberr.Unavailable && time.Since(t.begin) < t.policy.Failover
	if t.n >= t.policy.Attempts && !takesOver || ctx.Err() != nil || time.Since(t.begin) > t.policy.Budget {
		return false
	}
	if t.n == 1 && cause.Code == dberr.Unavailable && cause.Unsent {
		return true
	}
	d := min(t.policy.BaseDelay<<min(t.n-1, 20), t.policy.MaxDelay)
	if takesOver {
		d = min(d, failoverMost, max(failoverLeast, time.Since(t.begin)/10))
	}
	timer := time.NewTimer(d/2 + rand.N(d/2+1))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// attempt is the number of the attempt under way, from 1.
func (t *tries) attempt() int { return t.n + 1 }
