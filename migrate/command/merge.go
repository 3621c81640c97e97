package command

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/migrate"
)

func (s *Session) merge() Verb {
	var d draftFlags
	return Verb{Name: "merge", Args: "[revision...]", Short: "Write a revision that joins heads",
		Long:  "Without arguments, or with heads, it joins all of them.",
		Flags: func(f *pflag.FlagSet) { d.register(f, s) },
		Run: func(ctx context.Context, args []string) error {
			layout, err := s.layout(&d)
			if err != nil {
				return err
			}
			g, err := s.generator(&d, layout, migrate.Options{})
			if err != nil {
				return err
			}
			draft := d.draft()
			draft.Head = args
			rev, err := g.Merge(draft)
			if err != nil {
				return err
			}
			if rev == nil {
				s.say("no revision was written")
				return s.nothing()
			}
			return s.write(ctx, d.dir, rev)
		}}
}
