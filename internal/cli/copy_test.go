package cli_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/transfer"
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

// killed starts a copy and kills it after a time, counted from when it begins or,
// midway, from when the first rows have arrived; false when it ended before.
func killed(t *testing.T, after time.Duration, midway bool, target string, args ...string) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "larder", args...)
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for rows := int64(0); midway && rows == 0 && len(ended) == 0; {
		rows, _ = arrived(t, target)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Fatalf("%v: %s", err, log.String())
		}
		return false
	case <-time.After(after):
	}
	_ = cmd.Process.Kill() // SIGKILL; it may have ended just now
	return <-ended != nil
}

// arrived is how many rows an unfinished copy has brought for good; false when
// none is under way.
func arrived(t *testing.T, url string) (rows int64, unfinished bool) {
	t.Helper()
	eng := enginetest.Open(t, url, engine.Options{})
	defer eng.Close()
	u, err := transfer.LookUnfinished(t.Context(), eng)
	if err != nil {
		t.Fatal(err)
	}
	if u == nil {
		return 0, false
	}
	return u.Rows, true
}

// takenUp goes on with a copy that was cut off, and says how many rows it had.
func takenUp(t *testing.T, args ...string) transfer.TableReport {
	t.Helper()
	for try := 0; ; try++ {
		code, out, log := larder(t, append(args, "--resume", "--output", "json")...)
		switch {
		case code == 0:
			var rep transfer.Report
			if err := json.Unmarshal([]byte(out), &rep); err != nil && out != "" {
				t.Fatalf("%v: %s", err, out)
			}
			return rep.Totals()
		case strings.Contains(log, "there is nothing to resume"): // it was finished when it was killed
			return transfer.TableReport{}
		case try == 20 || !strings.Contains(log, "the lock"): // which a server may hold for who is gone, for a moment
			t.Fatalf("taken up: %s", log)
		}
	}
}

// In the soak all pairs of engines are tried, else as many as there are engines.
func TestACopyThatIsKilledIsTakenUpOnEveryPairOfEngines(t *testing.T) {
	sources := filled(t)
	for from, source := range sources {
		for _, to := range targetsOf(from) {
			if from == to {
				continue
			}
			t.Run(from+" to "+to, func(t *testing.T) {
				whole, rest := 1200*time.Millisecond, 200*time.Millisecond // of a copy, and from its first rows on
				midway, most := 0, int64(0)
				for n := range killsPerPair {
					target := testdb.New(t, to).URL
					args := []string{"copy", "--quiet", "--from", source, "--to", target, "--batch-kb", "16"}
					longest, began := &rest, time.Now()
					if n%2 == 1 {
						longest = &whole
					}
					after := rand.N(*longest)
					if killed(t, after, n%2 == 0, target, args...) {
						had, unfinished := arrived(t, target)
						got := takenUp(t, args...)
						if got.Kept < had {
							t.Errorf("killed after %v: %d rows had arrived, and only %d of them were kept", after, had, got.Kept)
						}
						if unfinished && had > 0 {
							midway, most = midway+1, max(most, got.Kept)
						}
					} else {
						*longest = min(time.Since(began), max(*longest/2, time.Millisecond))
					}
					if code, out, log := larder(t, "verify", "--from", source, "--to", target); code != 0 {
						t.Fatalf("%s%s", out, log)
					}
					if code, _, log := larder(t, "migrate", "check", "--database-url", target); code != 0 {
						t.Fatalf("the target's tables: %s", log)
					}
				}
				t.Logf("%d of %d were killed when rows had arrived, %d at most, all of which were kept", midway, killsPerPair, most)
			})
		}
	}
}

// A file of SQLCipher looks like noise.
func TestACopyOfAnEncryptedFileNamesTheWayOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "webui.db")
	noise := make([]byte, 8192)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	if err := os.WriteFile(path, noise, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"copy", "backup"} {
		args := []string{verb, "--from", "sqlite:///" + path, "--to", "sqlite:///" + path + ".plain"}
		if verb == "backup" {
			args = []string{verb, path + ".larder", "--from", "sqlite:///" + path}
		}
		code, _, log := larder(t, args...)
		if code != 1 || !strings.Contains(log, "SQLCipher") || !strings.Contains(log, "sqlcipher_export") ||
			strings.Count(log, "\n") != 1 {
			t.Errorf("%s: %d %s", verb, code, log)
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
	if code, _, log := larder(t, "copy", "--from", from, "--to", to); code != 1 ||
		!strings.Contains(log, "not empty: it has") {
		t.Errorf("%d %s", code, log)
	}
	change(t, filepath.Join(dir, "to.db"), "UPDATE chat SET title = 'other' WHERE id = (SELECT min(id) FROM chat)")
	change(t, filepath.Join(dir, "to.db"), "DELETE FROM tag WHERE id = (SELECT min(id) FROM tag)")
	code, out, log = larder(t, "verify", "--from", from, "--to", to)
	if code != 1 || !strings.Contains(out, "has other values in title") || !strings.Contains(out, "is missing") ||
		!strings.Contains(log, "2 tables differ") {
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
