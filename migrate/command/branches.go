package command

import (
	"context"
	"strings"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/migrate"
)

func (s *Session) branches() Verb {
	var lineage string
	var verbose bool
	return Verb{Name: "branches", Short: "List the revisions that several follow, with these",
		Flags: func(f *pflag.FlagSet) {
			lineageFlag(f, &lineage)
			f.BoolVarP(&verbose, "verbose", "v", false, "show what is known of each")
		},
		Run: func(_ context.Context, args []string) error {
			if err := none(args); err != nil {
				return err
			}
			r, err := s.runner(lineage, migrate.Options{})
			if err != nil {
				return err
			}
			l, err := r.Branches()
			if err != nil {
				return err
			}
			return s.printListed(l, func(l migrate.RevisionInfo) string {
				if verbose {
					return l.Verbose()
				}
				var b strings.Builder
				b.WriteString(l.Labeled())
				for _, n := range l.Next {
					b.WriteString("\n    -> " + n)
				}
				return b.String()
			})
		}}
}
