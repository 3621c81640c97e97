package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/autogen"
)

// Session is what the verbs of one run work with.
type Session struct {
	Lineages []migrate.Lineage
	// Open opens the database. It is called at most once, by verbs that need
	// one; the verb closes it.
	Open func(ctx context.Context) (*engine.Engine, error)
	// Target is what scripts are written for, without a connection. dialect is
	// the flag --dialect; empty is the database's.
	Target func(dialect string) (*migrate.Target, error)

	Stdout, Stderr io.Writer
	JSON           bool   // results are JSON
	Quiet          bool   // no progress
	Terminal       bool   // Stderr is one, so that progress may be drawn
	Dir            string // where new revisions are written; empty is "migrations"
	Package        string // their package; empty is the last part of Dir
	Build          string // names the program in the record of what was applied

	// Layout says how new revisions are written; its Package is not used. A
	// file revision.tmpl in Dir is the template where it has none.
	Layout autogen.Layout
	// Written is called with the file of each new revision, after the list of
	// revisions was written, in order: a linter, a note to the team.
	Written []func(ctx context.Context, path string) error
	// Editor is the command that opens a file, for edit: "vi", "code --wait".
	Editor string
	// Configure has the last word on the options of the migrations; nil is
	// none. Lineages, Engine and Target are set already.
	Configure func(o *migrate.Options) error
}

// UsageError is wrong usage: a flag or argument that does not fit.
type UsageError struct{ Why string }

func (e *UsageError) Error() string { return e.Why }

func usage(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

// errNotInOrder says that what was found has been printed, and that it is not
// in order.
var errNotInOrder = dberr.New(dberr.SchemaMismatch, "check", "the database is not in order")

// Verb is one command.
type Verb struct {
	Name  string
	Args  string // as usage shows them: "<target>"
	Short string // one line
	Long  string // paragraphs; may be empty
	// Flags declares the flags.
	Flags func(f *pflag.FlagSet)
	// Run does it. A [*UsageError] says that the arguments do not fit.
	Run func(ctx context.Context, args []string) error
}

// Verbs returns the commands, in the order in which people need them.
func Verbs(s *Session) []Verb {
	return []Verb{s.upgrade(), s.downgrade(), s.current(), s.check(), s.plan(), s.history(), s.heads(), s.branches(),
		s.show(), s.stamp(), s.repair(), s.revision(), s.merge(), s.edit(), s.gen(), s.initialize(), s.ensureVersion()}
}

// lineageFlag is the flag that narrows a verb to one lineage.
func lineageFlag(f *pflag.FlagSet, to *string) {
	f.StringVar(to, "lineage", "", "work on this history only, where there are several")
}

// opened runs f with the open database.
func (s *Session) opened(ctx context.Context, f func(eng *engine.Engine) error) (err error) {
	eng, err := s.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	return f(eng)
}

// with runs f with a runner on the open database.
func (s *Session) with(ctx context.Context, lineage string, o migrate.Options, f func(r *migrate.Runner) error) error {
	return s.opened(ctx, func(eng *engine.Engine) error {
		o.Engine = eng
		r, err := s.runner(lineage, o)
		if err != nil {
			return err
		}
		return f(r)
	})
}

// options are those of the migrations, when the program has had its say.
func (s *Session) options(o migrate.Options) (migrate.Options, error) {
	o.Lineages, o.Build = s.Lineages, s.Build
	if s.Configure != nil {
		if err := s.Configure(&o); err != nil {
			return o, err
		}
	}
	return o, nil
}

// runner makes a runner, with or without a database.
func (s *Session) runner(lineage string, o migrate.Options) (*migrate.Runner, error) {
	o, err := s.options(o)
	if err != nil {
		return nil, err
	}
	s.hintStale()
	r, err := migrate.New(o)
	if err != nil || lineage == "" {
		return r, err
	}
	return r.In(lineage)
}

// offline makes a runner that writes scripts.
func (s *Session) offline(lineage, dialect string) (*migrate.Runner, error) {
	t, err := s.Target(dialect)
	if err != nil {
		return nil, err
	}
	return s.runner(lineage, migrate.Options{Target: t})
}

func (s *Session) json(v any) error {
	enc := json.NewEncoder(s.Stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func (s *Session) print(format string, args ...any) error {
	_, err := fmt.Fprintf(s.Stdout, format+"\n", args...)
	return err
}

// say is for messages; nobody is told when the run is quiet.
func (s *Session) say(format string, args ...any) {
	if !s.Quiet {
		_, _ = fmt.Fprintf(s.Stderr, format+"\n", args...) // a message that cannot be shown stops nothing
	}
}

// none refuses arguments.
func none(args []string) error {
	if len(args) > 0 {
		return usage("unexpected argument %q", args[0])
	}
	return nil
}

// target takes the one argument that a verb needs.
func target(args []string, what string) (string, error) {
	switch len(args) {
	case 0:
		return "", usage("%s is missing", what)
	case 1:
		return args[0], nil
	}
	return "", usage("unexpected argument %q", args[1])
}
