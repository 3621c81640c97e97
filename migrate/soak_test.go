//go:build soak && unix

package migrate_test

import (
	"bufio"
	"context"
	"fmt"
	"iter"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
)

// TestEightProcessesTwentyRounds: on an empty database, and with the holder of
// the lock killed in the middle.
func TestEightProcessesTwentyRounds(t *testing.T) {
	for _, name := range testdb.Engines() {
		t.Run(name, func(t *testing.T) {
			for n := range 20 {
				race(t, testdb.New(t, name), 8)
				race(t, old(t, name), 8)
				race(t, testdb.New(t, name), 8, 3+n, 9+2*n)
				race(t, old(t, name), 8, 2+n)
				if t.Failed() {
					t.Fatalf("round %d", n+1)
				}
			}
		})
	}
}

// million is how many rows the long data step goes through.
const million = 1_000_000

// fillItems inserts rows of about 200 bytes.
func fillItems(t testing.TB, eng *engine.Engine, n int) {
	t.Helper()
	body := strings.Repeat("x", 200)
	rows := iter.Seq2[[]any, error](func(yield func([]any, error) bool) {
		for i := range n {
			if !yield([]any{int64(i), body[:i%200]}, nil) {
				return
			}
		}
	})
	if _, err := engine.BulkInsert(context.WithoutCancel(t.Context()), eng, "item", []string{"id", "body"},
		rows); err != nil {
		t.Fatal(err)
	}
}

// TestAMillionRows migrates in a process of its own, which is killed twice on
// the way and never has more than 128 MB resident.
func TestAMillionRows(t *testing.T) {
	for _, name := range testdb.Engines() {
		t.Run(name, func(t *testing.T) {
			db := testdb.New(t, name)
			eng := enginetest.Open(t, db.URL, engine.Options{})
			upgrade(t, runner(t, eng, bulky()...), "b1")
			fillItems(t, eng, million)
			var peak int64
			starts := []int64{}
			for _, killAt := range []int64{200_000, 600_000, 0} {
				c := child(t, db.URL, childBulk+"=1")
				out, err := c.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				c.Stderr = os.Stderr
				if err := c.Start(); err != nil {
					t.Fatal(err)
				}
				first := int64(-1)
				for lines := bufio.NewScanner(out); lines.Scan(); {
					var done, total int64
					if n, _ := fmt.Sscanf(lines.Text(), "progress %d %d", &done, &total); n != 2 {
						continue
					}
					if first < 0 {
						first = done
					}
					if total != million {
						t.Errorf("%d rows in all", total)
					}
					peak = max(peak, resident(c.Process.Pid))
					if killAt > 0 && done >= killAt {
						if err := c.Process.Signal(syscall.SIGKILL); err != nil {
							t.Fatal(err)
						}
						killAt = -1
					}
				}
				starts = append(starts, first)
				if err := c.Wait(); err != nil && !killed(err) {
					t.Fatal(err)
				}
			}
			t.Logf("%d MB resident at most; the runs began at %v", peak>>20, starts)
			if peak == 0 || peak > 128<<20 {
				t.Errorf("%d bytes resident", peak)
			}
			if starts[1] < 200_000 || starts[2] < 600_000 {
				t.Errorf("a run began again at %v", starts)
			}
			if n := one[int](t, eng, "SELECT count(*) FROM item WHERE size = id % 200"); n != million {
				t.Errorf("%d rows are right", n)
			}
		})
	}
}

// resident is the highest number of bytes that a process had in memory.
func resident(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.Fields(v)[0], 10, 64)
			return n << 10
		}
	}
	return 0
}
