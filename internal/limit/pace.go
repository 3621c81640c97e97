package limit

import "time"

// Pace is how slow a peer may be: it has Grace for anything, and then as long
// as Rate bytes a second take. A peer that stands still for Grace is too slow.
type Pace struct {
	Grace time.Duration
	Rate  int64 // bytes a second
}

// Deadline is until when the next bytes have to be through, for a transfer that
// began at start and has brought done bytes by now.
func (p Pace) Deadline(start, now time.Time, done int64) time.Time {
	average := start.Add(p.Grace + time.Duration(float64(done)/float64(p.Rate)*float64(time.Second)))
	if still := now.Add(p.Grace); still.Before(average) {
		return still
	}
	return average
}
