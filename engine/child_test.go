package engine_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
)

// Tests that need several processes run the test binary again; what a child
// does is named in LARDER_ENGINE_CHILD, with its arguments in
// LARDER_ENGINE_URL and LARDER_ENGINE_N.
func runChild(what string) int {
	url := os.Getenv("LARDER_ENGINE_URL")
	n, err := strconv.Atoi(os.Getenv("LARDER_ENGINE_N"))
	if err == nil {
		switch what {
		case "write":
			err = childWrites(url, n)
		case "lock":
			err = childLocks(url)
		default:
			err = fmt.Errorf("unknown child %q", what)
		}
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%v (%v)\n", err, errors.Unwrap(err))
		return 1
	}
	return 0
}

func child(t testing.TB, what, url string, n int) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self)
	c.Env = append(os.Environ(), "LARDER_ENGINE_CHILD="+what, "LARDER_ENGINE_URL="+url, "LARDER_ENGINE_N="+strconv.Itoa(n))
	return c
}

const childTxs = 40

func childWrites(url string, n int) error {
	ctx := context.Background()
	eng, err := engine.Open(ctx, url, engine.Options{Drivers: drivers()})
	if err != nil {
		return err
	}
	defer eng.Close()
	for i := range childTxs {
		if err := eng.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
			v, err := readNumber(ctx, tx, "SELECT n FROM item WHERE id = 1")
			if err != nil {
				return err
			}
			if err := insert(ctx, tx, n*1000+i+10); err != nil {
				return err
			}
			_, err = tx.Exec(ctx, st(tx, true, "UPDATE item SET n = ? WHERE id = 1", v+1))
			return err
		}); err != nil {
			return err
		}
		if _, err := readNumber(ctx, eng, "SELECT count(*) FROM item"); err != nil {
			return err
		}
	}
	return nil
}

// Sixteen processes open one file at the same moment, a fresh one at that, and
// write to it: nobody hears that it is locked, and no update is lost.
func TestManyProcessesOnOneFile(t *testing.T) {
	if !slices.Contains(testdb.Engines(), testdb.SQLite) {
		return
	}
	manyProcesses(t, 16)
}

func manyProcesses(t *testing.T, processes int) {
	db := testdb.New(t, testdb.SQLite)
	setup := enginetest.Open(t, db.URL, engine.Options{})
	table(t, setup)
	do(t, setup, "INSERT INTO item (id, n) VALUES (1, 0)")
	var wg sync.WaitGroup
	for p := range processes {
		c := child(t, "write", db.URL, p)
		wg.Go(func() {
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("process %d: %v: %s", p, err, out)
			}
		})
	}
	wg.Wait()
	if n, want := number(t, setup, "SELECT n FROM item WHERE id = 1"), int64(processes*childTxs); n != want {
		t.Errorf("the counter is %d, want %d", n, want)
	}
	if n, want := count(t, setup), int64(processes*childTxs+1); n != want {
		t.Errorf("%d rows, want %d", n, want)
	}
}

func TestManyProcessesOpenAFreshFile(t *testing.T) {
	if !slices.Contains(testdb.Engines(), testdb.SQLite) {
		return
	}
	for range 3 {
		db := testdb.New(t, testdb.SQLite)
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				eng, err := engine.Open(t.Context(), db.URL, engine.Options{Drivers: drivers()})
				if err != nil {
					t.Errorf("%v (%v)", err, errors.Unwrap(err))
					return
				}
				if w := eng.Warnings(); len(w) != 0 {
					t.Errorf("warnings: %v", w)
				}
				if err := eng.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
}

func TestManyWritersInOneProcess(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) { manyWriters(t, eng, 20) })
}

func manyWriters(t *testing.T, eng *engine.Engine, each int) {
	table(t, eng)
	const writers = 32
	do(t, eng, "INSERT INTO item (id, n) VALUES (1, 0)")
	var wg sync.WaitGroup
	var mu sync.Mutex
	var worst time.Duration
	stop := make(chan struct{})
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				begin := time.Now()
				err := eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
					if _, err := tx.Exec(ctx, st(tx, true, "UPDATE item SET n = n + 1 WHERE id = 1")); err != nil {
						return err
					}
					return insert(ctx, tx, 1000+w*1000+i)
				})
				if err != nil {
					t.Errorf("writer %d: %v (%v)", w, err, errors.Unwrap(err))
				}
				mu.Lock()
				worst = max(worst, time.Since(begin))
				mu.Unlock()
			}
		})
	}
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := readNumber(t.Context(), eng, "SELECT count(*) FROM item"); err != nil {
					t.Errorf("reader: %v (%v)", err, errors.Unwrap(err))
					return
				}
			}
		})
	}
	wg.Wait()
	close(stop)
	readers.Wait()
	if n := number(t, eng, "SELECT n FROM item WHERE id = 1"); n != int64(writers*each) {
		t.Errorf("the counter is %d, want %d", n, writers*each)
	}
	t.Logf("worst wait %s", worst)
}

func childLocks(url string) error {
	ctx := context.Background()
	eng, err := engine.Open(ctx, url, engine.Options{Drivers: drivers()})
	if err != nil {
		return err
	}
	if _, err := eng.Lock(ctx, "migrate", nil); err != nil {
		return err
	}
	fmt.Println("locked")
	select {} // until it is killed
}

func TestLock(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		t.Parallel()
		ctx := t.Context()
		release, err := eng.Lock(ctx, "migrate", nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := eng.Stats().InUse(); n != 0 {
			t.Errorf("the lock takes %d places in the pool", n)
		}
		other, err := eng.Lock(ctx, "another Name: ä "+strings.Repeat("long", 100), nil)
		if err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		_, err = eng.Lock(short, "migrate", nil)
		code(t, err, "busy")
		if !strings.Contains(err.Error(), "migrate") {
			t.Errorf("the message does not name the lock: %v", err)
		}
		gone, cancelNow := context.WithCancel(ctx)
		cancelNow()
		_, err = eng.Lock(gone, "migrate", nil)
		code(t, err, "canceled")
		_, err = eng.Lock(ctx, "", nil)
		code(t, err, "invalid")

		var told []time.Duration
		time.AfterFunc(1300*time.Millisecond, func() { _ = release() })
		begin := time.Now()
		again, err := eng.Lock(ctx, "migrate", func(d time.Duration) { told = append(told, d) })
		if err != nil {
			t.Fatal(err)
		}
		if d := time.Since(begin); d < time.Second || d > 5*time.Second || len(told) != 1 {
			t.Errorf("waited %s, told %v", d, told)
		}
		for _, f := range []func() error{release, again, again, other} {
			if err := f(); err != nil {
				t.Error(err)
			}
		}
		// It excludes.
		var inside, n atomic.Int32
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 3 {
					release, err := eng.Lock(ctx, "count", nil)
					if err != nil {
						t.Error(err)
						return
					}
					if inside.Add(1) != 1 {
						t.Error("two hold the lock")
					}
					n.Add(1)
					time.Sleep(time.Millisecond)
					inside.Add(-1)
					if err := release(); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if n.Load() != 12 {
			t.Errorf("counted %d, want 12", n.Load())
		}
	})
}

// What is done under a lock ends when the session that holds it does.
func TestALockThatIsLost(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) {
		t.Parallel()
		db := testdb.New(t, name)
		u, err := dburl.Parse(db.URL)
		if err != nil {
			t.Fatal(err)
		}
		eng := enginetest.Open(t, db.URL, engine.Options{})
		admin := enginetest.Open(t, testdb.New(t, name).URL, engine.Options{})
		for what, held := range map[string]struct {
			end  func(ctx context.Context) error
			want string
		}{
			"whoever waits for ctx": {func(ctx context.Context) error {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(10 * time.Second):
					return errors.New("nobody says that the lock was lost")
				}
			}, "unavailable"},
			"who is done":       {func(context.Context) error { return nil }, ""},
			"who fails in time": {func(context.Context) error { return dberr.New(dberr.Check, "x", "x") }, "check"},
			"who runs a statement": {func(ctx context.Context) error {
				for {
					if _, err := readNumber(ctx, eng, "SELECT 1"); err != nil {
						return err
					}
					time.Sleep(10 * time.Millisecond)
				}
			}, "unavailable"},
		} {
			err := eng.WithLock(t.Context(), "a", engine.LockOptions{}, func(ctx context.Context) error {
				// It is held for as long as nothing happens.
				time.Sleep(1200 * time.Millisecond)
				if ctx.Err() != nil {
					t.Errorf("%s: %v", what, context.Cause(ctx))
				}
				killAll(t, name, u.Database, admin)
				return held.end(ctx)
			})
			if held.want == "" && err != nil {
				t.Errorf("%s: %v", what, err)
			}
			if held.want != "" {
				code(t, err, dberr.Code(held.want))
			}
			if held.want == "unavailable" && (err == nil || !strings.Contains(err.Error(), "the lock a was lost")) {
				t.Errorf("%s: %v", what, err)
			}
		}
		short, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		release, err := eng.Lock(short, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		begin := time.Now()
		err = eng.WithLock(t.Context(), "a", engine.LockOptions{Wait: 300 * time.Millisecond},
			func(context.Context) error { return errors.New("there are two") })
		code(t, err, "busy")
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("it is waited for for %v", took)
		}
	})
}

func TestALockIsFreeWhenItsHolderIsKilled(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		t.Parallel()
		c := child(t, "lock", eng.URL().Reveal(), 0)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		c.Stderr = os.Stderr
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 16)
		if _, err := out.Read(buf); err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		_, err = eng.Lock(short, "migrate", nil)
		code(t, err, "busy")
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		release, err := eng.Lock(ctx, "migrate", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := release(); err != nil {
			t.Error(err)
		}
	})
}
