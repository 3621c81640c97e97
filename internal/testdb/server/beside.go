//go:build unix

package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Beside is a program that works beside the servers: a pooler, a gate, a proxy.
// It ends with Close, and with this process however that ends.
type Beside struct {
	Dir   string // its own, with its log in "log"
	name  string
	hold  io.Closer
	ended chan error
}

// ordered is the command of a program, and what it gets of an environment.
type ordered struct {
	argv, env []string
	end       string // the signal that ends it, with its children if it has any; empty for KILL
}

// keeper runs a program until nobody holds its third file open any more, and
// then removes the directory where it is.
const keeper = `dir=$PWD end=$1; shift; "$@" </dev/null & p=$!; echo $p >pid
(cat <&3 >/dev/null; kill -$end $p; cd /; rm -rf "$dir") 2>/dev/null & exec 3<&-
wait $p`

// startBeside starts a program as an account. command gets the directory that
// is the program's own, and may write there.
func startBeside(ctx context.Context, name string, a account,
	command func(dir string) (ordered, error)) (_ *Beside, err error) {
	base, err := dataBase(a)
	if err != nil {
		return nil, err
	}
	b := &Beside{name: name, ended: make(chan error, 1)}
	if b.Dir, err = os.MkdirTemp(base, name+"-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(b.Dir)
		}
	}()
	order, err := command(b.Dir)
	if err != nil {
		return nil, err
	}
	if err = a.ownAll(b.Dir); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(b.Dir, "log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	// It ends with Close, and not with the context of its start.
	c := exec.CommandContext(context.WithoutCancel(ctx), "sh",
		append([]string{"-c", keeper, name, cmp.Or(order.end, "KILL")}, order.argv...)...)
	c.Dir, c.SysProcAttr, c.Stdout, c.Stderr, c.ExtraFiles = b.Dir, a.attributes(), log, log, []*os.File{r}
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "HOME=" + b.Dir, "TMPDIR=" + b.Dir}, order.env...)
	if err = c.Start(); err != nil {
		_ = w.Close()
		return nil, err
	}
	b.hold = w
	go func() { b.ended <- c.Wait() }()
	return b, nil
}

// ownAll gives a tree to the account.
func (a account) ownAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, a.own(path))
	})
}

// Until waits until ready says yes, or the program has ended.
func (b *Beside) Until(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case end := <-b.ended:
			b.ended <- end
			return fmt.Errorf("%s ended: %w: %s", b.name, errors.Join(end, err), b.says())
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w: %s", b.name, errors.Join(ctx.Err(), err), b.says())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// listens succeeds when somebody listens on the port.
func listens(port int) func(context.Context) error {
	return func(ctx context.Context) error {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return err
		}
		return c.Close()
	}
}

// says is the end of what the program said, or the line that says what went
// wrong, which Vitess puts before a page on its options.
func (b *Beside) says() string {
	text, _ := os.ReadFile(filepath.Join(b.Dir, "log")) // it is for a message only
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "Error: ") {
			return strings.TrimSpace(line)
		}
	}
	return tail(string(text))
}

// Pause stops the program where it is: its connections stay open and nothing
// answers. Close ends it.
func (b *Beside) Pause() error {
	text, err := os.ReadFile(filepath.Join(b.Dir, "pid"))
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	return syscall.Kill(pid, syscall.SIGSTOP)
}

// Close ends the program and removes its directory.
func (b *Beside) Close() error {
	err := b.hold.Close()
	<-b.ended //nolint:errcheck // it was killed
	return errors.Join(err, os.RemoveAll(b.Dir))
}
