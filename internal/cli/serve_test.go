package cli_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
)

// process is the real program at work.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	addr  string
	ready time.Duration
	mu    sync.Mutex
	log   bytes.Buffer
	done  chan error
}

var address = regexp.MustCompile(`address=http://(\S+)`)

// start runs "larder serve" with these arguments on any port that is free and
// waits until it answers.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, done: make(chan error, 1)}
	p.cmd = exec.Command("larder", append([]string{"serve", "--port", "0"}, args...)...)
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "DATABASE_") && !strings.HasPrefix(kv, "DATA_DIR=") && !strings.HasPrefix(kv, "WEBUI_") {
			p.cmd.Env = append(p.cmd.Env, kv)
		}
	}
	p.cmd.Env = append(p.cmd.Env, env...)
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	found := make(chan string, 1)
	go func() {
		sc := bufio.NewScanner(stderr)
		for sc.Scan() {
			p.mu.Lock()
			p.log.WriteString(sc.Text() + "\n")
			p.mu.Unlock()
			if m := address.FindStringSubmatch(sc.Text()); m != nil {
				found <- m[1]
			}
		}
		p.done <- p.cmd.Wait()
	}()
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	select {
	case p.addr = <-found:
	case err := <-p.done:
		t.Fatalf("serve ended: %v\n%s", err, p.text())
	case <-time.After(30 * time.Second):
		t.Fatalf("serve did not come up\n%s", p.text())
	}
	p.get("/health", 200)
	p.ready = time.Since(begin)
	return p
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
	r, err := http.NewRequestWithContext(p.t.Context(), method, "http://"+p.addr+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
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
	if resp.StatusCode != status {
		p.t.Fatalf("%s %s: status %d, want %d: %.300s", method, path, resp.StatusCode, status, b)
	}
	return string(b)
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
	case err := <-p.done:
		if err != nil {
			p.t.Errorf("serve ended with %v\n%s", err, p.text())
		}
	case <-time.After(20 * time.Second):
		p.t.Fatalf("serve did not end\n%s", p.text())
	}
}

const ada = `{"name":"Ada","email":"ada@example.com","password":"pw-ada"}`

func token(t *testing.T, answer string) string {
	t.Helper()
	var s struct{ Token string }
	if err := json.Unmarshal([]byte(answer), &s); err != nil || s.Token == "" {
		t.Fatalf("no token in %s", answer)
	}
	return s.Token
}

// The same flow on every engine: create, sign up, store a chat, start again.
func TestServeFromNothing(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		dir := t.TempDir()
		p := start(t, nil, "--data-dir", dir, "--database-url", db.URL)
		tok := token(t, p.send("POST", "/api/v1/auths/signup", "", ada, 200))
		p.send("POST", "/api/v1/chats/new", tok, `{"chat":{"title":"T","big":12345678901234567890}}`, 200)
		if got := p.get("/ready", 200); !strings.Contains(got, "0bd252b206fb") {
			t.Errorf("/ready answers %s", got)
		}
		p.stop()
		if u := strings.SplitN(db.URL, "@", 2)[0]; strings.Count(u, ":") > 1 && strings.Contains(p.text(), u) {
			t.Error("the log shows the password")
		}

		again := start(t, nil, "--data-dir", dir, "--database-url", db.URL)
		// The secret was kept: the session of before is still one.
		if got := again.send("GET", "/api/v1/chats/", tok, "", 200); !strings.Contains(got, `"title":"T"`) {
			t.Errorf("the chats are %s", got)
		}
		again.stop()
		if strings.Contains(again.text(), "the database was created") {
			t.Error("the database was created twice")
		}
	})
}

func TestServeKeepsItsSecretToItself(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	p := start(t, []string{"DATA_DIR=" + dir})
	p.stop()
	for _, name := range []string{".webui_secret_key", "webui.db"} {
		fi, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == ".webui_secret_key" && fi.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, fi.Mode())
		}
	}
	secret, err := os.ReadFile(filepath.Join(dir, ".webui_secret_key"))
	if err != nil {
		t.Fatal(err)
	}
	if s := strings.TrimSpace(string(secret)); len(s) < 40 || strings.Contains(p.text(), s) {
		t.Errorf("the secret has %d characters, or is in the log", len(s))
	}
}

func TestServersThatStartTogether(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	procs := make([]*process, 4)
	for i := range procs {
		wg.Go(func() { procs[i] = start(t, nil, "--data-dir", dir) })
	}
	wg.Wait()
	tok := token(t, procs[0].send("POST", "/api/v1/auths/signup", "", ada, 200))
	created := 0
	for _, p := range procs {
		p.send("GET", "/api/v1/auths/", tok, "", 200) // all sign with the same secret
		p.stop()
		created += strings.Count(p.text(), "the database was created")
	}
	if created != 1 {
		t.Errorf("the database was created %d times", created)
	}
}

func TestServeARealFile(t *testing.T) {
	dir := t.TempDir()
	unzip(t, "../../server/testdata/small.db.gz", filepath.Join(dir, "webui.db"))
	p := start(t, nil, "--data-dir", dir)
	tok := token(t, p.send("POST", "/api/v1/auths/signin", "", `{"email":"ada@example.com","password":"Passw0rd!ada"}`, 200))
	p.send("GET", "/api/v1/chats/", tok, "", 200)
	if rss := resident(t, p.cmd.Process.Pid); rss > 60<<20 {
		t.Errorf("%d MB resident", rss>>20)
	}
	// Machines differ, and this one may be busy; the figure that counts is measured apart.
	t.Logf("ready after %v", p.ready)
	if p.ready > 2*time.Second {
		t.Errorf("ready after %v", p.ready)
	}
	p.stop()
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

// A database at another revision, or with half a schema, is not touched.
func TestServeOfAnotherRevision(t *testing.T) {
	for _, c := range []struct{ what, change, want string }{
		{"unknown", "UPDATE alembic_version SET version_num = 'ffffffffffff'", "at revision ffffffffffff and this program serves revision 0bd252b206fb"},
		{"two", "INSERT INTO alembic_version VALUES ('ffffffffffff')", "0bd252b206fb, ffffffffffff"},
		{"half", "DROP TABLE chat_message", "no table chat_message"},
	} {
		t.Run(c.what, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "webui.db")
			unzip(t, "../../server/testdata/small.db.gz", file)
			change(t, file, c.change)
			before, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p := start(t, nil, "--data-dir", dir)
			if got := p.get("/ready", 503); !strings.Contains(got, c.want) {
				t.Errorf("/ready answers %s", got)
			}
			p.get("/health", 200)
			p.get("/", 200)
			if got := p.send("POST", "/api/v1/auths/signup", "", ada, 503); !strings.Contains(got, c.want) {
				t.Errorf("sign-up answers %s", got)
			}
			p.stop()
			if !strings.Contains(p.text(), c.want) {
				t.Errorf("the log does not say why:\n%s", p.text())
			}
			after, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(before, after) {
				t.Error("the file has changed")
			}
		})
	}
}

func TestServeOfTablesWithoutARevision(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "webui.db")
	unzip(t, "../../server/testdata/small.db.gz", file)
	change(t, file, "DROP TABLE alembic_version")
	out, err := exec.Command("larder", "serve", "--port", "0", "--data-dir", dir).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "larder:") {
		t.Errorf("%v: %s", err, out)
	}
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

// SIGTERM ends the process in order: the request that is under way is answered
// and what it wrote is there.
func TestServeFinishesRequestsOnSIGTERM(t *testing.T) {
	dir := t.TempDir()
	p := start(t, nil, "--data-dir", dir)
	tok := token(t, p.send("POST", "/api/v1/auths/signup", "", ada, 200))
	conn, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := `{"chat":{"title":"in flight"}}`
	fmt.Fprintf(conn, "POST /api/v1/chats/new HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", tok, len(body), body[:4])
	time.Sleep(100 * time.Millisecond)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	if _, err := io.WriteString(conn, body[4:]); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("status %d", resp.StatusCode)
	}
	p.wait()
	again := start(t, nil, "--data-dir", dir)
	if got := again.send("GET", "/api/v1/chats/", tok, "", 200); !strings.Contains(got, "in flight") {
		t.Errorf("the chats are %s", got)
	}
	again.stop()
}

func TestServeOnAPortThatIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := t.TempDir()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("larder", "serve", "--data-dir", dir, "--port", port)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "choose another --port") {
		t.Errorf("%v: %s", err, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "webui.db")); err == nil {
		t.Error("a database was made")
	}
}
