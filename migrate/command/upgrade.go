package command

import (
	"context"
	"time"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/revision"
)

// runFlags are the flags of upgrade and downgrade.
type runFlags struct {
	lineage, dialect string
	sql              bool
	noSnapshot       bool
	snapshot         bool
	verbose          bool
	one              bool
	lockTimeout      time.Duration
	lockLimit        time.Duration
}

func (f *runFlags) register(fs *pflag.FlagSet) {
	lineageFlag(fs, &f.lineage)
	fs.BoolVar(&f.sql, "sql", false, "write a script instead, without a connection; the argument may be from:to")
	fs.StringVar(&f.dialect, "dialect", "",
		"with --sql: write for sqlite, postgresql, mysql or mariadb (default: what the database URL says)")
	fs.BoolVar(&f.noSnapshot, "no-snapshot", false, "do not copy a database file before what cannot be undone")
	fs.BoolVar(&f.snapshot, "snapshot", false, "copy a database file before any change")
	fs.BoolVar(&f.one, "one-transaction", false, "all revisions or none; where the engine can")
	fs.DurationVar(&f.lockTimeout, "lock-timeout", migrate.DefaultLockTimeout,
		"how long a change waits for a lock before it lets others through and tries again")
	fs.DurationVar(&f.lockLimit, "lock-limit", migrate.DefaultLockLimit, "how long it tries in all")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "show every statement")
}

func (f *runFlags) mode() migrate.SnapshotMode {
	switch {
	case f.noSnapshot:
		return migrate.SnapshotNever
	case f.snapshot:
		return migrate.SnapshotAlways
	}
	return migrate.SnapshotLossy
}

func (s *Session) upgrade() Verb {
	var f runFlags
	return Verb{Name: "upgrade", Args: "<target>", Short: "Bring the database to a later revision",
		Long: `The target is a revision (or the beginning of its id), head, heads, +N, rev+N
or branch@head. One process at a time migrates a database; others wait and then
find everything done.`,
		Flags: f.register,
		Run:   func(ctx context.Context, args []string) error { return s.migrate(ctx, migrate.Up, &f, args) }}
}

// migrate runs upgrade and downgrade.
func (s *Session) migrate(ctx context.Context, d migrate.Direction, f *runFlags, args []string) error {
	to, err := target(args, "the revision to "+d.String()+" to")
	if err != nil {
		return err
	}
	if f.noSnapshot && f.snapshot {
		return usage("--snapshot and --no-snapshot exclude each other")
	}
	if f.lockTimeout <= 0 || f.lockLimit <= 0 {
		return usage("--lock-timeout and --lock-limit are longer than 0")
	}
	if f.sql {
		return s.script(ctx, d, f, to)
	}
	if f.dialect != "" {
		return usage("--dialect belongs to --sql")
	}
	p := s.progress(f.verbose)
	defer p.end()
	return s.with(ctx, f.lineage, migrate.Options{Events: p.event, Snapshot: f.mode(), OneTransaction: f.one,
		LockTimeout: f.lockTimeout, LockLimit: f.lockLimit},
		func(r *migrate.Runner) error {
			run := r.Upgrade
			if d == migrate.Down {
				run = r.Downgrade
			}
			rep, err := run(ctx, to)
			p.end()
			if err != nil {
				return err
			}
			if len(rep.Ran) == 0 {
				s.say("nothing to do")
				s.past(ctx, r, d, to, "downgrade %[1]s takes it back", "upgrade %[1]s takes it there")
			}
			if s.JSON {
				return s.json(rep)
			}
			return nil
		})
}

// script writes what would be run.
func (s *Session) script(ctx context.Context, d migrate.Direction, f *runFlags, span string) error {
	from, to, ranged := revision.SplitRange(span)
	switch {
	case !ranged && d == migrate.Down:
		return usage("downgrade --sql needs <from>:<to>, because no database is asked where it is")
	case to == "":
		return usage("the range %q has no end", span)
	}
	r, err := s.offline(f.lineage, f.dialect)
	if err != nil {
		return err
	}
	return r.SQL(ctx, s.Stdout, d, from, to)
}
