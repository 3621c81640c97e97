//go:build unix

package migrate_test

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/schema"
)

// killed reports whether a child was ended by SIGKILL.
func killed(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	ws, ok := exit.Sys().(syscall.WaitStatus)
	return ok && ws.Signaled() && ws.Signal() == syscall.SIGKILL
}

// TestKilledAtEveryStep kills the process at each statement, commit and event
// of a run, and lets the next one finish it.
func TestKilledAtEveryStep(t *testing.T) {
	for _, name := range testdb.Engines() {
		t.Run(name, func(t *testing.T) {
			step := killStep
			if name == testdb.SQLite {
				step = 1
			}
			for at := 1; ; at += step {
				db := testdb.New(t, name)
				// Two in a row, so that a resumed run is killed too.
				out, err := child(t, db.URL, fmt.Sprintf("%s=%d", childKillAt, at)).CombinedOutput()
				if err == nil {
					if at < 20 {
						t.Errorf("the run had only %d places to be killed at", at-1)
					}
					break
				}
				if !killed(err) {
					t.Fatalf("at %d: %v\n%s", at, err, out)
				}
				if out, err := child(t, db.URL, fmt.Sprintf("%s=%d", childKillAt, 1+at%7)).CombinedOutput(); err != nil &&
					!killed(err) {
					t.Fatalf("at %d, again: %v\n%s", at, err, out)
				}
				if out, err := child(t, db.URL).CombinedOutput(); err != nil {
					t.Fatalf("at %d, the run after it: %v\n%s", at, err, out)
				}
				eng := enginetest.Open(t, db.URL, engine.Options{})
				checkKillable(t, eng)
				if t.Failed() {
					t.Fatalf("killed at %d", at)
				}
			}
		})
	}
}

// TestKilledThenUndone kills the process in the middle and takes back what
// stands.
func TestKilledThenUndone(t *testing.T) {
	for _, name := range testdb.Engines() {
		t.Run(name, func(t *testing.T) {
			for _, at := range []int{9, 14, 19, 24} {
				db := testdb.New(t, name)
				if out, err := child(t, db.URL, childTarget+"=k1").CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				eng := enginetest.Open(t, db.URL, engine.Options{})
				before := snapshotOf(t, eng)
				if out, err := child(t, db.URL, fmt.Sprintf("%s=%d", childKillAt, at)).CombinedOutput(); err != nil &&
					!killed(err) {
					t.Fatalf("%v\n%s", err, out)
				} else if err == nil {
					continue
				}
				r := runner(t, eng, killable()...)
				if _, err := r.Repair(t.Context(), migrate.RepairOptions{Undo: true}); err != nil {
					t.Fatalf("killed at %d: %v", at, err)
				}
				if d := schema.Diff(before, snapshotOf(t, eng)); len(d) != 0 {
					t.Errorf("killed at %d, the undo left %v", at, d)
				}
				f, err := r.Check(t.Context())
				if err != nil || len(f.HalfApplied) != 0 {
					t.Errorf("check: %+v %v", f, err)
				}
				upgrade(t, r, "head")
			}
		})
	}
}

// race runs n processes at once. The first ones are killed at the events of
// kills; the others must succeed, and each revision is applied once.
func race(t *testing.T, db testdb.DB, n int, kills ...int) {
	t.Helper()
	outs := make([]string, n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			var env []string
			if i < len(kills) {
				env = append(env, fmt.Sprintf("%s=%d", childKillAt, kills[i]))
			}
			b, err := child(t, db.URL, env...).CombinedOutput()
			outs[i], errs[i] = string(b), err
		})
	}
	wg.Wait()
	ran := map[string]int{}
	for i := range n {
		if errs[i] != nil && !(i < len(kills) && killed(errs[i])) {
			t.Errorf("process %d: %v\n%s", i, errs[i], outs[i])
		}
		for line := range strings.Lines(outs[i]) {
			if id, ok := strings.CutPrefix(strings.TrimSpace(line), "ran "); ok {
				ran[id]++
			}
		}
	}
	for _, id := range []string{"k1", "k2"} {
		if ran[id] > 1 || id == "k2" && len(kills) == 0 && ran[id] != 1 {
			t.Errorf("revision %s ran %d times", id, ran[id])
		}
	}
	checkKillable(t, enginetest.Open(t, db.URL, engine.Options{}))
}

func TestEightProcesses(t *testing.T) {
	for _, name := range testdb.Engines() {
		t.Run(name, func(t *testing.T) {
			race(t, testdb.New(t, name), 8)
		})
		t.Run(name+" old", func(t *testing.T) {
			race(t, old(t, name), 8)
		})
	}
}

// old is a database at the first revision.
func old(t testing.TB, name string) testdb.DB {
	t.Helper()
	db := testdb.New(t, name)
	if out, err := child(t, db.URL, childTarget+"=k1").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return db
}

func TestTheHolderOfTheLockIsKilled(t *testing.T) {
	for _, name := range testdb.Engines() {
		t.Run(name, func(t *testing.T) {
			race(t, testdb.New(t, name), 6, 5, 12, 17)
		})
	}
}
