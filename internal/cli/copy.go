package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/transfer"
)

type copyFlags struct {
	moveFlags
	upgrade  bool
	dryRun   bool
	noVerify bool
	follow   bool
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

With --follow the copy goes on when everything was copied: what changes in the
source meanwhile is brought over in rounds, until larder freeze has stopped
changes there. Where that cannot be, interrupt it, stop who writes to the source,
and run it with --resume and without --follow.

A copy that was cut off, or that a row has ended, is taken up with --resume.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runCopy(cmd, &f) },
	}
	f.registerFrom(cmd.Flags())
	f.registerTo(cmd.Flags(), "the empty database to fill; a SQLite file is made")
	f.registerMove(cmd.Flags())
	cmd.Flags().BoolVar(&f.follow, "follow", false, "go on until larder freeze stops changes in the source")
	return cmd
}

// registerMove registers what copy and restore have in common.
func (f *copyFlags) registerMove(flags *pflag.FlagSet) {
	f.registerRules(flags)
	f.registerQuarantine(flags)
	flags.BoolVar(&f.upgrade, "upgrade", false, "bring the target to the newest revision")
	flags.BoolVar(&f.dryRun, "dry-run", false, "read everything, write nothing, and name each row that does not fit")
	flags.BoolVar(&f.resume, "resume", false, "take up what was cut off")
	flags.BoolVar(&f.noVerify, "no-verify", false, "do not read the target back")
	flags.IntVar(&f.batch, "batch-kb", 8192, "about how many kilobytes are written in one transaction")
	sameEmailFlag(flags, &f.same)
}

// copyOptions are what the flags say, for package larder.
func (p *program) copyOptions(f *copyFlags, log *slog.Logger) (larder.MoveOptions, error) {
	if f.batch < 1 || f.batch > 1<<20 {
		return larder.MoveOptions{}, &usageError{"--batch-kb is between 1 and 1048576"}
	}
	o, err := p.moveOptions(&f.moveFlags, log)
	if err != nil {
		return o, err
	}
	o.Upgrade, o.Transfer.NoVerify, o.Transfer.BatchBytes = f.upgrade, f.noVerify, f.batch<<10
	o.SameEmail, err = sameEmail(f.same)
	return o, err
}

func (p *program) runCopy(cmd *cobra.Command, f *copyFlags) error {
	log := p.logger()
	from, err := p.source(&f.moveFlags, log)
	if err != nil {
		return err
	}
	to, err := flagURL("--to", f.to)
	if err != nil {
		return err
	}
	if from.Equal(to) {
		return &usageError{"--from and --to are the same database"}
	}
	o, err := p.copyOptions(f, log)
	if err != nil {
		return err
	}
	if f.follow {
		if f.dryRun || f.noVerify {
			return &usageError{"--follow does not go with --dry-run or --no-verify"}
		}
		o.Follow = &larder.Follow{Round: p.followed(log)}
	}
	if f.dryRun {
		rep, err := larder.Examine(cmd.Context(), from, to, o)
		if err != nil {
			return err
		}
		return p.foreseen(rep)
	}
	rep, err := larder.Copy(cmd.Context(), from, to, o)
	return p.received(&f.moveFlags, rep, err)
}

// followed tells what rounds have done.
func (p *program) followed(log *slog.Logger) func(transfer.Round) {
	first := true
	return func(r transfer.Round) {
		if first {
			first = false
			log.Info("everything was copied; the source is followed until it is frozen (larder freeze)")
		}
		if !r.Quiet() {
			log.Info("caught up", "inserted", r.Inserted, "updated", r.Updated, "deleted", r.Deleted, "took",
				r.Elapsed.Round(time.Millisecond))
		}
	}
}

// received tells what has arrived, and returns what the exit status comes from.
func (p *program) received(f *moveFlags, rep *transfer.Report, err error) error {
	if rep != nil && len(rep.Tables) > 0 {
		if terr := p.tell(rep, false); err == nil {
			err = terr
		}
	}
	if err != nil {
		return howToGoOn(err, rep)
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
		return dberr.New(dberr.Invalid, "copy",
			fmt.Sprintf("%d rows would end a copy; mend them in the source, or choose what becomes of them (see larder copy --help)", all.Refused))
	case all.Skipped+all.Repaired > 0:
		return &partlyError{fmt.Sprintf("%d rows would stay behind and %d would be repaired; nothing was written",
			all.Skipped, all.Repaired)}
	}
	return nil
}

// howToGoOn adds the way out to an error that came when the target was begun.
func howToGoOn(err error, rep *transfer.Report) error {
	if rep == nil {
		return err
	}
	return fmt.Errorf("%w. What has arrived is kept: run the same command with --resume to go on", err)
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
