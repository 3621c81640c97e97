//go:build soak && linux

package op_test

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// TestDataMillion goes through 1,000,000 rows in batches, in bounded memory.
func TestDataMillion(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		const rows = 1_000_000
		tb := schema.Define("doc")
		tb.BigInt("n").PrimaryKey()
		tb.JSON("meta").Null()
		tb.Text("path").Null()
		mustRun(t, eng, op.CreateTable{Table: tb})
		_, err := engine.BulkInsert(t.Context(), eng, "doc", []string{"n", "meta"}, func(yield func([]any, error) bool) {
			for n := range int64(rows) {
				if !yield([]any{n, fmt.Sprintf(`{"path": "p%d"}`, n)}, nil) {
					return
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		d, err := op.NewData(op.DataOptions{Queryer: eng, Batched: true, State: state(t, eng)})
		if err != nil {
			t.Fatal(err)
		}
		err = d.Rows(t.Context(), op.Scan{Table: "doc", Columns: []string{"meta"}, Size: 2000},
			func(ctx context.Context, c *op.Chunk) error {
				for _, r := range c.Rows {
					if err := c.Update(ctx, r, op.Values{"path": r.Text("meta")}); err != nil {
						return err
					}
				}
				return nil
			})
		if err != nil {
			t.Fatal(cause(err))
		}
		var use syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
			t.Fatal(err)
		}
		var mem runtime.MemStats
		runtime.ReadMemStats(&mem)
		t.Logf("%s, at most %d MB resident, %d MB of Go's memory", time.Since(begin).Round(time.Second),
			use.Maxrss>>10, mem.Sys>>20)
		if use.Maxrss>>10 > 128 {
			t.Errorf("%d MB resident, of 128", use.Maxrss>>10)
		}
		if got := table(t, eng, "SELECT count(*) AS n FROM {doc} WHERE {path} IS NOT NULL", "n"); got[0] != fmt.Sprint(rows) {
			t.Errorf("%s rows", got[0])
		}
	})
}
