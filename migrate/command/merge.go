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
		Run: func(_ context.Context, args []string) error {
			r, err := s.runner(d.lineage, migrate.Options{})
			if err != nil {
				return err
			}
			draft := d.draft()
			draft.Head = args
			g, err := r.MergeRevision(draft, migrate.Layout{Package: d.packageName()})
			if err != nil {
				return err
			}
			return s.write(d.dir, g)
		}}
}
