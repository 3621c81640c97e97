package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/autogen"
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

	Layout  autogen.Layout                                 // see Session
	Written []func(ctx context.Context, path string) error // see Session
	Editor  string                                         // see Session
	// Configure is called once the command line is read, and may change what
	// the command works with; nil changes nothing. It is the place for what
	// -x says about the database, the lineages or the options.
	Configure func(ctx context.Context, r *Run) error
}

// Run is what a command works with.
type Run struct {
	Verb     string
	Args     map[string]string // of -x, and --tag as "tag"; data steps see them too
	URL      string            // the database; empty when none was named
	Engine   engine.Options    // for opening it
	Lineages []migrate.Lineage
	// Options are for the migrations. What the command line says, and Engine,
	// Target and Lineages, are set after them.
	Options migrate.Options
}

// Main runs one command and returns the exit status.
func Main(ctx context.Context, args []string, p Program) int {
	s := &Session{Lineages: p.Lineages, Stdout: p.Stdout, Stderr: p.Stderr, Terminal: p.Terminal, Dir: p.Dir,
		Package: p.Package, Build: p.Build,
		Layout: p.Layout, Written: p.Written, Editor: p.Editor}
	err := p.run(ctx, s, args)
	switch {
	case err == nil, errors.Is(err, pflag.ErrHelp):
		return Done
	case errors.Is(err, errNotInOrder):
		return Failed
	}
	status := WriteError(p.Stderr, p.Name, err, s.JSON)
	if status == Usage && !s.JSON {
		_, _ = fmt.Fprintf(p.Stderr, "Run '%s --help' for usage.\n", p.Name)
	}
	return status
}

func (p Program) run(ctx context.Context, s *Session, args []string) error {
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
	f.BoolVarP(&s.Quiet, "quiet", "q", false, "no messages and no progress")
	var sets []string
	tag := ""
	f.StringArrayVarP(&sets, "arg", "x", nil, "name=value for the program and for data steps; may be repeated")
	switch v.Name {
	case "upgrade", "downgrade", "stamp":
		f.StringVar(&tag, "tag", "", "the same as -x tag=...")
	}
	v.Flags(f)
	// Also what is wrong with the command line is told in the form it asks for.
	s.JSON = asksJSON(args)
	if err := f.Parse(Arrange(args, TakesValue(f))); err != nil {
		if errors.Is(err, pflag.ErrHelp) {
			return err
		}
		return usage("%v", err)
	}
	s.JSON = output == "json"
	if output != "json" && output != "text" {
		return usage("--output is text or json")
	}
	set, err := parseArgs(sets)
	if err != nil {
		return err
	}
	if tag != "" {
		set["tag"] = tag
	}
	r := &Run{Verb: v.Name, Args: set, URL: url, Engine: p.Engine, Lineages: p.Lineages}
	if p.Configure != nil {
		if err := p.Configure(ctx, r); err != nil {
			return err
		}
	}
	url, s.Lineages = r.URL, r.Lineages
	s.Configure = func(o *migrate.Options) error {
		*o = overlay(r.Options, *o)
		o.Args = set
		return nil
	}
	s.Open = func(ctx context.Context) (*engine.Engine, error) {
		if url == "" {
			return nil, usage("no database is named; use --database-url")
		}
		o := r.Engine
		o.Drivers = p.Drivers
		var files dburl.SQLiteSettings
		if o.SQLite != nil {
			files = *o.SQLite
		}
		o.SQLite = new(files.ForMigration())
		if o.LookFor == nil {
			o.LookFor = versionTables(r.Lineages)
		}
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

// asksJSON looks for --output json in a command line that may be wrong.
func asksJSON(args []string) bool {
	i := slices.Index(args, "--output")
	return slices.Contains(args, "--output=json") || i >= 0 && i+1 < len(args) && args[i+1] == "json"
}

// parseArgs reads name=value; the last one of a name counts.
func parseArgs(sets []string) (map[string]string, error) {
	out := map[string]string{}
	for _, x := range sets {
		name, value, ok := strings.Cut(x, "=")
		if !ok || name == "" {
			return nil, usage("-x %s: write name=value", x)
		}
		out[name] = value
	}
	return out, nil
}

// overlay puts what a command has set over what the program has.
func overlay(base, o migrate.Options) migrate.Options {
	base.Engine, base.Target, base.Lineages = o.Engine, o.Target, o.Lineages
	if o.Events != nil {
		base.Events = both(base.Events, o.Events)
	}
	if o.Snapshot != 0 {
		base.Snapshot = o.Snapshot
	}
	if o.LockTimeout != 0 {
		base.LockTimeout, base.LockLimit = o.LockTimeout, o.LockLimit
	}
	if o.Build != "" {
		base.Build = o.Build
	}
	base.OneTransaction = base.OneTransaction || o.OneTransaction
	return base
}

func both(a, b func(migrate.Event)) func(migrate.Event) {
	if a == nil {
		return b
	}
	return func(e migrate.Event) { a(e); b(e) }
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

// versionTables are those of the lineages which are in no schema of their own.
func versionTables(lineages []migrate.Lineage) []string {
	var out []string
	for _, l := range lineages {
		if l.VersionSchema == "" {
			out = append(out, cmp.Or(l.VersionTable, migrate.DefaultVersionTable))
		}
	}
	return out
}
