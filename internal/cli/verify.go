package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/transfer"
)

func (p *program) verify() *cobra.Command {
	var f moveFlags
	var k keyFlags
	cmd := &cobra.Command{
		Use:   "verify [ARCHIVE] [--from URL] [--to URL]",
		Short: "Compare two databases row by row, or examine an archive",
		Long: `Compare a database with the one into which it was copied: the number of rows of
each table, their checksums, and where those differ the rows, field by field.
JSON is compared as values with exact numbers. Both are only read, each in one
consistent moment. Rules that the copy had are given again.

With an archive, everything in it is read and checked; any byte that is not what
was written is found, and the table and block that it belongs to is named. With
--to as well, the archive is compared with that database.

The exit status is 1 when there is a difference, or damage.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				if f.from != "" {
					return &usageError{"give an archive or --from, not both"}
				}
				return p.verifyArchive(cmd, args[0], &f, &k)
			}
			return p.verifyDatabases(cmd, &f)
		},
	}
	f.registerFrom(cmd.Flags())
	f.registerTo(cmd.Flags(), "the database to compare with it")
	f.registerRules(cmd.Flags())
	k.registerOpen(cmd.Flags())
	return cmd
}

func (p *program) verifyDatabases(cmd *cobra.Command, f *moveFlags) error {
	log := p.logger()
	from, err := p.source(f, log)
	if err != nil {
		return err
	}
	to, err := flagURL("--to", f.to)
	if err != nil {
		return err
	}
	o, err := p.moveOptions(f, log)
	if err != nil {
		return err
	}
	rep, err := larder.Verify(cmd.Context(), from, to, o)
	if err != nil {
		return err
	}
	return p.compared(rep)
}

// compared tells what a comparison found.
func (p *program) compared(rep *transfer.Report) error {
	if err := p.tell(rep, false); err != nil {
		return err
	}
	n := 0
	for _, t := range rep.Tables {
		if len(t.Differences) > 0 {
			n++
		}
	}
	switch refused := rep.Totals().Refused; {
	case n > 0:
		return dberr.New(dberr.Conflict, "verify", fmt.Sprintf("%d tables differ", n))
	case refused > 0:
		return dberr.New(dberr.Conflict, "verify",
			fmt.Sprintf("%d rows of the source cannot be in the target as they are; give the rules that the copy had", refused))
	}
	return nil
}

func (p *program) verifyArchive(cmd *cobra.Command, path string, f *moveFlags, k *keyFlags) error {
	a, done, err := p.openArchive(cmd.Context(), path, k)
	if err != nil {
		return err
	}
	defer done()
	if f.to != "" {
		to, err := flagURL("--to", f.to)
		if err != nil {
			return err
		}
		o, err := p.moveOptions(f, p.logger())
		if err != nil {
			return err
		}
		rep, err := larder.VerifySource(cmd.Context(), a, to, o)
		if err != nil {
			return err
		}
		return p.compared(rep)
	}
	checked, err := a.Verify(cmd.Context())
	if err != nil {
		return err
	}
	damage, rows := 0, int64(0)
	for _, c := range checked {
		damage += len(c.Damage)
		rows += c.Rows
	}
	if p.global.output == "json" {
		err = writeJSON(p.env.Stdout, checked)
	} else {
		for _, c := range checked {
			for _, d := range c.Damage {
				fmt.Fprintln(p.env.Stdout, d)
			}
		}
		_, err = fmt.Fprintf(p.env.Stdout, "%s: %d tables, %d rows, made by %s from %s\n", a.Name(), len(checked), rows,
			a.Header().Program, a.Header().Engine)
	}
	if err == nil && damage > 0 {
		err = dberr.New(dberr.Invalid, "verify",
			fmt.Sprintf("the archive is damaged in %d places; the rest can be read", damage))
	}
	return err
}
