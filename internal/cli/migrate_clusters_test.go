//go:build clusters && unix

package cli_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-db/larder/internal/testdb/cluster"
)

// TestClustersMigrate: on clusters, migrations that begin at once on every node take
// turns. One whose server is killed while it runs ends, and so does whoever waits for
// it, or goes on when another server has taken over; run again, it comes to the end.
func TestClustersMigrate(t *testing.T) {
	for _, kind := range cluster.Kinds() {
		if kind == cluster.Patroni {
			continue // as without it, and 20 seconds slower
		}
		t.Run(string(kind), func(t *testing.T) { migrateCluster(t, kind) })
	}
}

func migrateCluster(t *testing.T, kind cluster.Kind) {
	c := newCluster(t, kind)
	hosts := c.Hosts()
	// migrate runs the verb, and says its status and its last line.
	migrate := func(first int, args ...string) (code int, said string) {
		begin := time.Now()
		address := c.URL(slices.Concat(hosts[first:], hosts[:first]), "webui")
		code, out, errs := larder(t, append(append([]string{"migrate"}, args...), "--database-url="+address)...)
		lines := strings.Split(strings.TrimSpace(out+errs), "\n")
		said = lines[len(lines)-1]
		t.Logf("%v, node %d first: status %d after %.1f s, %.300s", args, first, code, time.Since(begin).Seconds(), said)
		return code, said
	}
	must := func(args ...string) {
		t.Helper()
		if code, said := migrate(0, args...); code != 0 {
			t.Fatalf("%v: status %d, %s", args, code, said)
		}
	}
	for _, args := range [][]string{{"upgrade", "head"}, {"downgrade", "base"}} {
		var racing sync.WaitGroup
		for i := range hosts {
			racing.Go(func() {
				if code, said := migrate(i, args...); code != 0 {
					t.Errorf("%v by way of node %d: status %d, %s", args, i, code, said)
				}
			})
		}
		racing.Wait()
		if args[0] == "upgrade" {
			must("check")
		}
	}
	for _, after := range []int{200, 400, 700, 1500} { // milliseconds
		var racing sync.WaitGroup
		for i := range 2 {
			racing.Go(func() {
				// What went wrong is said, and is not that one met the other's work.
				code, said := migrate(i%len(hosts), "upgrade", "head")
				if code != 0 && !slices.ContainsFunc([]string{
					"was lost", "could be reached", "cannot be reached", "ended the connection", "has no primary",
				}, func(s string) bool { return strings.Contains(said, s) }) {
					t.Errorf("status %d, %s", code, said)
				}
			})
		}
		time.Sleep(time.Duration(after) * time.Millisecond)
		p, err := c.Primary(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Kill(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		racing.Wait()
		if err := c.Rejoin(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		must("upgrade", "head")
		must("check")
		must("downgrade", "base")
	}
}
