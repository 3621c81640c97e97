package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate"
)

// The exit statuses of [Main].
const (
	Done   = 0
	Failed = 1 // or not in order
	Usage  = 2
)

// Program is a program whose command line is the migration commands.
type Program struct {
	Name     string            // for usage: "notes migrate"
	Lineages []migrate.Lineage // its histories
	Drivers  []driver.Driver   // the engines that it may open; see engine/engines
	URL      string            // the database, unless --database-url names one
	Engine   engine.Options    // for opening it; Drivers is set from above

	Stdout, Stderr io.Writer
	Terminal       bool   // Stderr is a terminal
	Dir            string // where new revisions are written; empty is "migrations"
	Package        string // their package; empty is the last part of Dir
	Build          string // names the program in the record of what was applied
}

// Main runs one command and returns the exit status.
func Main(ctx context.Context, args []string, p Program) int {
	err := p.run(ctx, args)
	if err == nil {
		return Done
	}
	if errors.Is(err, pflag.ErrHelp) {
		return Done
	}
	var wrong *UsageError
	if !errors.Is(err, errNotInOrder) {
		_, _ = fmt.Fprintf(p.Stderr, "%s: %v\n", p.Name, err)
	}
	if errors.As(err, &wrong) {
		_, _ = fmt.Fprintf(p.Stderr, "Run '%s --help' for usage.\n", p.Name)
		return Usage
	}
	return Failed
}

func (p Program) run(ctx context.Context, args []string) error {
	s := &Session{Lineages: p.Lineages, Stdout: p.Stdout, Stderr: p.Stderr, Terminal: p.Terminal, Dir: p.Dir, Package: p.Package, Build: p.Build}
	verbs := Verbs(s)
	if len(args) == 0 || args[0] == "--help" || args[0] == "-h" || args[0] == "help" {
		return p.help(verbs)
	}
	for _, v := range verbs {
		if v.Name == args[0] {
			return p.verb(ctx, s, v, args[1:])
		}
	}
	return usage("there is no command %q", args[0])
}

func (p Program) help(verbs []Verb) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s COMMAND [ARGUMENT...]\n\n", p.Name)
	for _, v := range verbs {
		fmt.Fprintf(&b, "  %-16s%s\n", v.Name, v.Short)
	}
	_, err := io.WriteString(p.Stdout, b.String())
	return err
}

func (p Program) verb(ctx context.Context, s *Session, v Verb, args []string) error {
	f := pflag.NewFlagSet(v.Name, pflag.ContinueOnError)
	f.SetOutput(p.Stderr)
	f.Usage = func() {
		_, _ = fmt.Fprintf(p.Stdout, "Usage: %s %s %s\n\n%s.\n", p.Name, v.Name, v.Args, v.Short)
		if v.Long != "" {
			_, _ = fmt.Fprintf(p.Stdout, "\n%s\n", v.Long)
		}
		_, _ = fmt.Fprintf(p.Stdout, "\n%s", f.FlagUsages())
	}
	url, output := p.URL, "text"
	f.StringVar(&url, "database-url", p.URL, "the database")
	f.StringVar(&output, "output", "text", "how results look: text or json")
	f.BoolVar(&s.Quiet, "quiet", false, "no progress")
	v.Flags(f)
	if err := f.Parse(Arrange(args, TakesValue(f))); err != nil {
		if errors.Is(err, pflag.ErrHelp) {
			return err
		}
		return usage("%v", err)
	}
	switch output {
	case "json":
		s.JSON = true
	case "text":
	default:
		return usage("--output is text or json")
	}
	s.Open = func(ctx context.Context) (*engine.Engine, error) {
		if url == "" {
			return nil, usage("no database is named; use --database-url")
		}
		o := p.Engine
		o.Drivers, o.SQLite = p.Drivers, Modest(o.SQLite)
		return engine.Open(ctx, url, o)
	}
	s.Target = func(dialect string) (*migrate.Target, error) {
		if dialect == "" {
			dialect = url
		} else {
			dialect += "://"
		}
		u, err := dburl.Parse(dialect)
		if err != nil {
			return nil, err
		}
		return TargetFor(p.Drivers, u)
	}
	return v.Run(ctx, f.Args())
}

// TargetFor is what scripts for a database are written for, without a connection.
func TargetFor(drivers []driver.Driver, u *dburl.URL) (*migrate.Target, error) {
	for _, d := range drivers {
		off, ok := d.(driver.Offline)
		if !ok {
			continue
		}
		for _, b := range d.Backends() {
			if b != u.Backend {
				continue
			}
			dialect, err := off.Dialect(u)
			if err != nil {
				return nil, err
			}
			ddl, err := off.OfflineDDL(u)
			if err != nil {
				return nil, err
			}
			return &migrate.Target{Dialect: dialect, DDL: ddl}, nil
		}
	}
	return nil, dberr.New(dberr.Unsupported, "script", "this program writes no scripts for "+u.Backend)
}

// Arrange puts arguments such as "-1", which mean a revision, where they are
// not taken for flags: behind "--". A flag that takes a value keeps it.
func Arrange(args []string, takesValue func(flag string) bool) []string {
	var out, behind []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			return append(append(append(out, "--"), behind...), args[i+1:]...)
		case isStep(a):
			behind = append(behind, a)
			continue
		}
		out = append(out, a)
		if strings.HasPrefix(a, "-") && !strings.Contains(a, "=") && i+1 < len(args) && takesValue(a) {
			i++
			out = append(out, args[i])
		}
	}
	if behind == nil {
		return out
	}
	return append(append(out, "--"), behind...)
}

func isStep(s string) bool {
	return len(s) > 1 && s[0] == '-' && strings.Trim(s[1:], "0123456789") == ""
}

// TakesValue tells [Arrange] about the flags of a set.
func TakesValue(f *pflag.FlagSet) func(flag string) bool {
	return func(name string) bool {
		var flag *pflag.Flag
		switch {
		case strings.HasPrefix(name, "--"):
			flag = f.Lookup(name[2:])
		case len(name) == 2:
			flag = f.ShorthandLookup(name[1:])
		}
		return flag != nil && flag.NoOptDefVal == ""
	}
}
