package bench

import (
	"bufio"
	"compress/gzip"
	"context"
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
	program := filepath.Join(dir, "larder")
	build := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "../cmd/larder")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	info, err := os.Stat(program)
	must(b, err)
	unpackSmall(b, filepath.Join(dir, "webui.db"))
	var ready time.Duration
	memory := 0
	for b.Loop() {
		took, rss := serveOnce(b, program, dir)
		if ready == 0 || took < ready {
			ready = took
		}
		memory = max(memory, rss)
	}
	b.ReportMetric(float64(ready.Microseconds())/1000, "ready-ms")
	b.ReportMetric(float64(memory)/(1<<20), "resident-MB")
	b.ReportMetric(float64(info.Size())/(1<<20), "binary-MB")
	b.ReportMetric(0, "ns/op")
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
	l, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	must(b, err)
	port := l.Addr().(*net.TCPAddr).Port
	must(b, l.Close())
	cmd := exec.CommandContext(b.Context(), program, "serve", "--port", strconv.Itoa(port), "--data-dir", dir, "--quiet")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	begin := time.Now()
	must(b, cmd.Start())
	for status(b.Context(), fmt.Sprintf("http://127.0.0.1:%d/ready", port)) != http.StatusOK {
		if time.Since(begin) > 10*time.Second {
			b.Fatal("not ready after 10 s")
		}
		time.Sleep(time.Millisecond)
	}
	ready = time.Since(begin)
	time.Sleep(5 * time.Second)
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	must(b, err)
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), "VmRSS:"); ok {
			kb, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			must(b, err)
			resident = kb << 10
		}
	}
	must(b, cmd.Process.Signal(syscall.SIGTERM))
	must(b, cmd.Wait())
	return ready, resident
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
