package cli_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/internal/testdb"
)

// smallFile is the URL of a file of Open WebUI.
func smallFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "webui.db")
	unzip(t, "../../server/testdata/small.db.gz", path)
	return "sqlite:///" + path
}

// filled is a database of each engine with the same rows.
func filled(t *testing.T) map[string]string {
	t.Helper()
	file := smallFile(t)
	out := map[string]string{}
	for _, e := range testdb.Engines() {
		if e == testdb.SQLite {
			out[e] = file
			continue
		}
		out[e] = testdb.New(t, e).URL
		if code, _, log := larder(t, "copy", "--from", file, "--to", out[e]); code != 0 {
			t.Fatalf("%s: %s", e, log)
		}
	}
	return out
}

// killed starts a copy and kills it after a time; false when it ended before.
func killed(t *testing.T, after time.Duration, args ...string) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), after)
	defer cancel()
	cmd := exec.CommandContext(ctx, "larder", args...) // SIGKILL
	var log bytes.Buffer
	cmd.Stderr = &log
	err := cmd.Run()
	if err != nil && ctx.Err() == nil {
		t.Fatalf("%v: %s", err, log.String())
	}
	return err != nil
}

func TestACopyThatIsKilledIsTakenUpOnEveryPairOfEngines(t *testing.T) {
	sources := filled(t)
	for from, source := range sources {
		for _, to := range testdb.Engines() {
			if from == to {
				continue
			}
			t.Run(from+" to "+to, func(t *testing.T) {
				for range killsPerPair {
					target := testdb.New(t, to).URL
					args := []string{"copy", "--quiet", "--from", source, "--to", target, "--batch-kb", "16"}
					cut := killed(t, time.Duration(rand.Int64N(int64(1200*time.Millisecond)))+20*time.Millisecond, args...)
					for range 3 {
						if !cut {
							break
						}
						// It may have been killed before it had begun, or after it was finished.
						code, _, log := larder(t, append(args, "--resume")...)
						if code != 0 && !strings.Contains(log, "there is nothing to resume") {
							t.Fatalf("taken up: %s", log)
						}
						cut = code != 0 && strings.Contains(log, "the lock")
					}
					if code, out, log := larder(t, "verify", "--from", source, "--to", target); code != 0 {
						t.Fatalf("%s%s", out, log)
					}
					if code, _, log := larder(t, "migrate", "check", "--database-url", target); code != 0 {
						t.Fatalf("the target's tables: %s", log)
					}
				}
			})
		}
	}
}

func TestCopyAndVerifySayWhatTheyFound(t *testing.T) {
	dir := t.TempDir()
	from := smallFile(t)
	to := "sqlite:///" + filepath.Join(dir, "to.db")
	code, out, log := larder(t, "copy", "--dry-run", "--from", from, "--to", to)
	if code != 0 || !strings.Contains(out, "chat_message") {
		t.Fatalf("%d %s %s", code, out, log)
	}
	if code, out, log := larder(t, "copy", "--from", from, "--to", to); code != 0 || !strings.Contains(out, "422   422") {
		t.Fatalf("%d %s %s", code, out, log)
	}
	if code, _, log := larder(t, "copy", "--from", from, "--to", to); code != 1 || !strings.Contains(log, "not empty: it has") {
		t.Errorf("%d %s", code, log)
	}
	change(t, filepath.Join(dir, "to.db"), "UPDATE chat SET title = 'other' WHERE id = (SELECT min(id) FROM chat)")
	change(t, filepath.Join(dir, "to.db"), "DELETE FROM tag WHERE id = (SELECT min(id) FROM tag)")
	code, out, log = larder(t, "verify", "--from", from, "--to", to)
	if code != 1 || !strings.Contains(out, "has other values in title") || !strings.Contains(out, "is missing") || !strings.Contains(log, "2 tables differ") {
		t.Errorf("%d %s %s", code, out, log)
	}
	// The same value in another spelling is no difference.
	to = "sqlite:///" + filepath.Join(dir, "again.db")
	if code, _, log := larder(t, "copy", "--from", from, "--to", to, "--output", "json"); code != 0 {
		t.Fatal(log)
	}
	change(t, filepath.Join(dir, "again.db"), `UPDATE chat SET meta = ' ' || meta || ' '`)
	if code, out, log := larder(t, "verify", "--from", from, "--to", to); code != 0 {
		t.Errorf("%d %s %s", code, out, log)
	}
}
