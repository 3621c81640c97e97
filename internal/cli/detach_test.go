package cli_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
)

// Detach takes nothing from a server that works on the database. One that has
// ended, or was killed, is not in its way.
func TestDetachWhileAServerRuns(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		dir := t.TempDir()
		for _, end := range []func(*process){(*process).stop, (*process).kill} {
			p := start(t, nil, "--data-dir", dir, "--database-url", db.URL)
			before := tableNames(t, db.URL)
			code, _, log := larder(t, "detach", "--yes", "--database-url", db.URL)
			want := "larder serve works on the database (process " + strconv.Itoa(p.cmd.Process.Pid)
			if code != 1 || !strings.Contains(log, want) || !strings.Contains(log, "stop it") {
				t.Errorf("while it runs: %d %s", code, log)
			}
			if after := tableNames(t, db.URL); after != before {
				t.Errorf("the tables are %s and were %s", after, before)
			}
			p.get("/health/db", 200)
			end(p)
			if code, out, log := larder(t, "detach", "--yes", "--database-url", db.URL); code != 0 ||
				!strings.Contains(out, "table larder_serving") {
				t.Errorf("when it has ended: %d %s%s", code, out, log)
			}
			if left := tableNames(t, db.URL); strings.Contains(left, "larder_") {
				t.Errorf("left are %s", left)
			}
		}
	})
}

func tableNames(t *testing.T, url string) string {
	t.Helper()
	eng := enginetest.Open(t, url, engine.Options{})
	defer eng.Close()
	found, err := eng.Inspect(t.Context(), driver.InspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(found))
	for i, x := range found {
		names[i] = x.Name
	}
	return strings.Join(names, " ")
}
