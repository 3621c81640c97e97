package command

import (
	"context"
	"strings"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/revision"
)

func (s *Session) stamp() Verb {
	var lineage, dialect string
	var purge, sql bool
	return Verb{Name: "stamp", Args: "<revision>...",
		Short: "Record that the database is at a revision, without running anything",
		Flags: func(f *pflag.FlagSet) {
			lineageFlag(f, &lineage)
			f.BoolVar(&purge, "purge", false, "forget what is recorded first, whatever it is")
			f.BoolVar(&sql, "sql", false, "write a script instead, without a connection; the argument may be from:to")
			f.StringVar(&dialect, "dialect", "", "with --sql: what to write for (default: what the database URL says)")
		},
		Run: func(ctx context.Context, args []string) error {
			if len(args) == 0 {
				return usage("the revision to stamp is missing")
			}
			if sql {
				span, err := target(args, "the revision to stamp")
				if err != nil {
					return err
				}
				r, err := s.offline(lineage, dialect)
				if err != nil {
					return err
				}
				from, to, _ := revision.SplitRange(span)
				return r.StampSQL(s.Stdout, from, to)
			}
			return s.with(ctx, lineage, migrate.Options{}, func(r *migrate.Runner) error {
				done, err := r.Stamp(ctx, purge, args...)
				if err != nil {
					return err
				}
				if s.JSON {
					return s.json(done)
				}
				for _, d := range done {
					at := "base"
					if len(d.Rows) > 0 {
						at = strings.Join(d.Rows, ", ")
					}
					s.say("%s is recorded at %s", d.Lineage, at)
				}
				return nil
			})
		}}
}
