package netfault

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// One who was to try a server that had been silent may never say what came of it,
// because its caller did not wait: nobody else waits for that longer than a second.
func TestAServerThatWasSilentIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w Watch
		if !w.mayTry("a") {
			t.Error("a server that nobody knows is not connected to")
		}
		w.note("a", false)
		time.Sleep(avoided - time.Millisecond)
		if w.mayTry("a") {
			t.Error("a silent server is connected to")
		}
		for range 3 {
			time.Sleep(firstPatience)
			if !w.mayTry("a") {
				t.Error("it is not tried again")
			}
			if w.mayTry("a") {
				t.Error("more than one try it at a time")
			}
		}
		w.note("a", true)
		for range 2 {
			if !w.mayTry("a") {
				t.Error("a server that is there again is not connected to")
			}
		}
	})
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
	asked := make(chan time.Time, 1)
	alive := func(ctx context.Context) bool {
		until, _ := ctx.Deadline()
		asked <- until
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
	if w.mayTry(l.Addr().String()) {
		t.Error("it is connected to again")
	}
}
