package cli

import (
	"github.com/spf13/cobra"

	"github.com/larder-db/larder"
)

type restoreFlags struct {
	copyFlags
	keyFlags
}

func (p *program) restore() *cobra.Command {
	var f restoreFlags
	cmd := &cobra.Command{
		Use:   "restore ARCHIVE --to URL",
		Short: "Put an archive into an empty database on any engine",
		Long: `Put everything of an archive into an empty database, on any engine. "-" is an
archive on standard input; an address like s3://bucket/monday.larder one in an
object storage, where the program was built with those.

It gets the tables of the archive's revision, or the newest with --upgrade. Until
everything has arrived, larder serve on it is not ready and says why. Afterwards
the database is compared with the archive. Rows that the target cannot hold are
treated as by larder copy, and so is a restore that was cut off.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return p.runRestore(cmd, args[0], &f) },
	}
	f.registerTo(cmd.Flags(), "the empty database to fill; a SQLite file is made")
	f.registerMove(cmd.Flags())
	f.registerOpen(cmd.Flags())
	return cmd
}

func (p *program) runRestore(cmd *cobra.Command, path string, f *restoreFlags) error {
	to, err := flagURL("--to", f.to)
	if err != nil {
		return err
	}
	o, err := p.copyOptions(&f.copyFlags, p.logger())
	if err != nil {
		return err
	}
	o.What = "restore"
	a, done, err := p.openArchive(cmd.Context(), path, &f.keyFlags)
	if err != nil {
		return err
	}
	defer done()
	if f.dryRun {
		rep, err := larder.ExamineSource(cmd.Context(), a, to, o)
		if err != nil {
			return err
		}
		return p.foreseen(rep)
	}
	rep, err := larder.Receive(cmd.Context(), a, to, o)
	return p.received(&f.moveFlags, rep, err)
}
