//go:build clusters && unix

package cluster_test

import (
	"testing"
	"time"

	"github.com/larder-db/larder/internal/testdb/cluster"
)

// A node that is gone comes back, whatever was done to it, and follows.
func TestNodesComeBack(t *testing.T) {
	for _, kind := range cluster.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			begin := time.Now()
			c, err := cluster.Start(t.Context(), kind, func(s string) { t.Log(s) })
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			}()
			t.Logf("%s is up after %v", c.Version(), time.Since(begin))
			if err := c.CreateDatabase(t.Context(), "webui"); err != nil {
				t.Fatal(err)
			}
			for n, what := range []func(i int) error{
				func(i int) error { return c.Kill(t.Context(), i) },
				func(i int) error { return c.Freeze(t.Context(), i) },
				func(i int) error { return c.Depose(t.Context(), i) },
				func(i int) error { return c.Switch(t.Context(), i) },
			} {
				begin := time.Now()
				p, err := c.Primary(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if err := what(p); err != nil {
					t.Fatal(err)
				}
				if err := c.Rejoin(t.Context(), p); err != nil {
					t.Fatal(err)
				}
				t.Logf("%d: node %d is back after %v", n, p, time.Since(begin))
			}
		})
	}
}
