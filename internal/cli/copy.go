package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/transfer"
)

type copyFlags struct {
	moveFlags
	upgrade  bool
	dryRun   bool
	noVerify bool
	batch    int
	same     string
}

func (p *program) copy() *cobra.Command {
	var f copyFlags
	cmd := &cobra.Command{
		Use:   "copy --from URL --to URL",
		Short: "Move everything into an empty database on any engine",
		Long: `Move everything that is in one database into an empty one, on any engine.

The source is only read, in one consistent moment, and may be in use. The target
gets the tables of the source's revision, or the newest with --upgrade. Until
everything has arrived, larder serve on it is not ready and says why. Afterwards
both sides are compared, row by row, by checksums.

A row that the target cannot hold, or that breaks a rule, ends the copy, unless
there is a rule for it. --dry-run finds all of them without writing anything.
Rows that stay behind or are repaired are written to the quarantine file as they
were; see larder quarantine. The exit status is then 3.

A copy that was cut off is taken up with --resume and the same flags.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runCopy(cmd, &f) },
	}
	f.registerFrom(cmd.Flags())
	f.registerTo(cmd.Flags(), "the empty database to fill; a SQLite file is made")
	f.registerRules(cmd.Flags())
	f.registerQuarantine(cmd.Flags())
	cmd.Flags().BoolVar(&f.upgrade, "upgrade", false, "bring the target to the newest revision")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "read everything, write nothing, and name each row that does not fit")
	cmd.Flags().BoolVar(&f.resume, "resume", false, "take up a copy that was cut off")
	cmd.Flags().BoolVar(&f.noVerify, "no-verify", false, "do not read the target back")
	cmd.Flags().IntVar(&f.batch, "batch-kb", 8192, "about how many kilobytes are written in one transaction")
	sameEmailFlag(cmd.Flags(), &f.same)
	return cmd
}

func (p *program) runCopy(cmd *cobra.Command, f *copyFlags) error {
	log := p.logger()
	from, _, err := p.source(&f.moveFlags, log)
	if err != nil {
		return err
	}
	to, err := flagURL("--to", f.to)
	if err != nil {
		return err
	}
	if f.batch < 1 || f.batch > 1<<20 {
		return &usageError{"--batch-kb is between 1 and 1048576"}
	}
	if from.Equal(to) {
		return &usageError{"--from and --to are the same database"}
	}
	o, err := p.moveOptions(&f.moveFlags, log)
	if err != nil {
		return err
	}
	if o.SameEmail, err = sameEmail(f.same); err != nil {
		return err
	}
	o.Upgrade, o.Transfer.NoVerify, o.Transfer.BatchBytes = f.upgrade, f.noVerify, f.batch<<10
	if f.dryRun {
		rep, err := larder.Examine(cmd.Context(), from, to, o)
		if err != nil {
			return err
		}
		return p.foreseen(rep)
	}
	rep, err := larder.Copy(cmd.Context(), from, to, o)
	if rep != nil && len(rep.Tables) > 0 {
		if terr := p.tell(rep, false); err == nil {
			err = terr
		}
	}
	if err != nil {
		return p.howToGoOn(err, rep)
	}
	return f.outcome(rep)
}

// foreseen tells what a copy would do.
func (p *program) foreseen(rep *transfer.Report) error {
	if err := p.tell(rep, true); err != nil {
		return err
	}
	all := rep.Totals()
	switch {
	case all.Refused > 0:
		return dberr.New(dberr.Invalid, "copy", fmt.Sprintf("%d rows would end a copy; mend them in the source, or choose what becomes of them (see larder copy --help)", all.Refused))
	case all.Skipped+all.Repaired > 0:
		return &partlyError{fmt.Sprintf("%d rows would stay behind and %d would be repaired; nothing was written", all.Skipped, all.Repaired)}
	}
	return nil
}

// howToGoOn adds the way out to an error that came when rows were there.
func (p *program) howToGoOn(err error, rep *transfer.Report) error {
	if rep == nil || rep.Totals().Written == 0 {
		return err
	}
	return fmt.Errorf("%w. What has arrived is kept: run the same command with --resume to go on", err)
}

func (p *program) verify() *cobra.Command {
	var f moveFlags
	cmd := &cobra.Command{
		Use:   "verify --from URL --to URL",
		Short: "Compare two databases, row by row",
		Long: `Compare a database with the one into which it was copied: the number of rows of
each table, their checksums, and where those differ the rows, field by field.
JSON is compared as values with exact numbers. Both are only read, each in one
consistent moment. Rules that the copy had are given again.

The exit status is 1 when there is a difference.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log := p.logger()
			from, _, err := p.source(&f, log)
			if err != nil {
				return err
			}
			to, err := flagURL("--to", f.to)
			if err != nil {
				return err
			}
			o, err := p.moveOptions(&f, log)
			if err != nil {
				return err
			}
			rep, err := larder.Verify(cmd.Context(), from, to, o)
			if err != nil {
				return err
			}
			if err := p.tell(rep, false); err != nil {
				return err
			}
			return different(rep)
		},
	}
	f.registerFrom(cmd.Flags())
	f.registerTo(cmd.Flags(), "the database to compare with it")
	f.registerRules(cmd.Flags())
	return cmd
}

// different is an error when a report has differences.
func different(rep *transfer.Report) error {
	n := 0
	for _, t := range rep.Tables {
		if len(t.Differences) > 0 {
			n++
		}
	}
	switch {
	case n > 0:
		return dberr.New(dberr.Conflict, "verify", fmt.Sprintf("%d tables differ", n))
	case rep.Totals().Refused > 0:
		return dberr.New(dberr.Conflict, "verify", fmt.Sprintf("%d rows of the source cannot be in the target as they are; give the rules that the copy had", rep.Totals().Refused))
	}
	return nil
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
