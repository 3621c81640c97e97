package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
)

func (p *program) detach() *cobra.Command {
	var yes, dry bool
	cmd := &cobra.Command{
		Use:   "detach",
		Short: "Take everything that larder has added out of the database",
		Long: `Take out of the database what larder has added to it: its tables and indexes,
all named larder_*. The database is Open WebUI's alone then, at the revision at
which it is. Stop the servers first: it is refused while one works on the
database, and a larder that starts on it adds what it needs again.

What migrations have kept for a way down (the rows of larder_kept) is lost; make
a backup first if you may want to go back. Without --yes nothing is changed: the
command lists what it would take out, and ends with status 1 where that is
something.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if yes && dry {
				return &usageError{"--yes and --dry-run exclude each other"}
			}
			return p.runDetach(cmd, yes, dry)
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "take it out")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only list it, with status 0")
	return cmd
}

func (p *program) runDetach(cmd *cobra.Command, yes, dry bool) error {
	log := p.logger()
	c, err := p.database(log)
	if err != nil {
		return err
	}
	o := p.engineOptions(c, log)
	o.ReadOnly = true // no database is made where there is none
	found, err := with(cmd.Context(), c.URL, o, larder.FindOwn)
	verb := "would be taken out"
	if yes && err == nil {
		o.ReadOnly, verb = false, "was taken out"
		found, err = with(cmd.Context(), c.URL, o, larder.Detach)
	}
	if err != nil {
		return err
	}
	if p.global.output == "json" {
		if found == nil {
			found = []larder.Own{}
		}
		err = writeJSON(p.env.Stdout, map[string]any{"taken_out": yes, "found": found})
	} else {
		for _, x := range found {
			if x.Index != "" {
				fmt.Fprintf(p.env.Stdout, "index %s on table %s %s\n", x.Index, x.Table, verb)
				continue
			}
			fmt.Fprintf(p.env.Stdout, "table %s with %d rows %s\n", x.Table, x.Rows, verb)
		}
		if len(found) == 0 {
			_, err = fmt.Fprintln(p.env.Stdout, "the database has nothing of larder's")
		}
	}
	if err == nil && len(found) > 0 && !yes && !dry {
		err = dberr.New(dberr.Invalid, "detach", "nothing was changed; stop the servers, and run it again with --yes")
	}
	return err
}

// with does something with a database that is open meanwhile.
func with[T any](ctx context.Context, u *dburl.URL, o engine.Options,
	do func(context.Context, *engine.Engine) (T, error)) (T, error) {
	eng, err := engine.OpenURL(ctx, u, o)
	if err != nil {
		var none T
		return none, err
	}
	defer eng.Close()
	return do(ctx, eng)
}
