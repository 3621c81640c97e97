//go:build unix

package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Private is a server that no other process uses, to be stopped, killed,
// paused and started again. Its data and its port stay the same until
// [Private.Close].
type Private struct {
	instance *instance
	binaries binaries
	account  account
}

// NewPrivate starts a server of its own, found as [Share] finds one, except
// that one named in the environment is not taken.
func NewPrivate(ctx context.Context, engine string, say func(string)) (*Private, error) {
	return newPrivate(ctx, engine, nil, say)
}

func newPrivate(ctx context.Context, engine string, m *Member, say func(string)) (*Private, error) {
	if say == nil {
		say = func(string) {}
	}
	b, err := locate(ctx, engine, say)
	if err != nil {
		return nil, err
	}
	b.keeps, b.member = true, m
	a, err := accountOf(engine)
	if err != nil {
		return nil, err
	}
	i, err := launch(ctx, b, 0)
	if err != nil {
		return nil, err
	}
	return &Private{i, b, a}, nil
}

// Endpoint is the server's address.
func (p *Private) Endpoint() Endpoint { return p.instance.endpoint }

// Dir is the server's directory, with its log in "log".
func (p *Private) Dir() string { return p.instance.dir }

// Close ends the server and removes its data.
func (p *Private) Close() error {
	err := p.Resume()
	p.instance.keep.release()
	return err
}

// Start starts the server after [Private.Stop] or [Private.Kill] and waits
// until it answers.
func (p *Private) Start(ctx context.Context) error {
	if alive(p.instance.pid()) {
		return errors.New("the server is running")
	}
	if err := os.Truncate(filepath.Join(p.instance.dir, once), 0); err != nil {
		return err
	}
	return p.instance.start(ctx)
}

// Stop ends the server cleanly, its connections too, and waits for it.
func (p *Private) Stop(ctx context.Context) error {
	s := syscall.SIGTERM
	if p.instance.endpoint.Engine == PostgreSQL {
		s = syscall.SIGINT // "fast": it does not wait for its clients to leave
	}
	if err := p.instance.signal(s); err != nil {
		return err
	}
	return p.gone(ctx, nil)
}

// Kill ends all processes of the server at once, as a crash of the machine does.
func (p *Private) Kill() error {
	pids := p.processes()
	if err := send(pids, syscall.SIGKILL); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return p.gone(ctx, pids)
}

// Ended waits until the server has ended of itself.
func (p *Private) Ended(ctx context.Context) error { return p.gone(ctx, nil) }

// gone waits until the server's processes have ended and its port is closed.
func (p *Private) gone(ctx context.Context, pids []int) error {
	pids = append(pids, p.instance.pid())
	for _, pid := range pids {
		for pid != 0 && alive(pid) {
			if err := pause(ctx, 2*time.Millisecond); err != nil {
				return fmt.Errorf("the server does not end: %w", err)
			}
		}
	}
	for {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.instance.endpoint.address)
		if err != nil {
			return nil //nolint:nilerr // a refusal is what is waited for
		}
		_ = c.Close()
		if err := pause(ctx, 2*time.Millisecond); err != nil {
			return fmt.Errorf("the server's port stays open: %w", err)
		}
	}
}

// Pause stops all processes of the server where they are: connections stay
// open and nothing answers.
func (p *Private) Pause() error {
	pids := p.processes()
	if len(pids) == 0 {
		return errors.New("the server is not running")
	}
	// The guardian wakes them if this process ends before Resume.
	var words []string
	for _, pid := range pids {
		words = append(words, strconv.Itoa(pid))
	}
	if err := writeFile(filepath.Join(p.instance.dir, "stopped"), strings.Join(words, " ")); err != nil {
		return err
	}
	return send(pids, syscall.SIGSTOP)
}

// Resume lets a paused server go on.
func (p *Private) Resume() error {
	file := filepath.Join(p.instance.dir, "stopped")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil //nolint:nilerr // not paused
	}
	var pids []int
	for _, w := range strings.Fields(string(text)) {
		if pid, err := strconv.Atoi(w); err == nil && alive(pid) {
			pids = append(pids, pid)
		}
	}
	return errors.Join(send(pids, syscall.SIGCONT), os.Remove(file))
}

// processes stops the first process, so that it starts no others meanwhile,
// and lists it with all its children; none when the server is not running.
func (p *Private) processes() []int {
	pid := p.instance.pid()
	if !alive(pid) || !runs(pid, p.instance.dir) || syscall.Kill(pid, syscall.SIGSTOP) != nil {
		return nil
	}
	// A stop takes effect a moment after it is sent.
	before := children(pid)
	for {
		time.Sleep(2 * time.Millisecond)
		now := children(pid)
		if slices.Equal(before, now) {
			return append([]int{pid}, append(now, p.managed(pid)...)...)
		}
		before = now
	}
}

// managed are the processes of a server that its manager has started, which are
// nobody's children: the first is stopped as those above are.
func (p *Private) managed(manager int) []int {
	if p.binaries.member == nil || p.binaries.member.Manager == nil {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(p.instance.dir, "data", "postmaster.pid"))
	if err != nil {
		return nil
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil || pid == manager || !alive(pid) || !runs(pid, p.instance.dir) ||
		syscall.Kill(pid, syscall.SIGSTOP) != nil {
		return nil
	}
	time.Sleep(5 * time.Millisecond)
	return append([]int{pid}, children(pid)...)
}

func send(pids []int, s syscall.Signal) error {
	for _, pid := range pids {
		if err := syscall.Kill(pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}
