//go:build unix

package server

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

//go:embed guardian.sh
var guardian string

// startLimit is how long a server may take to answer on a busy machine.
const startLimit = 2 * time.Minute

// errPort says that the server could not have its port.
var errPort = errors.New("the port is taken")

// instance is one server process, its directory and its guardian, which this
// process keeps alive by the open pipe.
type instance struct {
	dir      string
	endpoint Endpoint
	keep     holder
}

// holder is what makes a process one of those the server is kept for.
type holder struct {
	pipe *os.File // its closing is what the guardian notices
	lock lock     // shared; tells a cleaner that the server is in use although its guardian died
}

func (h holder) release() {
	if h.pipe != nil {
		_ = h.pipe.Close()
	}
	h.lock.release()
}

func (h holder) say(word string) error {
	_, err := h.pipe.WriteString(word + "\n")
	if errors.Is(err, syscall.EAGAIN) { // full of words: the guardian has one to read
		return nil
	}
	return err
}

// join makes the caller a holder of the server in dir. It fails when the
// guardian is gone or going.
func join(ctx context.Context, dir string) (h holder, err error) {
	defer func() {
		if err != nil {
			h.release()
			h = holder{}
		}
	}()
	// Without a guardian that reads the pipe, opening fails at once.
	if h.pipe, err = os.OpenFile(filepath.Join(dir, "hold"), os.O_WRONLY|syscall.O_NONBLOCK, 0); err != nil {
		return h, err
	}
	if h.lock, err = lockFile(ctx, filepath.Join(dir, "users"), shared); err != nil {
		return h, err
	}
	if _, err := os.Stat(filepath.Join(dir, "closing")); err == nil {
		return h, errors.New("the server is being stopped")
	}
	return h, h.say("join")
}

// launch starts a new server of its own directory below base. Its guardian
// stops it after a time of grace without a holder.
func launch(ctx context.Context, b binaries, grace time.Duration) (*instance, error) {
	a, err := accountOf(b.engine)
	if err != nil {
		return nil, err
	}
	base, err := dataBase(a)
	if err != nil {
		return nil, err
	}
	template, err := b.template(ctx, base, a)
	if err != nil {
		return nil, err
	}
	return launchFrom(ctx, b, a, base, template, grace, freePort)
}

// launchFrom tries until the server gets its port: between the choice of a
// free one and its use another program may take it.
func launchFrom(ctx context.Context, b binaries, a account, base, template string, grace time.Duration,
	ports func(context.Context) (int, error)) (*instance, error) {
	for attempt := 0; ; attempt++ {
		port, err := ports(ctx)
		if err != nil {
			return nil, err
		}
		i, err := launchOnce(ctx, b, a, base, template, port, grace)
		if err == nil || !errors.Is(err, errPort) || attempt == 5 {
			return i, err
		}
	}
}

func launchOnce(ctx context.Context, b binaries, a account, base, template string, port int,
	grace time.Duration) (_ *instance, err error) {
	dir, err := os.MkdirTemp(base, b.engine+"-")
	if err != nil {
		return nil, err
	}
	i := &instance{dir: dir}
	defer func() {
		if err != nil {
			_ = i.signal(syscall.SIGKILL)
			guarded := i.keep.pipe != nil
			i.keep.release()
			if !guarded { // else its guardian removes it
				_ = os.RemoveAll(dir)
			}
		}
	}()
	if i.keep.lock, err = lockFile(ctx, filepath.Join(dir, "users"), shared); err != nil {
		return nil, err
	}
	if b, err = b.within(dir, a); err != nil {
		return nil, err
	}
	manager, err := b.manage(dir, port)
	if err != nil {
		return nil, err
	}
	if manager == nil {
		if err = copyTree(template, filepath.Join(dir, "data"), a); err != nil {
			return nil, err
		}
	}
	if err = syscall.Mkfifo(filepath.Join(dir, "hold"), 0o600); err != nil {
		return nil, err
	}
	before, first := "", ""
	if m := b.member; m != nil {
		before, first = m.Before, strings.Join(m.First, " ")
	}
	if err = writeFile(filepath.Join(dir, "init.sql"), before+users); err != nil {
		return nil, err
	}
	if err = writeFile(filepath.Join(dir, once), first); err != nil {
		return nil, err
	}
	for _, f := range []string{"", "hold", "users", "init.sql", once} {
		if err = a.own(filepath.Join(dir, f)); err != nil {
			return nil, err
		}
	}
	if manager == nil {
		manager = b.command(dir, port)
	} else if err = a.ownAll(dir); err != nil {
		return nil, err
	}
	i.endpoint = local(b.engine, port)
	if err = i.guard(ctx, b, a, grace, manager); err != nil {
		return nil, err
	}
	if err = i.start(ctx); err != nil {
		return nil, err
	}
	return i, nil
}

// guard starts the guardian and becomes its first holder.
func (i *instance) guard(ctx context.Context, b binaries, a account, grace time.Duration, command []string) error {
	// The shell in between ends at once, so that the guardian is nobody's child
	// and has nothing of this process: no terminal, no output, no environment.
	argv := append([]string{"-c", `sh -c "$0" guardian "$@" </dev/null >/dev/null 2>&1 &`, guardian,
		i.dir, strconv.Itoa(int(grace.Seconds())), b.ending()}, command...)
	c := exec.CommandContext(ctx, "sh", argv...)
	c.Dir, c.Env, c.SysProcAttr = "/", b.environment(i.dir), a.attributes()
	if err := c.Run(); err != nil {
		return fmt.Errorf("start the guardian of the server: %w", err)
	}
	for {
		pipe, err := os.OpenFile(filepath.Join(i.dir, "hold"), os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if err == nil {
			i.keep.pipe = pipe
			return nil
		}
		if !errors.Is(err, syscall.ENXIO) {
			return err
		}
		if err := pause(ctx, 2*time.Millisecond); err != nil {
			return err
		}
	}
}

// start lets the guardian start the server and waits until it answers.
func (i *instance) start(ctx context.Context) error {
	late := fmt.Errorf("%s did not answer within %v", Title(i.endpoint.Engine), startLimit)
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, late)
	defer cancel()
	old := i.pid()
	if err := i.keep.say("start"); err != nil {
		return err
	}
	for i.pid() == old {
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return fmt.Errorf("the guardian does not start the server: %w", err)
		}
	}
	for {
		err := i.ready(ctx)
		if err == nil {
			return nil
		}
		if !alive(i.pid()) {
			text, _ := os.ReadFile(filepath.Join(i.dir, "log"))
			why := errors.New("it ended while starting")
			says := strings.ToLower(string(text))
			if strings.Contains(says, "address already in use") || strings.Contains(says, "bind on tcp/ip port") {
				why = errPort
			}
			return fmt.Errorf("%s: %w: %s", Title(i.endpoint.Engine), why, tail(string(text)))
		}
		if stop := pause(ctx, 20*time.Millisecond); stop != nil {
			return fmt.Errorf("%w: %w", stop, err)
		}
	}
}

// ready succeeds when the server answers, and is this one: another server may
// have got the port first.
func (i *instance) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	// The driver would report each refusal; a plain dial is cheaper and silent.
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", i.endpoint.address)
	if err != nil {
		return err
	}
	_ = c.Close()
	if err := i.endpoint.probe(ctx); err != nil {
		return err
	}
	ask := "SELECT @@datadir"
	if i.endpoint.Engine == PostgreSQL {
		ask = "SHOW data_directory"
	}
	db, err := i.endpoint.Open("")
	if err != nil {
		return err
	}
	defer closeDB(db)
	var data string
	if err := db.QueryRowContext(ctx, ask).Scan(&data); err != nil {
		return err
	}
	if filepath.Clean(data) != filepath.Join(i.dir, "data") {
		return errors.New("another server answers on the port")
	}
	return nil
}

// pid is the number of the server's process, 0 before the first start.
func (i *instance) pid() int { return pidOf(i.dir) }

func pidOf(dir string) int {
	text, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return n
}

// signal sends s to the server's process if it is still the server.
func (i *instance) signal(s syscall.Signal) error { return signal(i.dir, s) }

func signal(dir string, s syscall.Signal) error {
	pid := pidOf(dir)
	if pid <= 1 || !alive(pid) || !runs(pid, dir) {
		return nil
	}
	return syscall.Kill(pid, s)
}

// freePort finds a port below those that the system gives to outgoing
// connections, so that a server gets it again after a restart.
func freePort(ctx context.Context) (int, error) {
	var err error
	for range 100 {
		port := 15000 + rand.IntN(16000)
		var l net.Listener
		if l, err = (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("no free port: %w", err)
}

// pause waits, and returns the reason why ctx ended if it does.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
