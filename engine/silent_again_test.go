package engine_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
)

// The only server of several that is there falls silent, is given up, and answers
// again a second and a half later: who waits for it comes through soon after, and not
// when some time has passed in which nobody looked.
func TestASilentServerThatAnswersAgainIsFoundSoon(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) {
		t.Parallel()
		p, url := throughProxy(t, testdb.New(t, name).URL)
		nobody, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		other := nobody.Addr().String()
		nobody.Close()
		url = p.then(url, other)
		eng := enginetest.Open(t, url, engine.Options{})
		if n := number(t, eng, "SELECT 1"); n != 1 {
			t.Fatal(n)
		}

		p.silent.Store(true)
		type answer struct {
			n   int64
			err error
		}
		read := make(chan answer, 1)
		go func() {
			n, err := readNumber(t.Context(), eng, "SELECT 1")
			read <- answer{n, err}
		}()
		time.Sleep(4500 * time.Millisecond) // given up after three of them
		p.silent.Store(false)
		again := time.Now()
		if got := <-read; got.n != 1 || got.err != nil {
			t.Errorf("%d, %v (%v)", got.n, got.err, errors.Unwrap(got.err))
		}
		if took := time.Since(again); took > 2500*time.Millisecond {
			t.Errorf("the call came through %v after the server was there again", took)
		} else {
			t.Logf("the call came through %v after the server was there again", took)
		}
	})
}
