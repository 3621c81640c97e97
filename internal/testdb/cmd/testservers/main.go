// Testservers starts the database servers that tests run on, says their
// versions, and keeps them while it runs a command:
//
//	go run ./internal/testdb/cmd/testservers -- go test ./...
//
// Tests find the servers by themselves; this command lets them start warm,
// share one server over all packages, and fail once, early and in words, when
// an engine cannot be had. Without a command it keeps the servers until it is
// interrupted. It exits with the command's status, with 1 when a server could
// not be had, and with 2 when it was called wrongly.
//
// With -optional mysql a server that cannot be had after several attempts is
// left out: the command runs with TESTDB_SKIP=mysql, and the last lines say so.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/internal/testdb/debs"
	"github.com/larder-db/larder/internal/testdb/server"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	status := starter{out: os.Stdout, errs: os.Stderr, attempts: 4, pause: 15 * time.Second}.run(ctx, os.Args[1:])
	stop()
	os.Exit(status)
}

// starter is one run of the command.
type starter struct {
	out, errs io.Writer
	attempts  int           // how often an optional engine is tried
	pause     time.Duration // how long after each attempt
}

// run returns the exit status.
func (s starter) run(ctx context.Context, args []string) int {
	flags := flag.NewFlagSet("testservers", flag.ContinueOnError)
	flags.SetOutput(s.errs)
	optional := flags.String("optional", "",
		"engines, separated by commas, without which the command runs when they cannot be had")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	may := strings.FieldsFunc(*optional, func(r rune) bool { return r == ',' })
	results := s.startAll(ctx, may)
	defer func() {
		for _, r := range results {
			if r.lease != nil {
				r.lease.Release()
			}
		}
	}()
	var skip []string
	failed := false
	if slices.Contains(testdb.Engines(), testdb.SQLite) {
		v, err := testdb.SQLiteVersion(ctx)
		if err != nil {
			line(s.errs, "testservers: %v", err)
			return 1
		}
		line(s.out, "testservers: %-10s %s, in the test's own process", testdb.SQLite, v)
	}
	for _, r := range results {
		switch {
		case r.err == nil:
			line(s.out, "testservers: %-10s %s", r.engine, r.lease.Endpoint.Version)
		case slices.Contains(may, r.engine):
			skip = append(skip, r.engine)
		default:
			failed = true
			line(s.errs, "testservers: %-10s NOT AVAILABLE: %v", r.engine, r.err)
		}
	}
	if failed {
		line(s.errs, "testservers: nothing was run.")
		return 1
	}
	defer func() {
		for _, r := range results {
			if slices.Contains(skip, r.engine) {
				line(s.out, "testservers: %s WAS LEFT OUT: it could not be had: %v", server.Title(r.engine), r.err)
			}
		}
	}()
	if flags.NArg() == 0 {
		for _, r := range results {
			if r.lease != nil {
				line(s.out, "testservers: %s", r.lease.Endpoint.URL(""))
			}
		}
		line(s.out, "testservers: the servers stay until this command is interrupted.")
		<-ctx.Done()
		return 0
	}
	return s.command(ctx, flags.Args(), skip)
}

type result struct {
	engine string
	lease  *server.Lease
	err    error
}

// startAll starts the servers of all engines at once.
func (s starter) startAll(ctx context.Context, optional []string) []result {
	var results []result
	for _, e := range testdb.Engines() {
		if e != testdb.SQLite {
			results = append(results, result{engine: e})
		}
	}
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() {
			r := &results[i]
			n := 1
			if slices.Contains(optional, r.engine) {
				n = s.attempts
			}
			r.lease, r.err = s.start(ctx, r.engine, n)
		})
	}
	all.Wait()
	return results
}

// start leases the server of engine, trying n times.
func (s starter) start(ctx context.Context, engine string, n int) (*server.Lease, error) {
	say := func(text string) { line(s.errs, "testservers: %s", text) }
	for attempt := 1; ; attempt++ {
		if err := server.ForgetFailure(engine); err != nil {
			return nil, err
		}
		lease, err := server.Share(ctx, engine, say)
		if err == nil || attempt == n || errors.Is(err, debs.ErrNoApt) { // which will not change
			return lease, err
		}
		line(s.errs, "testservers: %s, attempt %d of %d: %v", engine, attempt, n, err)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(s.pause):
		}
	}
}

// command runs args and returns its status, as a shell would say it. An
// interruption is passed on, and the command may take its time to end.
func (s starter) command(ctx context.Context, args, skip []string) int {
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, s.out, s.errs
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = time.Minute
	if len(skip) > 0 {
		if others := os.Getenv("TESTDB_SKIP"); others != "" {
			skip = append(skip, others)
		}
		c.Env = append(os.Environ(), "TESTDB_SKIP="+strings.Join(skip, ","))
	}
	err := c.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		return exit.ExitCode()
	case errors.As(err, &exit):
		line(s.errs, "testservers: %s: %v", args[0], err)
		return 1
	}
	line(s.errs, "testservers: %v", err)
	return 127
}

// line writes one line; there is nobody to tell when that fails.
func line(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format+"\n", args...)
}
