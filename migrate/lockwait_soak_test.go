//go:build soak

package migrate_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
)

// TestWaitsForAMinute: another session reads a table and then does nothing for a
// minute, with its transaction open. Other readers, each on a connection of its
// own, are held no longer than the lock timeout and what a busy machine adds; the
// message names the session; and the upgrade finishes once it is gone.
func TestWaitsForAMinute(t *testing.T) {
	const (
		timeout = 2 * time.Second
		idle    = time.Minute
		readers = 4
	)
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		revs := append(line()[:2:2], wider)
		eng := enginetest.Open(t, db.URL, engine.Options{})
		upgrade(t, runner(t, eng, revs...), "ab22")
		release, name := hold(t, db)
		defer release()
		var told blocked
		r := runnerWith(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{{Revisions: revs}}, LockTimeout: timeout,
			Events: told.event})
		done := make(chan error, 1)
		begin := time.Now()
		go func() {
			_, err := r.Upgrade(context.WithoutCancel(t.Context()), "head")
			done <- err
		}()
		held := make(chan []time.Duration, readers)
		for range readers {
			reader := enginetest.Open(t, db.URL, engine.Options{})
			go func() {
				var waits []time.Duration
				for time.Since(begin) < idle {
					for _, table := range []string{"users", "posts"} {
						at := time.Now()
						if err := count(t.Context(), reader, table); err != nil {
							t.Error(err)
							held <- waits
							return
						}
						waits = append(waits, time.Since(at))
					}
					time.Sleep(20 * time.Millisecond)
				}
				held <- waits
			}()
		}
		var waits []time.Duration
		for range readers {
			waits = append(waits, <-held...)
		}
		select {
		case err := <-done:
			t.Fatalf("it ended while the lock was held: %v", err)
		default:
		}
		named := ""
		for _, s := range told.all() {
			if strings.Contains(s, name) {
				named = s
			}
		}
		if named == "" {
			t.Errorf("told %q, wanted it to name %s", told.all(), name)
		}
		slices.Sort(waits)
		longest := waits[len(waits)-1]
		if longest > timeout+1500*time.Millisecond {
			t.Errorf("a reader was held for %s", longest)
		}
		release()
		freed := time.Now()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		t.Logf("idle for %s: %d reads, median %s, 99%% %s, longest %s; told %d times, as %q; the upgrade finished %s after the release",
			idle, len(waits), waits[len(waits)/2].Round(time.Microsecond), waits[len(waits)*99/100].Round(time.Millisecond),
			longest.Round(time.Millisecond), len(told.all()), named, time.Since(freed).Round(time.Millisecond))
		if f, err := r.Check(t.Context()); err != nil || !f.OK() {
			t.Errorf("check %+v %v", f, err)
		}
	})
}

// count reads a table.
func count(ctx context.Context, eng *engine.Engine, table string) error {
	rows, err := eng.Query(ctx, engine.Statement{SQL: "SELECT count(*) FROM " + table})
	if err != nil {
		return err
	}
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			return err
		}
	}
	return rows.Close()
}
