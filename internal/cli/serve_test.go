package cli_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/larder-db/larder/internal/testdb"
)

const ada = `{"name":"Ada","email":"ada@example.com","password":"pw-ada"}`

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
		if fi.Mode().Perm() != 0o600 {
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

// The files of a database are for nobody else to read, unless the one that is
// there says otherwise.
func TestServeMakesPrivateFiles(t *testing.T) {
	for was, want := range map[os.FileMode]os.FileMode{0: 0o600, 0o640: 0o640} {
		dir := t.TempDir()
		file := filepath.Join(dir, "webui.db")
		if was != 0 {
			unzip(t, "../../migrations/testdata/revisions/c92da83b017f/webui.db.gz", file)
			if err := os.Chmod(file, was); err != nil {
				t.Fatal(err)
			}
		}
		p := start(t, nil, "--data-dir", dir)
		p.get("/ready", 200)
		files, err := filepath.Glob(file + "*")
		if err != nil || len(files) < 3 {
			t.Fatal(files, err)
		}
		for _, f := range files {
			fi, err := os.Stat(f)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(f, ".lock") && fi.Mode().Perm() != want {
				t.Errorf("%s has mode %v, want %v", filepath.Base(f), fi.Mode(), want)
			}
		}
		p.stop()
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

// A server that is started before its database waits for it, answers probes
// meanwhile, and ends when the wait is over.
func TestServeWaitsForItsDatabase(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		if db.Engine == testdb.SQLite {
			return // a file is there or not
		}
		u, err := url.Parse(db.URL)
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		there := u.Host
		u.Host = l.Addr().String()
		l.Close() // nobody listens there
		args := []string{"--data-dir", t.TempDir(), "--database-url", u.String()}
		p := launch(t, nil, append(args, "--wait", "1m")...)
		p.says("waiting for the database")
		p.get("/health", 200)
		if got := p.get("/ready", 503); !strings.Contains(got, "cannot be reached yet") {
			t.Errorf("/ready answers %s", got)
		}
		// A way to the server is opened where it was looked for.
		way, err := net.Listen("tcp", u.Host)
		if err != nil {
			t.Fatal(err)
		}
		defer way.Close()
		go forward(way, there)
		p.says("msg=serving")
		p.get("/ready", 200)
		p.stop()
		way.Close()

		begin := time.Now()
		last := run(t, nil, append(args, "--wait", "2s")...).fails()
		if took := time.Since(begin); took < 2*time.Second || took > 50*time.Second || !strings.Contains(last, u.Host) {
			t.Errorf("it ended after %v: %s", took, last)
		}
	})
}

// forward passes connections on.
func forward(from net.Listener, to string) {
	for {
		a, err := from.Accept()
		if err != nil {
			return
		}
		b, err := net.Dial("tcp", to)
		if err != nil {
			a.Close()
			continue
		}
		go func() { defer a.Close(); _, _ = io.Copy(a, b) }()
		go func() { defer b.Close(); _, _ = io.Copy(b, a) }()
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
	fmt.Fprintf(conn, "POST /api/v1/chats/new HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n%s", tok, len(body), body[:4])
	answers := bufio.NewReader(conn)
	readsTheBody(t, answers)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	if _, err := io.WriteString(conn, body[4:]); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(answers, nil)
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

// readsTheBody waits until a handler asks for the body of a request that
// expects "100 Continue".
func readsTheBody(t *testing.T, answers *bufio.Reader) {
	t.Helper()
	resp, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusContinue {
		t.Fatalf("status %d instead of 100", resp.StatusCode)
	}
}

// A client that has sent half of its body and no more does not hold the end up.
func TestServeEndsBesideAHalfSentBody(t *testing.T) {
	p := start(t, nil, "--data-dir", t.TempDir())
	tok := token(t, p.send("POST", "/api/v1/auths/signup", "", ada, 200))
	conn, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /api/v1/chats/new HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n{", tok)
	readsTheBody(t, bufio.NewReader(conn))
	begin := time.Now()
	p.stop() // with status 0
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("it ended after %v", took)
	}
	if !strings.Contains(p.text(), "some requests did not end in time and were cut off") {
		t.Errorf("the log says\n%s", p.text())
	}
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
