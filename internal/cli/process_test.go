package cli_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
)

// process is the real program at work.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	addr  string
	ready time.Duration
	mu    sync.Mutex
	log   bytes.Buffer
	done  chan struct{} // closed when it has ended and all it said was read
	err   error         // with which it ended
}

// run starts "larder serve" with these arguments on any port that is free.
func run(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, done: make(chan struct{})}
	p.cmd = exec.Command("larder", append([]string{"serve", "--port", "0"}, args...)...)
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "DATABASE_") && !strings.HasPrefix(kv, "DATA_DIR=") && !strings.HasPrefix(kv, "WEBUI_") &&
			!strings.HasPrefix(kv, "ENABLE_DB_") {
			p.cmd.Env = append(p.cmd.Env, kv)
		}
	}
	p.cmd.Env = append(p.cmd.Env, env...)
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		sc := bufio.NewScanner(stderr)
		sc.Buffer(nil, 1<<20)
		for sc.Scan() {
			p.mu.Lock()
			p.log.WriteString(sc.Text() + "\n")
			p.mu.Unlock()
		}
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(p.kill)
	return p
}

// says waits until the log has what is wanted, and returns it with its groups;
// nil when the process ended without having said it.
func (p *process) says(pattern string) []string {
	p.t.Helper()
	want := regexp.MustCompile(pattern)
	for deadline := time.Now().Add(5 * time.Minute); ; {
		ended := false
		select {
		case <-p.done:
			ended = true
		default:
		}
		if m := want.FindStringSubmatch(p.text()); m != nil || ended {
			return m
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("serve did not say %s\n%s", pattern, p.text())
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// launch starts a server and waits until it listens, whether or not it has
// anything to serve yet.
func launch(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := run(t, env, args...)
	m := p.says(`address=http://(\S+)`)
	if m == nil {
		t.Fatalf("serve ended: %v\n%s", p.err, p.text())
	}
	p.addr = m[1]
	return p
}

// start starts a server and waits until it serves.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	begin := time.Now()
	p := launch(t, env, args...)
	if p.says(`msg=serving`) == nil {
		t.Fatalf("serve ended: %v\n%s", p.err, p.text())
	}
	p.get("/health", 200)
	p.ready = time.Since(begin)
	return p
}

// fails waits until the server has ended with status 1 and returns its last word.
func (p *process) fails() string {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(5 * time.Minute):
		p.t.Fatalf("serve did not end\n%s", p.text())
	}
	var exit *exec.ExitError
	if !errors.As(p.err, &exit) || exit.ExitCode() != 1 {
		p.t.Fatalf("serve ended with %v\n%s", p.err, p.text())
	}
	lines := strings.Split(strings.TrimSpace(p.text()), "\n")
	last := lines[len(lines)-1]
	if !strings.HasPrefix(last, "larder: ") {
		p.t.Errorf("the last word is %s", last)
	}
	return last
}

// kill ends it as the system does when memory runs out.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
}

func (p *process) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

func (p *process) get(path string, status int) string {
	p.t.Helper()
	return p.send("GET", path, "", "", status)
}

func (p *process) send(method, path, token, body string, status int) string {
	p.t.Helper()
	got, answer := p.ask(method, path, token, body)
	if got != status {
		p.t.Fatalf("%s %s: status %d, want %d: %.300s", method, path, got, status, answer)
	}
	return answer
}

// ask is send where any status will do.
func (p *process) ask(method, path, token, body string) (status int, answer string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, "http://"+p.addr+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatalf("%s %s: %v\n%s", method, path, err, p.text())
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// stop sends SIGTERM and waits.
func (p *process) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	p.wait()
}

func (p *process) wait() {
	p.t.Helper()
	select {
	case <-p.done:
		if p.err != nil {
			p.t.Errorf("serve ended with %v\n%s", p.err, p.text())
		}
	case <-time.After(2 * time.Minute):
		p.t.Fatalf("serve did not end\n%s", p.text())
	}
}

func token(t *testing.T, answer string) string {
	t.Helper()
	var s struct{ Token string }
	if err := json.Unmarshal([]byte(answer), &s); err != nil || s.Token == "" {
		t.Fatalf("no token in %s", answer)
	}
	return s.Token
}

// resident is the process's memory in bytes; 0 where there is no /proc.
func resident(t *testing.T, pid int) int64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(b), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// change runs a statement on a file and leaves nothing but the file.
func change(t *testing.T, file, text string) {
	t.Helper()
	eng := enginetest.Open(t, "sqlite:///"+file, engine.Options{})
	for _, s := range []string{text, "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := eng.Exec(t.Context(), engine.Statement{SQL: s, Write: true}); err != nil {
			t.Fatal(err)
		}
	}
	if err := eng.Close(); err != nil {
		t.Fatal(err)
	}
}
