package credential

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/larder-db/larder/dberr"
)

// A Source gives the password for a connection that is about to be opened. It is
// what engine.Options.Password holds, and may be called by several connections at
// the same time.
type Source = func(ctx context.Context) (string, error)

const (
	// longest is the size in bytes from which something is no password. Tokens of
	// Azure have some two thousand.
	longest = 64 << 10

	// patience is how long a command may take. Those of cloud providers need one
	// to three seconds.
	patience = 30 * time.Second
)

// File reads the password from a file, each time anew. The line break at its end
// does not belong to it. A file that is empty, longer than 64 KiB or cannot be
// read is a dberr.Unavailable error that names the file.
func File(path string) Source {
	return func(context.Context) (string, error) {
		f, err := os.Open(path)
		if err != nil {
			return "", failed("the file "+path+" cannot be opened", err)
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, longest+1))
		if err != nil {
			return "", failed("the file "+path+" cannot be read", err)
		}
		return password("the file "+path, text)
	}
}

// Command runs a line of the system's shell and takes what it writes to its
// standard output, without the line break at its end. Connections that ask while
// it runs share the one run; nothing is kept after it. A command that fails,
// says nothing or takes longer than 30 s is a dberr.Unavailable error with its
// exit status. What it writes to its standard error is not shown, because it may
// hold a secret.
func Command(line string) Source {
	c := &command{line: line}
	return c.ask
}

type command struct {
	line string

	mu  sync.Mutex
	run *run // the one that is under way
}

type run struct {
	done chan struct{} // closed when the rest is there
	text string
	err  error
}

func (c *command) ask(ctx context.Context) (string, error) {
	c.mu.Lock()
	r := c.run
	if r == nil {
		r = &run{done: make(chan struct{})}
		c.run = r
		// Others wait for it, too: it does not end with the one that came first.
		go c.execute(context.WithoutCancel(ctx), r)
	}
	c.mu.Unlock()
	select {
	case <-r.done:
		return r.text, r.err
	case <-ctx.Done():
		return "", failed("the command for the password has not ended yet", ctx.Err())
	}
}

func (c *command) execute(ctx context.Context, r *run) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r.text, r.err = output(ctx, c.line)
	c.mu.Lock()
	c.run = nil
	c.mu.Unlock()
	close(r.done)
}

func output(ctx context.Context, line string) (string, error) {
	cmd := shell(ctx, line)
	cmd.WaitDelay = time.Second // what it has started may keep its output open
	var out limited
	cmd.Stdout = &out
	switch err := cmd.Run(); {
	case ctx.Err() != nil:
		return "", failed("the command for the password has not ended after "+patience.String(), ctx.Err())
	case err != nil && !errors.Is(err, exec.ErrWaitDelay): // something that it has started lives on
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			how := exit.String() // "exit status 1"
			return "", failed("the command for the password ends with "+how+"; run it by hand to see what it says", err)
		}
		return "", failed("the command for the password cannot be run", err)
	}
	return password("the command for the password", out.text)
}

// limited keeps what may be a password, and one byte of what is too long for one.
type limited struct{ text []byte }

func (l *limited) Write(p []byte) (int, error) {
	l.text = append(l.text, p[:min(len(p), longest+1-len(l.text))]...)
	return len(p), nil
}

// password is the text without the line break that editors and commands put at
// its end.
func password(of string, text []byte) (string, error) {
	text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	switch {
	case len(text) == 0:
		return "", failed(of+" gives nothing", nil)
	case len(text) > longest:
		return "", failed(of+" gives more than 64 KiB", nil)
	case bytes.IndexByte(text, 0) >= 0:
		return "", failed(of+" gives a NUL, which no password has", nil)
	}
	return string(text), nil
}

func failed(msg string, err error) error {
	return &dberr.Error{Op: "password", Code: dberr.Unavailable, Msg: msg, Err: err}
}
