package command

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/migrate"
)

func (s *Session) check() Verb {
	var lineage string
	return Verb{Name: "check", Short: "Say whether the database is in order: revisions, tables, nothing half done",
		Long:  "The exit status is 0 when it is, 1 when it is not; what was found is printed. Nothing is written.",
		Flags: func(f *pflag.FlagSet) { lineageFlag(f, &lineage) },
		Run: func(ctx context.Context, args []string) error {
			if err := none(args); err != nil {
				return err
			}
			return s.with(ctx, lineage, migrate.Options{}, func(r *migrate.Runner) error {
				found, err := r.Check(ctx)
				if err != nil {
					return err
				}
				if s.JSON {
					err = s.json(found)
				} else {
					err = found.WriteText(s.Stdout)
				}
				switch {
				case err != nil:
					return err
				case !found.OK():
					return errNotInOrder
				case !s.JSON:
					_, err = fmt.Fprintln(s.Stdout, "the database is in order")
				}
				return err
			})
		}}
}
