package bench

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkServe starts the program on a database of Open WebUI with 73 chats
// and reports how long it takes to the first answer, what it has resident five
// seconds later, and how large the stripped program is.
func BenchmarkServe(b *testing.B) {
	dir := b.TempDir()
	program := build(b, dir)
	info, err := os.Stat(program)
	must(b, err)
	unpackSmall(b, filepath.Join(dir, "webui.db"))
	var ready time.Duration
	most := 0
	for b.Loop() {
		took, rss := serveOnce(b, program, dir)
		if ready == 0 || took < ready {
			ready = took
		}
		most = max(most, rss)
	}
	b.ReportMetric(float64(ready.Microseconds())/1000, "ready-ms")
	b.ReportMetric(float64(most)/(1<<20), "resident-MB")
	b.ReportMetric(float64(info.Size())/(1<<20), "binary-MB")
	b.ReportMetric(0, "ns/op")
}

// build makes the stripped program.
func build(b *testing.B, dir string) string {
	b.Helper()
	program := filepath.Join(dir, "larder")
	cmd := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program,
		"../cmd/larder")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return program
}

func unpackSmall(b *testing.B, to string) {
	b.Helper()
	in, err := os.Open("../server/testdata/small.db.gz")
	must(b, err)
	defer in.Close()
	z, err := gzip.NewReader(in)
	must(b, err)
	out, err := os.Create(to)
	must(b, err)
	_, err = io.Copy(out, z)
	must(b, err)
	must(b, out.Close())
}

func serveOnce(b *testing.B, program, dir string) (ready time.Duration, resident int) {
	b.Helper()
	begin := time.Now()
	cmd, _ := start(b, program, dir)
	ready = time.Since(begin)
	time.Sleep(5 * time.Second)
	resident = memory(b, cmd, "VmRSS")
	stop(b, cmd)
	return ready, resident
}

// start runs the program until it is ready, and returns its address.
func start(b *testing.B, program, dir string) (cmd *exec.Cmd, url string) {
	b.Helper()
	l, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	must(b, err)
	port := l.Addr().(*net.TCPAddr).Port
	must(b, l.Close())
	url = fmt.Sprintf("http://127.0.0.1:%d", port)
	cmd = exec.CommandContext(b.Context(), program, "serve", "--port", strconv.Itoa(port), "--data-dir", dir, "--quiet")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	begin := time.Now()
	must(b, cmd.Start())
	for status(b.Context(), url+"/ready") != http.StatusOK {
		if time.Since(begin) > 10*time.Second {
			b.Fatal("not ready after 10 s")
		}
		time.Sleep(time.Millisecond)
	}
	return cmd, url
}

func stop(b *testing.B, cmd *exec.Cmd) {
	b.Helper()
	must(b, cmd.Process.Signal(syscall.SIGTERM))
	must(b, cmd.Wait())
}

// memory is a number of bytes that Linux keeps about the process: VmRSS, what
// is resident, or VmHWM, the most that ever was.
func memory(b *testing.B, cmd *exec.Cmd, name string) int {
	b.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	must(b, err)
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), name+":"); ok {
			kb, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			must(b, err)
			return kb << 10
		}
	}
	b.Fatalf("the system does not say %s", name)
	return 0
}

// BenchmarkServeLargeChat creates a chat of 65 MB, in messages of 2 kB, and
// reports the most memory that the program had resident, as a multiple of the
// document, too.
func BenchmarkServeLargeChat(b *testing.B) {
	dir := b.TempDir()
	program := build(b, dir)
	var body strings.Builder
	body.WriteString(`{"chat":{"title":"large","history":{"messages":{`)
	for i := 0; body.Len() < 65<<20; i++ {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `"m%d":{"id":"m%d","parentId":"m%d","childrenIds":["m%d"],"role":"user","timestamp":1700000000,"content":"%s"}`, i, i, i-1, i+1, strings.Repeat(`some \"text\" `, 150))
	}
	body.WriteString(`}}}}`)
	most, runs := 0, 0
	for b.Loop() {
		runs++
		data := filepath.Join(dir, strconv.Itoa(runs))
		must(b, os.Mkdir(data, 0o700))
		cmd, url := start(b, program, data)
		var user struct {
			Token string `json:"token"`
		}
		must(b, json.Unmarshal(post(b, url+"/api/v1/auths/signup", "",
			`{"name":"Ada","email":"ada@example.com","password":"a long password"}`), &user))
		post(b, url+"/api/v1/chats/new", user.Token, body.String())
		most = max(most, memory(b, cmd, "VmHWM"))
		stop(b, cmd)
	}
	b.ReportMetric(float64(most)/(1<<20), "resident-MB")
	b.ReportMetric(float64(most)/float64(body.Len()), "x-document")
}

func post(b *testing.B, url, token, body string) []byte {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, strings.NewReader(body))
	must(b, err)
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	must(b, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	must(b, err)
	if res.StatusCode != http.StatusOK {
		b.Fatalf("%s: status %d", url, res.StatusCode)
	}
	return answer
}

func status(ctx context.Context, url string) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	return res.StatusCode
}
