package netfault

import (
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
