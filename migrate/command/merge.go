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
			r, err := s.runner(d.lineage, migrate.Options{})
			if err != nil {
				return err
			}
			draft := d.draft()
			draft.Head = args
			layout, err := s.layout(&d)
			if err != nil {
				return err
			}
			g, err := r.MergeRevision(draft, layout)
			if err != nil {
				return err
			}
			if g == nil {
				s.say("no revision was written")
				return s.nothing()
			}
			return s.write(ctx, d.dir, g)
		}}
}
