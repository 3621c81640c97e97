package netfault

import (
	"context"
	"time"
)

const (
	// askedAgain is the least time from one question whether a silent server is there
	// to the next.
	askedAgain = time.Second / 2

	// longestAsk bounds how long one of them waits for a greeting. A server that is
	// frozen greets those who wait as soon as it goes on, and one of the MySQL family
	// locks out hosts that have left too often before it did: the longer it is silent,
	// the longer they stay. Where what was sent is lost they begin anew.
	longestAsk = 5 * time.Second

	// unwanted is how long nobody must have wanted to connect to a silent server for
	// it not to be asked any more.
	unwanted = time.Minute
)

// absence is what is known of a server that is not connected to.
type absence struct {
	since  time.Time
	wanted time.Time // when somebody would have connected to it last
	alive  func(ctx context.Context) bool
	asked  bool               // somebody asks it
	stop   context.CancelFunc // ends that
}

// mayTry reports whether a server may be connected to. One that was silent may not
// before it has greeted again, which alive is to find out if nobody does already.
func (w *Watch) mayTry(addr string, alive func(ctx context.Context) bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.away[addr]
	if a == nil {
		return true
	}
	a.wanted, a.alive = time.Now(), alive
	w.ask(addr, a)
	return false
}

// leave notes that a server is silent, and has it asked whether it is there again.
func (w *Watch) leave(addr string, alive func(ctx context.Context) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.away[addr] != nil || w.closed {
		return
	}
	if w.away == nil {
		w.away = map[string]*absence{}
	}
	now := time.Now()
	a := &absence{since: now, wanted: now, alive: alive}
	w.away[addr] = a
	w.ask(addr, a)
}

// back lets a server be connected to that has said something.
func (w *Watch) back(addr string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if a := w.away[addr]; a != nil {
		delete(w.away, addr)
		a.stop()
	}
}

// ask begins to ask a server, if nobody does. w is locked.
func (w *Watch) ask(addr string, a *absence) {
	if a.asked || w.closed {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	a.asked, a.stop = true, stop
	w.asking.Go(func() {
		defer stop()
		for w.needed(a) {
			again := time.NewTimer(askedAgain)
			if w.greets(ctx, a) {
				w.back(addr)
			}
			select {
			case <-ctx.Done():
				again.Stop()
				return
			case <-again.C:
			}
		}
	})
}

// needed reports whether somebody wants a silent server, and notes it when it is not
// asked any more: who comes then has it asked anew.
func (w *Watch) needed(a *absence) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	a.asked = time.Since(a.wanted) < unwanted
	return a.asked
}

// greets asks a silent server once. What has just fallen silent is asked often, and
// what has been for long is given a quarter of that time.
func (w *Watch) greets(ctx context.Context, a *absence) bool {
	w.mu.Lock()
	alive := a.alive
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, min(max(time.Since(a.since)/4, firstPatience), longestAsk))
	defer cancel()
	return alive(ctx)
}

// Close ends the questions to servers that are silent, and returns when there is none
// any more. Servers that fall silent later are not avoided. It may be called twice, and
// its error is nil.
func (w *Watch) Close() error {
	w.mu.Lock()
	w.closed = true
	for _, a := range w.away {
		a.stop()
	}
	clear(w.away)
	w.mu.Unlock()
	w.asking.Wait()
	return nil
}
