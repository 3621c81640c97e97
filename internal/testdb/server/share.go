//go:build unix

package server

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// grace is how long a shared server outlives its last holder: the time
// between two tests, or two packages, of one run. LARDER_TESTDB_GRACE sets
// another one, in Go's way ("10m" keeps the servers warm between runs).
func grace() (time.Duration, error) {
	text := os.Getenv("LARDER_TESTDB_GRACE")
	if text == "" {
		return 6 * time.Second, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("LARDER_TESTDB_GRACE=%q is not a duration such as 10m", text)
	}
	return d, nil
}

// Lease is the right to use a server, for as long as it is not released and
// the process lives.
type Lease struct {
	Endpoint Endpoint

	dir  string // empty when the server was named in the environment
	keep holder
}

// Release gives the server back. The last lease of all processes lets the
// server go.
func (l *Lease) Release() { l.keep.release() }

// Alive reports whether the server's process is there.
func (l *Lease) Alive() bool { return l.dir == "" || alive(pidOf(l.dir)) }

// notice is what a process that started a shared server leaves for the others.
type notice struct {
	Dir     string
	Port    int
	Version string
}

// Share leases the server of engine that all processes of this user share. It
// takes the one named in the environment, or the running one, or finds or
// fetches and starts one. say is told about what takes long; nil for nobody.
func Share(ctx context.Context, engine string, say func(string)) (*Lease, error) {
	if say == nil {
		say = func(string) {}
	}
	if e, ok, err := FromEnvironment(ctx, engine); ok || err != nil {
		return &Lease{Endpoint: e}, err
	}
	b, err := locate(ctx, engine, say)
	if err != nil {
		return nil, err
	}
	control, err := controlDir()
	if err != nil {
		return nil, err
	}
	id, err := b.identity()
	if err != nil {
		return nil, err
	}
	// Servers of another version, or with other settings, are other servers.
	name := filepath.Join(control, engine+"-"+digest(id, guardian, strings.Join(b.command("", 0), " ")))
	if l, ok := running(ctx, engine, name); ok {
		return l, nil
	}
	lock, err := lockFile(ctx, name+".lock", exclusive)
	if err != nil {
		return nil, err
	}
	defer lock.release()
	if l, ok := running(ctx, engine, name); ok { // another process was faster
		return l, nil
	}
	sweep()
	wait, err := grace()
	if err != nil {
		return nil, err
	}
	i, err := launch(ctx, b, wait)
	if err != nil {
		return nil, fmt.Errorf("%w. %s", err, Ways(engine))
	}
	text, err := json.Marshal(notice{i.dir, i.endpoint.Port(), i.endpoint.Version})
	if err == nil {
		err = writeFile(name, string(text))
	}
	if err != nil {
		i.keep.release()
		return nil, err
	}
	return &Lease{Endpoint: i.endpoint, dir: i.dir, keep: i.keep}, nil
}

// running leases the server that the notice names, if it is there.
func running(ctx context.Context, engine, name string) (*Lease, bool) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, false
	}
	var n notice
	if json.Unmarshal(text, &n) != nil || n.Dir == "" {
		return nil, false
	}
	keep, err := join(ctx, n.Dir)
	if err != nil {
		return nil, false
	}
	if pid := pidOf(n.Dir); !alive(pid) || !runs(pid, n.Dir) {
		// The server died under its guardian: nobody may join any more.
		_ = os.Mkdir(filepath.Join(n.Dir, "closing"), 0o755)
		keep.release()
		return nil, false
	}
	e := local(engine, n.Port)
	e.Version = n.Version
	return &Lease{Endpoint: e, dir: n.Dir, keep: keep}, true
}

// sweep removes what crashed guardians and reboots have left. A directory
// with a guardian, or with a holder, stays.
func sweep() {
	for _, base := range dataBases() {
		dirs, _ := filepath.Glob(filepath.Join(base, "*-*"))
		for _, dir := range dirs {
			sweepDir(dir)
		}
	}
}

func sweepDir(dir string) {
	pipe, err := os.OpenFile(filepath.Join(dir, "hold"), os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err == nil {
		_ = pipe.Close()
		return
	}
	if _, err := os.Stat(filepath.Join(dir, "users")); err != nil {
		// Not a server, or one that is being made this moment.
		if i, err := os.Stat(dir); err == nil && time.Since(i.ModTime()) > time.Hour {
			_ = os.RemoveAll(dir)
		}
		return
	}
	l, err := tryLock(filepath.Join(dir, "users"), exclusive)
	if err != nil {
		return
	}
	defer l.release()
	if strings.HasPrefix(filepath.Base(dir), PostgreSQL) {
		// Its children and its System V segment go only with a signal it can act on.
		_ = signal(dir, syscall.SIGQUIT)
		for n := 0; n < 500 && alive(pidOf(dir)); n++ {
			time.Sleep(10 * time.Millisecond)
		}
	}
	_ = signal(dir, syscall.SIGKILL)
	_ = os.RemoveAll(dir)
}
