package command

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/migrate"
)

func (s *Session) plan() Verb {
	var lineage string
	var down bool
	return Verb{Name: "plan", Args: "[target]", Short: "Show what upgrade would do: statements, locks, what is destroyed",
		Long: "The target is head when it is left out. Nothing is written.",
		Flags: func(f *pflag.FlagSet) {
			lineageFlag(f, &lineage)
			f.BoolVar(&down, "downgrade", false, "show what downgrade would do; needs a target")
		},
		Run: func(ctx context.Context, args []string) error {
			to, d := "heads", migrate.Up
			if down {
				d = migrate.Down
			}
			if down || len(args) > 0 {
				var err error
				if to, err = target(args, "the revision to downgrade to"); err != nil {
					return err
				}
			}
			return s.with(ctx, lineage, migrate.Options{}, func(r *migrate.Runner) error {
				p, err := r.Plan(ctx, d, to)
				if err != nil {
					return err
				}
				if s.JSON {
					return s.json(p)
				}
				if err := p.WriteText(s.Stdout); err != nil {
					return err
				}
				if len(p.Steps) == 0 {
					s.past(ctx, r, d, to, "plan --downgrade %[1]s shows the way back", "plan %[1]s shows the way")
				}
				return nil
			})
		}}
}

// past says that a target for which there is nothing to do lies the other way:
// down when it was to be reached upwards, and up otherwise.
func (s *Session) past(ctx context.Context, r *migrate.Runner, d migrate.Direction, to, down, up string) {
	other, where, way := migrate.Down, "past", down
	if d == migrate.Down {
		other, where, way = migrate.Up, "before", up
	}
	if p, err := r.Plan(ctx, other, to); err == nil && len(p.Steps) > 0 {
		s.say("the database is "+where+" %[1]s; "+way, to)
	}
}
