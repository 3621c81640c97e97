package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/engine"
)

func (p *program) freeze() *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:   "freeze",
		Short: "Let nobody change the database any more, because it is moved elsewhere",
		Long: `Make every larder server of the database refuse changes, within three seconds,
with 503 and the reason; what can be read is served. When it returns no change is
under way any more. A larder copy --follow from it takes over what is left,
compares, and ends.

Open WebUI does not know of it: stop it first where it uses the database. A table
called larder_frozen stands in the database until larder thaw.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := p.onDatabase(cmd, func(ctx context.Context, eng *engine.Engine) error { return larder.Freeze(ctx, eng, why) })
			if err == nil {
				_, err = fmt.Fprintln(p.env.Stdout,
					"the database is frozen: larder servers refuse changes; stop Open WebUI where it uses this database")
			}
			return err
		},
	}
	cmd.Flags().StringVar(&why, "why", "", "where the data goes, one line, which those are told who are refused")
	return cmd
}

func (p *program) thaw() *cobra.Command {
	return &cobra.Command{
		Use:   "thaw",
		Short: "Take back larder freeze",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			said := "the database was not frozen"
			err := p.onDatabase(cmd, func(ctx context.Context, eng *engine.Engine) error {
				was, err := larder.Thaw(ctx, eng)
				if was {
					said = "the database can be changed again"
				}
				return err
			})
			if err == nil {
				_, err = fmt.Fprintln(p.env.Stdout, said)
			}
			return err
		},
	}
}

// onDatabase does something with the database, which has to exist.
func (p *program) onDatabase(cmd *cobra.Command, do func(context.Context, *engine.Engine) error) error {
	log := p.logger()
	c, err := p.database(log)
	if err != nil {
		return err
	}
	o := p.engineOptions(c, log)
	o.ReadOnly = true // no database is made where there is none
	nothing := func(context.Context, *engine.Engine) (struct{}, error) { return struct{}{}, nil }
	if _, err := with(cmd.Context(), c.URL, o, nothing); err != nil {
		return err
	}
	o.ReadOnly = false
	_, err = with(cmd.Context(), c.URL, o,
		func(ctx context.Context, eng *engine.Engine) (struct{}, error) { return struct{}{}, do(ctx, eng) })
	return err
}
