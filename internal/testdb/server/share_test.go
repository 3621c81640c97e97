//go:build unix

package server

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets this program play another test process: it leases the servers
// it is told, says where they are, and stays until it is killed.
func TestMain(m *testing.M) {
	if engines := os.Getenv("LARDER_TEST_HOLD"); engines != "" {
		hold(strings.Split(engines, ","))
		return
	}
	os.Exit(m.Run())
}

func hold(engines []string) {
	for _, e := range engines {
		l, err := Share(context.Background(), e, nil)
		if err != nil {
			_, _ = fmt.Println("error", err)
			os.Exit(1)
		}
		_, _ = fmt.Println(e, pidOf(l.dir), l.dir, l.Endpoint.Port())
	}
	_, _ = fmt.Println("holding")
	time.Sleep(time.Hour)
}

// engines are those of the run; the package knows no TESTDB_ variables itself.
func engines() []string {
	only, skip := os.Getenv("TESTDB_ENGINES"), strings.Split(os.Getenv("TESTDB_SKIP"), ",")
	return slices.DeleteFunc([]string{PostgreSQL, MySQL, MariaDB}, func(e string) bool {
		return slices.Contains(skip, e) || only != "" && !slices.Contains(strings.Split(only, ","), e)
	})
}

// apart lets the test's servers live apart from those other tests use.
func apart(t *testing.T, grace string) {
	t.Helper()
	t.Setenv("LARDER_TESTDB_GRACE", grace)
	parent := ""
	if free, err := freeSpace(memory); err == nil && free > room {
		parent = memory
	}
	// Not t.TempDir: another user, who runs PostgreSQL, must get there.
	dir, err := os.MkdirTemp(parent, "larder-run-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("LARDER_TESTDB_RUN", dir)
	for _, e := range []string{PostgreSQL, MySQL, MariaDB} {
		for _, v := range variables(e) {
			t.Setenv(v, "")
		}
	}
	t.Cleanup(func() {
		// The guardians remove their own; what is left then is a few locks.
		eventually(t, "the servers of the test are gone", func() bool { return len(serverDirs(dir)) == 0 })
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
}

func serverDirs(run string) []string {
	m, _ := filepath.Glob(filepath.Join(run, "larder-testdb-data-*", "*"))
	return m
}

// eventually waits for the time in which a guardian has acted.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not become true that %s", what)
		}
	}
}

type served struct {
	pid, port int
	dir       string
}

// process starts another test process that holds engines.
func process(t *testing.T, engines ...string) (*exec.Cmd, map[string]served) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), "LARDER_TEST_HOLD="+strings.Join(engines, ","))
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	got := map[string]served{}
	for s := bufio.NewScanner(out); s.Scan(); {
		f := strings.Fields(s.Text())
		if f[0] == "holding" {
			return c, got
		}
		if len(f) != 4 {
			t.Fatal(s.Text())
		}
		pid, _ := strconv.Atoi(f[1])
		port, _ := strconv.Atoi(f[3])
		got[f[0]] = served{pid, port, f[2]}
	}
	t.Fatal("the other process ended")
	return nil, nil
}

// A test process that is killed leaves no server behind.
func TestKilledHolder(t *testing.T) {
	apart(t, "")
	c, got := process(t, engines()...)
	for e, s := range got {
		if !alive(s.pid) || !runs(s.pid, s.dir) {
			t.Errorf("%s does not run as process %d", e, s.pid)
		}
	}
	start := time.Now()
	usual, err := grace()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for e, s := range got {
		eventually(t, e+" has ended and its directory is gone", func() bool {
			_, err := os.Stat(s.dir)
			return !alive(s.pid) && os.IsNotExist(err)
		})
	}
	if d := time.Since(start); d < usual-time.Second {
		t.Errorf("the servers went after %v, with no time for a next package", d)
	}
}

// Processes that start at once share one server, which stays for the last.
func TestShared(t *testing.T) {
	apart(t, "1s")
	for _, e := range engines() {
		t.Run(e, func(t *testing.T) {
			const n = 4
			procs := make([]*exec.Cmd, n)
			first := served{}
			results := make(chan served, n)
			t.Run("start", func(t *testing.T) {
				for i := range n {
					c := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0])
					c.Env = append(os.Environ(), "LARDER_TEST_HOLD="+e)
					out, err := c.StdoutPipe()
					if err != nil {
						t.Fatal(err)
					}
					if err := c.Start(); err != nil {
						t.Fatal(err)
					}
					procs[i] = c
					go func() {
						var s served
						_, _ = fmt.Fscan(out, new(string), &s.pid, &s.dir, &s.port)
						results <- s
					}()
				}
				first = <-results
				for range n - 1 {
					if s := <-results; s != first {
						t.Errorf("one process has %+v, another %+v", first, s)
					}
				}
			})
			for i, c := range procs {
				if !alive(first.pid) {
					t.Errorf("the server ended while %d processes use it", n-i)
				}
				_ = c.Process.Kill()
				_ = c.Wait()
			}
			// A new holder within the grace gets the same server.
			l, err := Share(t.Context(), e, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Release()
			if l.dir != first.dir {
				t.Errorf("a new server in %s, while the old one is still there in %s", l.dir, first.dir)
			}
			time.Sleep(3 * time.Second)
			if !alive(first.pid) {
				t.Error("the server ended under its holder")
			}
		})
	}
}

// A server that died is replaced, and not joined by those who come later.
func TestDeadServer(t *testing.T) {
	apart(t, "0s")
	for _, e := range engines() {
		t.Run(e, func(t *testing.T) {
			old, err := Share(t.Context(), e, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer old.Release()
			if err := signal(old.dir, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the server has ended", func() bool { return !old.Alive() })
			for range 2 {
				l, err := Share(t.Context(), e, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer l.Release()
				if l.dir == old.dir || !l.Alive() {
					t.Fatalf("the dead server in %s was leased again", l.dir)
				}
				if err := l.Endpoint.probe(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// A guardian whose directory somebody removed ends its server and itself.
func TestRemovedDirectory(t *testing.T) {
	apart(t, "0s")
	for _, e := range engines() {
		t.Run(e, func(t *testing.T) {
			p, err := NewPrivate(t.Context(), e, nil)
			if err != nil {
				t.Fatal(err)
			}
			pid := p.instance.pid()
			guard := guardianOf(t, p.Dir())
			// The server goes on writing while its files are removed.
			eventually(t, "the directory is removed", func() bool { return os.RemoveAll(p.Dir()) == nil })
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the server has ended", func() bool { return !alive(pid) })
			eventually(t, "the guardian has ended", func() bool { return !alive(guard) })
		})
	}
}

// guardianOf returns the process number of the guardian of the server in dir.
func guardianOf(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "guardian"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || !runs(pid, dir) {
		t.Fatalf("%q is not the guardian of %s", text, dir)
	}
	return pid
}

// What a guardian that was killed has left is removed by the next start, but
// not under a process that uses it.
func TestDeadGuardian(t *testing.T) {
	apart(t, "0s")
	for _, e := range engines() {
		t.Run(e, func(t *testing.T) {
			old, err := Share(t.Context(), e, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer old.Release()
			pid := pidOf(old.dir)
			parent := guardianOf(t, old.dir)
			if err := syscall.Kill(parent, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the guardian has ended", func() bool { return !alive(parent) })
			used, err := Share(t.Context(), e, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer used.Release()
			if used.dir == old.dir {
				t.Fatal("a server without guardian was leased")
			}
			if err := old.Endpoint.probe(t.Context()); err != nil {
				t.Fatalf("the server was taken from its holder: %v", err)
			}
			old.Release()
			sweep()
			if _, err := os.Stat(old.dir); err == nil {
				t.Error("the directory is still there")
			}
			eventually(t, "the server has ended", func() bool { return !alive(pid) })
			if !used.Alive() {
				t.Error("the server in use was swept")
			}
		})
	}
}

// A notice of before a reboot names a directory that is gone, or a process
// number that another program has now.
func TestStaleNotice(t *testing.T) {
	apart(t, "0s")
	e := engines()
	if len(e) == 0 {
		return
	}
	l, err := Share(t.Context(), e[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	control, err := controlDir()
	if err != nil {
		t.Fatal(err)
	}
	notices, _ := filepath.Glob(filepath.Join(control, e[0]+"-*[0-9a-f]"))
	if len(notices) != 1 {
		t.Fatalf("notices %v", notices)
	}
	gone := t.TempDir()
	for _, text := range []string{"", "{}", "no json", `{"Dir":"/nonexistent/x","Port":1}`,
		`{"Dir":"` + gone + `","Port":1}`} {
		if err := writeFile(notices[0], text); err != nil {
			t.Fatal(err)
		}
		n, err := Share(t.Context(), e[0], nil)
		if err != nil {
			t.Fatal(err)
		}
		if n.dir == l.dir || n.Endpoint.probe(t.Context()) != nil {
			t.Errorf("notice %q: no server of its own in %s", text, n.dir)
		}
		n.Release()
	}
	// A process number that was given to another program is not signalled.
	if err := os.WriteFile(filepath.Join(gone, "pid"), []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := signal(gone, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// Two servers that are given one port: the second takes another one.
func TestPortTaken(t *testing.T) {
	apart(t, "0s")
	for _, e := range engines() {
		t.Run(e, func(t *testing.T) {
			p, err := NewPrivate(t.Context(), e, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			b, err := locate(t.Context(), e, nil)
			if err != nil {
				t.Fatal(err)
			}
			a, err := accountOf(e)
			if err != nil {
				t.Fatal(err)
			}
			base, err := dataBase(a)
			if err != nil {
				t.Fatal(err)
			}
			tpl, err := b.template(t.Context(), base, a)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			ports := func(ctx context.Context) (int, error) {
				if n++; n == 1 {
					return p.Endpoint().Port(), nil
				}
				return freePort(ctx)
			}
			i, err := launchFrom(t.Context(), b, a, base, tpl, 0, ports)
			if err != nil {
				t.Fatal(err)
			}
			defer i.keep.release()
			if n != 2 || i.endpoint.Port() == p.Endpoint().Port() {
				t.Errorf("%d attempts, port %d beside %d", n, i.endpoint.Port(), p.Endpoint().Port())
			}
			if err := p.Endpoint().CreateDatabase(t.Context(), "still_there"); err != nil {
				t.Error(err)
			}
		})
	}
}
