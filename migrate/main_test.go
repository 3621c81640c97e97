//go:build unix

package migrate_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/migrate"
)

// Variables that make the test binary a child that migrates a database.
const (
	childURL    = "LARDER_TEST_MIGRATE_URL"
	childTarget = "LARDER_TEST_MIGRATE_TARGET" // empty is head
	childKillAt = "LARDER_TEST_MIGRATE_KILL"   // the number of the event at which the child kills itself
	childBulk   = "LARDER_TEST_MIGRATE_BULK"   // the history with the long data step
	childPause  = "LARDER_TEST_MIGRATE_PAUSE"  // how long it waits at each event
	childRepair = "LARDER_TEST_MIGRATE_REPAIR" // repair what stands of guarded instead of upgrading
)

func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		if err := runChild(context.Background(), url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// killer ends the process with SIGKILL at the n-th thing that happens: a
// statement, a commit, or an event of the runner.
type killer struct {
	at    int64
	pause time.Duration
	seen  atomic.Int64
}

func (k *killer) tick() {
	if k.pause > 0 {
		time.Sleep(k.pause)
	}
	if k.seen.Add(1) == k.at {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

func (k *killer) Before(ctx context.Context, ev *engine.Event) context.Context {
	if ev.Write || ev.Kind == engine.KindCommit {
		k.tick()
	}
	return ctx
}

func (k *killer) After(context.Context, *engine.Event) {}

func runChild(ctx context.Context, url string) error {
	k := &killer{}
	if s := os.Getenv(childKillAt); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return err
		}
		k.at = n
	}
	if s := os.Getenv(childPause); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil {
			return err
		}
		k.pause = d
	}
	eng, err := engine.Open(ctx, url,
		engine.Options{Drivers: engines.All(), Hooks: []engine.Hook{k}, SQLite: new(dburl.DefaultSQLite().ForMigration())})
	if err != nil {
		return err
	}
	defer eng.Close()
	revs := killable()
	if os.Getenv(childBulk) != "" {
		revs = bulky()
	}
	if os.Getenv(childRepair) != "" {
		revs = guarded()
	}
	r, err := migrate.New(migrate.Options{Engine: eng, Lineages: []migrate.Lineage{{Revisions: revs}}, Events: func(e migrate.Event) {
		switch e.Kind {
		case migrate.Begun:
			fmt.Println("begun", e.Revision)
			k.tick()
		case migrate.StatementRun:
			k.tick()
		case migrate.DataProgress:
			fmt.Println("progress", e.Done, e.Total)
		}
	}})
	if err != nil {
		return err
	}
	if os.Getenv(childRepair) != "" {
		did, err := r.Repair(ctx, migrate.RepairOptions{})
		fmt.Println(did)
		return err
	}
	target := os.Getenv(childTarget)
	if target == "" {
		target = "head"
	}
	rep, err := r.Upgrade(ctx, target)
	if err != nil {
		return err
	}
	for _, x := range rep.Ran {
		fmt.Println("ran", x.Revision)
	}
	return nil
}

// child is the test binary as a process that migrates the database at url.
func child(t testing.TB, url string, env ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self)
	c.Env = append(append(os.Environ(), childURL+"="+url), env...)
	return c
}
