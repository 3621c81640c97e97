package command

import (
	"cmp"
	"context"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/autogen"
)

func (s *Session) current() Verb {
	var lineage string
	var checkHeads, verbose bool
	return Verb{Name: "current", Short: "Show at which revision the database is",
		Flags: func(f *pflag.FlagSet) {
			lineageFlag(f, &lineage)
			f.BoolVar(&checkHeads, "check-heads", false, "fail unless the database has every revision")
			f.BoolVarP(&verbose, "verbose", "v", false, "show what is known of the revision")
		},
		Run: func(ctx context.Context, args []string) error {
			if err := none(args); err != nil {
				return err
			}
			return s.with(ctx, lineage, migrate.Options{}, func(r *migrate.Runner) error {
				pos, err := r.Current(ctx)
				if err != nil {
					return err
				}
				if err := s.printCurrent(pos, verbose); err != nil || !checkHeads {
					return err
				}
				return r.CheckHeads(ctx)
			})
		}}
}

func (s *Session) printCurrent(pos []migrate.Position, verbose bool) error {
	if s.JSON {
		return s.json(pos)
	}
	var files map[string]string
	if verbose {
		var err error
		if files, err = autogen.Files(s.dir()); err != nil {
			return err
		}
	}
	for i, p := range pos {
		for _, e := range p.Entries {
			text := e.Short()
			if verbose {
				e.Path = cmp.Or(e.Path, files[e.ID])
				text = e.Verbose()
			}
			if err := s.print("%s%s", s.inLineage(i, p.Lineage), text); err != nil {
				return err
			}
		}
	}
	return nil
}

// inLineage is what stands in front of a line about the n-th lineage: nothing
// for the first.
func (s *Session) inLineage(n int, name string) string {
	if n == 0 {
		return ""
	}
	return name + ": "
}
