package command

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/migrate"
)

func (s *Session) history() Verb {
	var lineage, span string
	var verbose, indicate bool
	return Verb{Name: "history", Short: "List the revisions, newest first",
		Flags: func(f *pflag.FlagSet) {
			lineageFlag(f, &lineage)
			f.StringVarP(&span, "rev-range", "r", "", "only these: a:b, a:, :b, -2:current; both ends count")
			f.BoolVarP(&verbose, "verbose", "v", false, "show what is known of each")
			f.BoolVarP(&indicate, "indicate-current", "i", false, "mark where the database is")
		},
		Run: func(ctx context.Context, args []string) error {
			if err := none(args); err != nil {
				return err
			}
			list := func(r *migrate.Runner) error {
				l, err := r.History(ctx, span, indicate || asksDatabase(span))
				if err != nil {
					return err
				}
				if verbose {
					l = s.located(l)
				}
				if !indicate {
					for i := range l {
						l[i].Current = false
					}
				}
				return s.printListed(l, func(l migrate.RevisionInfo) string {
					if verbose {
						return l.Verbose()
					}
					return l.String()
				})
			}
			if indicate || asksDatabase(span) {
				return s.with(ctx, lineage, migrate.Options{}, list)
			}
			r, err := s.runner(lineage, migrate.Options{})
			if err != nil {
				return err
			}
			return list(r)
		}}
}

// printListed prints revisions; those of other lineages than the first say so.
func (s *Session) printListed(l []migrate.RevisionInfo, text func(migrate.RevisionInfo) string) error {
	if s.JSON {
		if l == nil {
			l = []migrate.RevisionInfo{}
		}
		return s.json(l)
	}
	for _, x := range l {
		prefix := ""
		if len(s.Lineages) > 0 && x.Lineage != s.first() {
			prefix = x.Lineage + ": "
		}
		if err := s.print("%s%s", prefix, text(x)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) first() string {
	if n := s.Lineages[0].Name; n != "" {
		return n
	}
	return migrate.DefaultLineage
}
