package larder_test

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// Larder's own tables have nothing that an inspection does not carry.
func TestOwnTablesAreKnownWhole(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		statements, err := eng.DDL().CreateTables(slices.Concat(tables.All(), own.All())...)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range eng.DDL().Batch(statements) {
			if _, err := eng.Exec(t.Context(), engine.Statement{SQL: s, Write: true}); err != nil {
				t.Fatal(err)
			}
		}
		live, err := eng.Inspect(t.Context(), driver.InspectOptions{})
		if err != nil || len(live) == 0 {
			t.Fatalf("%d tables: %v", len(live), err)
		}
		for _, x := range live {
			for _, r := range x.Remarks() {
				t.Error(r)
			}
		}
	})
}

// cutting kills its own process behind the n-th statement that writes.
type cutting struct{ n atomic.Int64 }

func (c *cutting) Before(ctx context.Context, _ *engine.Event) context.Context { return ctx }

func (c *cutting) After(_ context.Context, ev *engine.Event) {
	if ev.Write && c.n.Add(-1) == 0 {
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			_ = self.Kill()
		}
		select {} // until it is dead
	}
}

// Making our own tables may be killed anywhere: the next start goes on with it.
func TestOurOwnTablesAreMadeToTheEnd(t *testing.T) {
	if url := os.Getenv("LARDER_TEST_CUT_URL"); url != "" { // the process that is killed
		n, err := strconv.ParseInt(os.Getenv("LARDER_TEST_CUT"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		cut := &cutting{}
		cut.n.Store(n)
		open(t, url, larder.Options{Engine: engine.Options{Hooks: []engine.Hook{cut}}})
		return
	}
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		for n, whole := 1, false; !whole; n += 3 {
			open(t, db.URL, larder.Options{}).Close()
			eng := opened(t, parsed(t, db.URL))
			if _, err := larder.Detach(t.Context(), eng); err != nil {
				t.Fatal(err)
			}
			if err := eng.Close(); err != nil {
				t.Fatal(err)
			}
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOurOwnTablesAreMadeToTheEnd$")
			child.Env = append(os.Environ(), "LARDER_TEST_CUT_URL="+db.URL, "LARDER_TEST_CUT="+strconv.Itoa(n))
			out, err := child.CombinedOutput()
			whole = err == nil
			if !whole && child.ProcessState.Exited() {
				t.Fatalf("the process was not killed: %s", out)
			}
			next := open(t, db.URL, larder.Options{})
			is(t, next, tables.Head, "")
			next.Close()
			found, err := larder.FindOwn(t.Context(), opened(t, parsed(t, db.URL)))
			if err != nil || !slices.ContainsFunc(found, func(o larder.Own) bool { return o.Table == "larder_search_row" }) {
				t.Fatalf("killed behind statement %d: %v, %v", n, found, err)
			}
		}
	})
}
