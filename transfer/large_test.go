package transfer_test

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer"
)

// Who gets a large row has the only copy of it: no driver holds another one.
func TestALargeRowIsThereOnce(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		docs := schema.Define("docs")
		docs.BigInt("id").PrimaryKey()
		docs.Text("before").Null()
		docs.Text("doc").Null()
		create(t, eng, []*schema.Table{docs})
		const size = 12 << 20
		for _, row := range [][]any{{int64(1), nil, strings.Repeat("é", size/2)}, {int64(2), "small", "small"}} {
			if _, err := engine.BulkInsert(t.Context(), eng, "docs", []string{"id", "before", "doc"},
				engine.BulkRows([][]any{row})); err != nil {
				t.Fatal(err)
			}
		}
		used := func() int {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return int(m.HeapAlloc)
		}
		err := transfer.Snapshot(t.Context(), eng, func(ctx context.Context, src transfer.Source) error {
			runtime.GC()
			before, rows := used(), 0
			for row, err := range src.Rows(ctx, src.Tables()[0]) {
				if err != nil {
					return err
				}
				if rows++; len(row[2].(string)) != size {
					continue
				}
				if more := used() - before; more > size*3/2 {
					t.Errorf("%d bytes more are in use for a row of %d", more, size)
				}
			}
			if rows != 2 {
				t.Errorf("%d rows", rows)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
