package command

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/migrate"
)

func (s *Session) ensureVersion() Verb {
	var lineage, dialect string
	var sql bool
	return Verb{Name: "ensure-version", Short: "Make the version table, if it is not there, and nothing else",
		Flags: func(f *pflag.FlagSet) {
			lineageFlag(f, &lineage)
			f.BoolVar(&sql, "sql", false, "write a script instead, without a connection")
			f.StringVar(&dialect, "dialect", "", "with --sql: what to write for (default: what the database URL says)")
		},
		Run: func(ctx context.Context, args []string) error {
			if err := none(args); err != nil {
				return err
			}
			if sql {
				r, err := s.offline(lineage, dialect)
				if err != nil {
					return err
				}
				return r.EnsureVersionSQL(s.Stdout)
			}
			return s.with(ctx, lineage, migrate.Options{}, func(r *migrate.Runner) error {
				made, err := r.EnsureVersion(ctx)
				if err != nil {
					return err
				}
				if s.JSON {
					if made == nil {
						made = []string{}
					}
					return s.json(made)
				}
				for _, m := range made {
					s.say("made table %s", m)
				}
				return nil
			})
		}}
}
