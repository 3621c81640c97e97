package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/transfer"
)

func (p *program) quarantine() *cobra.Command {
	parent := &cobra.Command{
		Use:   "quarantine",
		Short: "Rows that a copy left behind",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var f moveFlags
	apply := &cobra.Command{
		Use:   "apply FILE",
		Short: "Put mended rows of a quarantine file into the database",
		Long: `Put the rows of a quarantine file into the database (--database-url), after you
have mended them in the file. Each line is a row, complete; what you change is
its "row". Rows that are there already stay as they are, so that a file may be
applied again. What still does not fit is named and left out, and the exit
status is 1.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return p.applyQuarantine(cmd, args[0], &f) },
	}
	f.registerRules(apply.Flags())
	_ = apply.Flags().MarkHidden("tables")
	_ = apply.Flags().MarkHidden("only-user")
	parent.AddCommand(apply)
	return parent
}

func (p *program) applyQuarantine(cmd *cobra.Command, path string, f *moveFlags) error {
	rules, err := f.policies()
	if err != nil {
		return err
	}
	log := p.logger()
	c, err := p.database(log)
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return &dberr.Error{Op: "quarantine", Code: dberr.NotFound, Msg: "the file " + path + " cannot be read", Err: err}
	}
	defer file.Close()
	eng, err := engine.OpenURL(cmd.Context(), c.URL, p.engineOptions(c, log))
	if err != nil {
		return err
	}
	defer eng.Close()
	done, err := transfer.ApplyQuarantine(cmd.Context(), eng, file, rules)
	if err != nil {
		return err
	}
	if p.global.output == "json" {
		err = writeJSON(p.env.Stdout, done)
	} else {
		for _, r := range done.Refusals {
			fmt.Fprintln(p.env.Stdout, r)
		}
		_, err = fmt.Fprintf(p.env.Stdout, "%d rows were put in, %d were there, %d do not fit\n", done.Inserted,
			done.Present, done.Refused)
	}
	if err == nil && done.Refused > 0 {
		err = dberr.New(dberr.Invalid, "quarantine",
			fmt.Sprintf("%d rows do not fit; mend them in the file and apply it again", done.Refused))
	}
	return err
}
