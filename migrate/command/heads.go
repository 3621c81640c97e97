package command

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/migrate"
)

func (s *Session) heads() Verb {
	var lineage string
	var verbose, resolve bool
	return Verb{Name: "heads", Short: "List the revisions that nothing follows",
		Flags: func(f *pflag.FlagSet) {
			lineageFlag(f, &lineage)
			f.BoolVarP(&verbose, "verbose", "v", false, "show what is known of each")
			f.BoolVar(&resolve, "resolve-dependencies", false, "leave out those that another branch depends on")
		},
		Run: func(_ context.Context, args []string) error {
			if err := none(args); err != nil {
				return err
			}
			return s.listing(lineage, verbose, func(r *migrate.Runner) ([]migrate.RevisionInfo,
				error) {
				return r.Heads(resolve)
			})
		}}
}

// listing prints revisions that need no database.
func (s *Session) listing(lineage string, verbose bool,
	find func(r *migrate.Runner) ([]migrate.RevisionInfo, error)) error {
	r, err := s.runner(lineage, migrate.Options{})
	if err != nil {
		return err
	}
	l, err := find(r)
	if err != nil {
		return err
	}
	if verbose {
		l = s.located(l)
	}
	return s.printListed(l, func(l migrate.RevisionInfo) string {
		if verbose {
			return l.Verbose()
		}
		return l.Labeled()
	})
}
