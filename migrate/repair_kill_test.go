//go:build unix

package migrate_test

import (
	"fmt"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
)

// TestRepairKilledAtEveryStep kills the process at each statement, commit and
// event of a repair of what another program began, and repairs again.
func TestRepairKilledAtEveryStep(t *testing.T) {
	for _, name := range testdb.Engines() {
		t.Run(name, func(t *testing.T) {
			step := 4 * killStep
			if name == testdb.SQLite {
				step = 1
			}
			for at := 1; ; at += step {
				db := testdb.New(t, name)
				eng := enginetest.Open(t, db.URL, engine.Options{})
				upgrade(t, runner(t, eng, guarded()...), "g1")
				byHand(t, eng, opsOf(t, "g2")[0], opsOf(t, "g2")[3])
				execute(t, eng, "CREATE TABLE _alembic_tmp_items (id INTEGER)")
				out, err := child(t, db.URL, childRepair+"=1", fmt.Sprintf("%s=%d", childKillAt, at)).CombinedOutput()
				if err == nil {
					if at < 10 {
						t.Errorf("the repair had only %d places to be killed at", at-1)
					}
					break
				}
				if !killed(err) {
					t.Fatalf("at %d: %v\n%s", at, err, out)
				}
				for range 2 {
					if out, err := child(t, db.URL, childRepair+"=1").CombinedOutput(); err != nil {
						t.Fatalf("at %d, the repair after it: %v\n%s", at, err, out)
					}
				}
				upgrade(t, runner(t, eng, guarded()...), "head")
				checkGuarded(t, eng)
				if t.Failed() {
					t.Fatalf("killed at %d", at)
				}
			}
		})
	}
}
