package netfault

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A server that was silent is not connected to, and is again when it greets: soon when
// it has just fallen silent, and within five seconds however long that was ago.
func TestAServerThatWasSilentIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			w            Watch
			there        atomic.Bool
			asking, many atomic.Int32
		)
		defer w.Close()
		alive := func(ctx context.Context) bool {
			if asking.Add(1) > 1 {
				many.Add(1)
			}
			defer asking.Add(-1)
			if !there.Load() {
				<-ctx.Done()
			}
			return ctx.Err() == nil
		}
		try := func() bool { return w.mayTry("a", alive) }
		if !try() {
			t.Error("a server that nobody knows is not connected to")
		}
		for _, silence := range []time.Duration{0, 1500 * time.Millisecond, 10 * time.Second, time.Minute} {
			there.Store(false)
			w.leave("a", alive)
			for begin := time.Now(); time.Since(begin) < silence; time.Sleep(100 * time.Millisecond) {
				if try() {
					t.Error("a silent server is connected to")
				}
				w.leave("a", alive)
			}
			there.Store(true)
			begin, limit := time.Now(), min(max(silence/4, firstPatience), longestAsk)
			for !try() && time.Since(begin) < time.Minute {
				time.Sleep(10 * time.Millisecond)
			}
			if took := time.Since(begin); took > limit+10*time.Millisecond {
				t.Errorf("a server that was silent for %v is connected to %v after it was there again", silence, took)
			}
		}
		if many.Load() > 0 {
			t.Error("more than one ask at a time")
		}
	})
}

// A server that refuses is asked twice a second.
func TestASilentServerThatRefusesIsNotAskedWithoutAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			w     Watch
			asked atomic.Int32
		)
		defer w.Close()
		w.leave("a", func(context.Context) bool { return asked.Add(1) > 10 })
		time.Sleep(4900 * time.Millisecond)
		if n := asked.Load(); n != 10 {
			t.Errorf("it was asked %d times in five seconds", n)
		}
		time.Sleep(time.Hour)
		if n := asked.Load(); n != 11 {
			t.Errorf("it was asked %d times, though it was there at the eleventh", n)
		}
	})
}

// Nobody asks a server that nobody wants to connect to, or when nothing is to be
// connected to any more; who wants to has it asked again.
func TestASilentServerIsAskedAsLongAsItIsNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			w     Watch
			there atomic.Bool
			asked atomic.Int32
		)
		alive := func(ctx context.Context) bool {
			asked.Add(1)
			return there.Load()
		}
		w.leave("a", alive)
		time.Sleep(2 * unwanted)
		was := asked.Load()
		there.Store(true)
		time.Sleep(time.Hour)
		if n := asked.Load(); n != was || n == 0 {
			t.Errorf("it is asked, though nobody wants it: %d and %d times", was, n)
		}
		if w.mayTry("a", alive) {
			t.Error("it is connected to, and nobody knows whether it is there")
		}
		synctest.Wait()
		if !w.mayTry("a", alive) {
			t.Error("it is there, and not connected to")
		}

		there.Store(false)
		w.leave("a", alive)
		for range 2 {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
			was = asked.Load()
			w.leave("a", alive)
			w.mayTry("a", alive)
			time.Sleep(time.Hour)
		}
		if n := asked.Load(); n != was {
			t.Errorf("it is asked after the end: %d and %d times", was, n)
		}
	})
}

// What was sent by way of a gate before another server took over is not waited for;
// what was sent afterwards is, however long it takes.
func TestWhatIsSentBeforeAGateHasMovedIsGivenUp(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var moved atomic.Int64
	w := Watch{Moved: func(sent time.Time) bool { return moved.Load() > sent.UnixNano() }}
	defer w.Close()
	send := func() (net.Conn, chan error) {
		c, err := w.Dial(t.Context(), "tcp", l.Addr().String(), (&net.Dialer{}).DialContext,
			func(context.Context) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		answer := make(chan error, 1)
		go func() {
			_, err := c.Read(make([]byte, 1))
			answer <- err
		}()
		return c, answer
	}
	before, lost := send()
	defer before.Close()
	select {
	case err := <-lost:
		t.Errorf("nothing has changed: %v", err)
	case <-time.After(1500 * time.Millisecond):
	}
	moved.Store(time.Now().UnixNano())
	after, waits := send()
	begin := time.Now()
	if err := <-lost; !errors.Is(err, errSilent) {
		t.Error(err)
	}
	if took := time.Since(begin); took > 1500*time.Millisecond {
		t.Errorf("it is waited for for %v", took)
	}
	time.Sleep(2500*time.Millisecond - time.Since(begin))
	select {
	case err := <-waits:
		t.Errorf("what was sent afterwards is not waited for: %v", err)
	default:
	}
	after.Close()
	<-waits
}

// A connection on which something was sent that has no answer, and that was not used
// since, is given up as soon as any other.
func TestTheClockBeginsWithEachStatement(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var w Watch
	defer w.Close()
	var gone atomic.Bool
	c, err := w.Dial(t.Context(), "tcp", l.Addr().String(), (&net.Dialer{}).DialContext,
		func(context.Context) bool { return !gone.Load() })
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	write := func() {
		if _, err := c.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	write()
	time.Sleep(3500 * time.Millisecond) // it was asked after one and three seconds, and would be after seven
	gone.Store(true)
	begin := time.Now()
	write()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, errSilent) {
		t.Error(err)
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("it is waited for for %v", took)
	}
}

// Whoever waits for a server that says nothing is told so after three seconds, in which
// some clusters have another primary.
func TestASilentServerIsGivenUpAfterThreeSeconds(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") // nobody accepts: the system does
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var w Watch
	defer w.Close()
	asked := make(chan time.Time, 1)
	alive := func(ctx context.Context) bool {
		until, _ := ctx.Deadline()
		select {
		case asked <- until:
		default: // whether it is there again
		}
		<-ctx.Done()
		return false
	}
	begin := time.Now()
	c, err := w.Dial(t.Context(), "tcp", l.Addr().String(), (&net.Dialer{}).DialContext, alive)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, errSilent) {
		t.Error(err)
	}
	if took := (<-asked).Sub(begin); took < 3*time.Second || took > 3500*time.Millisecond { // a timer may be late
		t.Errorf("it is waited for for %v", took)
	}
	if w.mayTry(l.Addr().String(), alive) {
		t.Error("it is connected to again")
	}
}
