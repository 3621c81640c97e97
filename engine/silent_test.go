package engine_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
)

// Of several hosts one falls silent: who waits for it is told soon that nobody
// answers, and who comes after goes to another. A server that is merely slow is
// waited for.
func TestASilentServerAmongSeveralIsGivenUp(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) {
		t.Parallel()
		p, url := throughProxy(t, testdb.New(t, name).URL)
		url = p.then(url, p.target)
		const kept = 12 // connections that nobody uses when it falls silent
		eng := enginetest.Open(t, url, engine.Options{Pool: &dburl.PoolSettings{Size: kept, Timeout: time.Minute, PrePing: true}})
		table(t, eng)
		keep(t, eng, kept)
		slow := map[string]string{testdb.PostgreSQL: "SELECT count(*) FROM (SELECT pg_sleep(6)) AS s"}[name]
		if slow == "" {
			slow = "SELECT SLEEP(6) + 1"
		}
		if n, err := readNumber(t.Context(), eng, slow); err != nil || n != 1 {
			t.Errorf("a slow statement: %d, %v (%v)", n, err, errors.Unwrap(err))
		}

		begin := time.Now()
		err := eng.InTx(t.Context(), engine.TxOptions{MaxAttempts: 1}, func(ctx context.Context, tx *engine.Tx) error {
			if err := insert(ctx, tx, 1); err != nil {
				return err
			}
			p.silent.Store(true)
			return nil
		})
		if !errors.Is(err, engine.ErrOutcomeUnknown) {
			t.Errorf("a commit without an answer: %v", err)
		}
		code(t, err, dberr.Unavailable)
		if took := time.Since(begin); took > 20*time.Second { // five seconds, on a machine that has nothing else to do
			t.Errorf("the silent server was waited for for %v", took)
		}
		begin = time.Now()
		asked := p.dialed()
		for id := range kept {
			if err := insert(t.Context(), eng, 2+id); err != nil {
				t.Errorf("the other server is there: %v (%v)", err, errors.Unwrap(err))
			}
		}
		took := time.Since(begin)
		if took > 20*time.Second {
			t.Errorf("the other server was found after %v", took)
		}
		// Connections that were kept are gone with the first that was silent: nobody
		// takes one, waits, and asks whether the server is there. One asks for all,
		// and waits a second each time.
		if again := p.dialed() - asked; again > 1+int(took/time.Second) {
			t.Errorf("the silent server was asked %d times more in %v", again, took)
		}
	})
}

// A server that greets is there, whatever it makes of what it is asked then: a gate
// holds that back while nobody behind it can say, and a statement that takes long may
// have been let through before.
func TestAServerThatGreetsIsWaitedFor(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) {
		t.Parallel()
		p, url := throughProxy(t, testdb.New(t, name).URL)
		url = p.then(url, p.target)
		eng := enginetest.Open(t, url, engine.Options{})
		slow := "SELECT SLEEP(5) + 1"
		if name == testdb.PostgreSQL {
			slow = "SELECT count(*) FROM (SELECT pg_sleep(5)) AS s"
		}
		keep(t, eng, 1)
		asked := p.dialed()
		loses := func(sent []byte) bool { return bytes.Contains(bytes.ToUpper(sent), []byte("SELECT @@")) }
		p.cut.Store(&loses)
		once := engine.TxOptions{MaxAttempts: 1}
		if err := eng.InTx(t.Context(), once, func(ctx context.Context, tx *engine.Tx) error {
			n, err := readNumber(ctx, tx, slow)
			if err == nil && n != 1 {
				t.Errorf("it gives %d", n)
			}
			return err
		}); err != nil {
			t.Errorf("%v (%v)", err, errors.Unwrap(err))
		}
		if p.dialed() == asked {
			t.Error("the server was not asked whether it is there")
		}
	})
}

// keep leaves so many connections behind that nobody uses.
func keep(t *testing.T, eng *engine.Engine, n int) {
	t.Helper()
	var all, there sync.WaitGroup
	there.Add(n)
	for range n {
		all.Go(func() {
			if err := eng.InTx(t.Context(), engine.TxOptions{}, func(context.Context, *engine.Tx) error {
				there.Done()
				there.Wait()
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
