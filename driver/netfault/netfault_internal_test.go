package netfault

import (
	"net"
	"sync/atomic"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// lost takes every error for one of the network.
type lost struct{}

func (lost) Classify(error) driver.Fault { return driver.Fault{Code: dberr.Unavailable} }

// What listens is asked what it is when a program begins, and not by each call that
// waits for the server that takes over: a frozen one takes seconds not to answer.
func TestAKnownServerIsNotAskedWhatItIs(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var asked atomic.Int32
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			asked.Add(1)
			c.Close()
		}
	}()
	a := Attempt{Engine: "postgresql", Server: "PostgreSQL", Where: l.Addr().String(), Classifier: lost{}}
	for _, a.Known = range []bool{true, false} {
		if err := a.Error(t.Context(), net.ErrClosed); dberr.CodeOf(err) != dberr.Unavailable {
			t.Error(err)
		}
		if got := asked.Load() > 0; got == a.Known {
			t.Errorf("known %v: what listens was asked %d times", a.Known, asked.Load())
		}
	}
}
