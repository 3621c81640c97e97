package command

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/migrate"
)

func (s *Session) repair() Verb {
	var o migrate.RepairOptions
	return Verb{Name: "repair", Short: "Finish revisions that are half applied, or undo them",
		Long: `Where schema statements cannot be undone together, a revision that was cut off
leaves a journal of what it did. Repair goes on from there, as the next upgrade
would; with --undo it takes back what was applied.

A revision that another program began, such as Open WebUI, is run to its end
past what is there already; with --undo what is there of it is taken back, where
that loses nothing. Copies of tables that such a program left are removed when
they hold nothing that the tables do not.`,
		Flags: func(f *pflag.FlagSet) {
			f.BoolVar(&o.Undo, "undo", false, "take back what was applied instead of finishing it")
			f.BoolVar(&o.AcceptEdits, "accept-edits", false,
				"take revisions that were edited after they were applied as they are now")
		},
		Run: func(ctx context.Context, args []string) error {
			if err := none(args); err != nil {
				return err
			}
			p := s.progress(false)
			defer p.end()
			return s.with(ctx, "", migrate.Options{Events: p.event}, func(r *migrate.Runner) error {
				did, err := r.Repair(ctx, o)
				p.end()
				if s.JSON {
					if did == nil {
						did = []string{}
					}
					if jerr := s.json(did); err == nil {
						err = jerr
					}
					return err
				}
				for _, d := range did {
					if perr := s.print("%s", d); err == nil {
						err = perr
					}
				}
				if err == nil && len(did) == 0 {
					s.say("nothing to repair")
				}
				return err
			})
		}}
}
