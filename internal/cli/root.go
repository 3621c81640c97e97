package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/larder-db/larder/blobs"
	"github.com/larder-db/larder/migrate/command"
)

// The exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
	exitPartly = 3 // done, and rows were changed or stayed behind
)

// Environment is what the program runs in.
type Environment struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Lookup func(name string) (value string, ok bool) // a variable of the environment

	// OpenBucket opens an object storage for files and archives by its address;
	// nil in programs that keep them in a directory only.
	OpenBucket func(ctx context.Context, address string) (blobs.Bucket, error)
}

// System is the environment of the process.
func System() Environment {
	return Environment{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Lookup: os.LookupEnv}
}

// get is a variable's value; empty when it is not set.
func (e *Environment) get(name string) string {
	v, _ := e.Lookup(name)
	return v
}

// Main runs the command line and returns the exit status. When ctx is done,
// what runs is ended in order.
func Main(ctx context.Context, args []string, env Environment) int {
	p := &program{env: env}
	root := p.root()
	root.SetArgs(arrange(root, args))
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	var usage *usageError
	wrong := !p.running || errors.As(err, &usage)
	if p.global.output == "json" {
		var partly *partlyError
		if errors.As(err, &partly) {
			return exitPartly // the result on standard output says so
		}
		if wrong {
			err = &command.UsageError{Why: err.Error()}
		}
		return command.WriteError(env.Stderr, "larder", err, true)
	}
	fmt.Fprintln(env.Stderr, "larder:", err)
	var partly *partlyError
	if errors.As(err, &partly) {
		return exitPartly
	}
	if wrong {
		fmt.Fprintln(env.Stderr, "Run 'larder --help' for usage.")
		return exitUsage
	}
	return exitFailed
}

// usageError is a flag or argument that is wrong in a way that cobra cannot see.
type usageError struct{ why string }

func (e *usageError) Error() string { return e.why }

// partlyError says that something was done, and that not every row went as it
// was.
type partlyError struct{ why string }

func (e *partlyError) Error() string { return e.why }

// program is one run of the command line.
type program struct {
	env     Environment
	global  globals
	running bool // the command line was understood
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "larder",
		Short:         "The storage layer of Open WebUI on SQLite, PostgreSQL, MySQL and MariaDB",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		CompletionOptions: cobra.CompletionOptions{
			HiddenDefaultCmd: true,
		},
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if err := p.global.check(); err != nil {
				return err
			}
			p.running = true
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	p.global.register(root)
	root.AddCommand(p.serve(), p.migrate(), p.config(), p.copy(), p.verify(), p.quarantine(), p.backup(), p.restore(),
		p.freeze(), p.thaw(), p.search(), p.detach(), p.version())
	return root
}
