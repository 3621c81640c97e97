//go:build upstream

package cli_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
)

// upstreamSecret signs the sessions of both programs, so that a token of one is
// good at the other.
const upstreamSecret = "the same for both programs"

// openWebUI is the environment of Open WebUI 0.12.4 as it is on PyPI: the one
// that UPSTREAM_VENV names, else a new one, for which some gigabytes are fetched.
func openWebUI(t *testing.T) (bin string) {
	t.Helper()
	dir := os.Getenv("UPSTREAM_VENV")
	if dir == "" {
		dir = filepath.Join(t.TempDir(), "venv")
		for _, args := range [][]string{
			{"python3", "-m", "venv", dir},
			{filepath.Join(dir, "bin", "python"), "-m", "pip", "install", "--quiet", "open-webui[postgres]==0.12.4"},
		} {
			if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %v\n%s", args, err, out)
			}
		}
	}
	return filepath.Join(dir, "bin")
}

// upstreamURL is the URL of a database as Open WebUI wants it.
func upstreamURL(url string) string { return strings.TrimSuffix(url, "?sslmode=disable") }

// upstreamEnv is what Open WebUI runs with: nothing of what it asks other servers for.
func upstreamEnv(dir, url string) []string {
	return append(os.Environ(), "DATA_DIR="+dir, "DATABASE_URL="+upstreamURL(url), "WEBUI_SECRET_KEY="+upstreamSecret,
		"ENABLE_OLLAMA_API=false", "ENABLE_OPENAI_API=false", "RAG_EMBEDDING_ENGINE=openai", "OFFLINE_MODE=true", "HF_HUB_OFFLINE=1",
		"ANONYMIZED_TELEMETRY=false", "DO_NOT_TRACK=true", "SCARF_NO_ANALYTICS=true", "ENABLE_VERSION_UPDATE_CHECK=false", "PYTHONUNBUFFERED=1")
}

// startUpstream starts Open WebUI on a database and waits until it serves.
func startUpstream(t *testing.T, bin, dir, url string) *process {
	t.Helper()
	port := freePort(t)
	p := &process{t: t, addr: "127.0.0.1:" + port, done: make(chan struct{})}
	p.cmd = exec.Command(filepath.Join(bin, "open-webui"), "serve", "--host", "127.0.0.1", "--port", port)
	p.cmd.Dir, p.cmd.Env = dir, upstreamEnv(dir, url)
	out := &guarded{p: p}
	p.cmd.Stdout, p.cmd.Stderr = out, out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(p.kill)
	for deadline := time.Now().Add(10 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		select {
		case <-p.done:
			t.Fatalf("Open WebUI ended: %v\n%s", p.err, p.text())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("Open WebUI does not serve\n%s", p.text())
		}
		if healthy(t.Context(), p.addr) {
			return p
		}
	}
}

func healthy(ctx context.Context, addr string) bool {
	r, err := http.NewRequestWithContext(ctx, "GET", "http://"+addr+"/health", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// guarded adds what a process says to its log.
type guarded struct{ p *process }

func (g *guarded) Write(b []byte) (int, error) {
	g.p.mu.Lock()
	defer g.p.mu.Unlock()
	return g.p.log.Write(b)
}

// theirs runs a test on the two engines that Open WebUI knows.
func theirs(t *testing.T, f func(t *testing.T, db testdb.DB)) {
	t.Helper()
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		if db.Engine == testdb.SQLite || db.Engine == testdb.PostgreSQL {
			f(t, db)
		}
	})
}

// startOurs starts Larder with the secret that both have.
func startOurs(t *testing.T, dir, url string, more ...string) *process {
	t.Helper()
	return start(t, []string{"WEBUI_SECRET_KEY=" + upstreamSecret},
		append([]string{"--data-dir", dir, "--database-url", url}, more...)...)
}

// tablesOf are the definitions of all tables and indexes of a database, one a line.
func tablesOf(t *testing.T, url string) string {
	t.Helper()
	eng := enginetest.Open(t, url, engine.Options{})
	defer eng.Close()
	live, err := eng.Inspect(t.Context(), driver.InspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, x := range live {
		statements, err := eng.DDL().CreateTables(x)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(strings.Join(statements, "\n") + "\n")
	}
	return b.String()
}

// TestOpenWebUIOpensOurDatabase starts Open WebUI on what our server has filled.
// It finds nothing to migrate, leaves the tables alone, and answers as we do.
func TestOpenWebUIOpensOurDatabase(t *testing.T) {
	bin := openWebUI(t)
	theirs(t, func(t *testing.T, db testdb.DB) {
		dir := t.TempDir()
		ours := startOurs(t, dir, db.URL)
		w := newScenario(t, ours, nil)
		w.replay("../../server/testdata/exchanges.jsonl")
		w.run("testdata/upstream.txt")
		ours.stop()
		before := tablesOf(t, db.URL)

		upstream := startUpstream(t, bin, dir, db.URL)
		if after := tablesOf(t, db.URL); after != before {
			t.Errorf("the tables are\n%s\nand were\n%s", after, before)
		}
		if strings.Contains(upstream.text(), "Running upgrade") {
			t.Errorf("it migrates:\n%s", upstream.text())
		}
		ours = startOurs(t, dir, db.URL)
		both := w.beside(ours, upstream)
		both.reads(db.URL)
		ours.stop()
		upstream.kill()
		if after := tablesOf(t, db.URL); after != before {
			t.Errorf("the tables are\n%s\nand were\n%s", after, before)
		}
	})
}

// TestOpenWebUIAnswersAsWeDo has both programs do the same to equal databases,
// step by step, and compares what they answer.
func TestOpenWebUIAnswersAsWeDo(t *testing.T) {
	bin := openWebUI(t)
	theirs(t, func(t *testing.T, db testdb.DB) {
		other := testdb.New(t, db.Engine)
		ourDir, theirDir := t.TempDir(), t.TempDir()
		ours := startOurs(t, ourDir, db.URL)
		upstream := startUpstream(t, bin, theirDir, other.URL)
		newScenario(t, ours, upstream).run("testdata/upstream.txt")
		ours.stop()
		upstream.kill()
	})
}
