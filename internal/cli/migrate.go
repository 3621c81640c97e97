package cli

import (
	"cmp"
	"context"
	"errors"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/command"
	"github.com/larder-db/larder/migrations"
	"github.com/larder-db/larder/store"
)

// migrate has the verbs of package migrate/command, on Larder's history.
func (p *program) migrate() *cobra.Command {
	parent := &cobra.Command{
		Use:   "migrate",
		Short: "Change the schema of a database, and look at its history",
		Long: `Change the schema of a database by revisions, and look at its history.

A revision is named by its id or the beginning of it, head, base, +2, -1,
<id>+1 or <branch>@head; a range by from:to.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	s := &command.Session{Lineages: larder.Lineages(""), Stdout: p.env.Stdout, Stderr: p.env.Stderr, Dir: "migrations", Build: build(),
		Terminal: terminal(p.env.Stderr), Editor: cmp.Or(p.env.get("VISUAL"), p.env.get("EDITOR"))}
	s.Open = p.openToMigrate
	s.Target = p.scriptTarget
	for _, v := range command.Verbs(s) {
		parent.AddCommand(p.migrateVerb(s, v))
	}
	return parent
}

func (p *program) migrateVerb(s *command.Session, v command.Verb) *cobra.Command {
	use := v.Name
	if v.Args != "" {
		use += " " + v.Args
	}
	long := v.Short + "."
	if v.Long != "" {
		long += "\n\n" + v.Long
	}
	same := ""
	cmd := &cobra.Command{
		Use: use, Short: v.Short, Long: long,
		RunE: func(cmd *cobra.Command, args []string) error {
			way, err := sameEmail(same)
			if err != nil {
				return err
			}
			s.Lineages = larder.Lineages(way)
			s.Open = p.openToMigrate
			if v.Name == "downgrade" {
				s.Open = p.openToDowngrade
			}
			s.JSON, s.Quiet = p.global.output == "json", p.global.quiet
			err = v.Run(cmd.Context(), args)
			var wrong *command.UsageError
			if errors.As(err, &wrong) {
				return &usageError{wrong.Why}
			}
			return err
		},
	}
	v.Flags(cmd.Flags())
	switch v.Name {
	case "upgrade", "plan", "repair": // those that meet the revision
		sameEmailFlag(cmd.Flags(), &same)
	}
	return cmd
}

func sameEmailFlag(f *pflag.FlagSet, to *string) {
	f.StringVar(to, "same-email", string(migrations.StopOnSameEmail),
		"users whose e-mails differ only in case: stop, keep-newest or rename; see plan")
}

func sameEmail(flag string) (migrations.SameEmail, error) {
	way, err := migrations.ParseSameEmail(flag)
	if err != nil {
		return way, &usageError{"--same-email is stop, keep-newest or rename"}
	}
	return way, nil
}

// openToMigrate opens the database with less memory than a server takes.
func (p *program) openToMigrate(ctx context.Context) (*engine.Engine, error) {
	log := p.logger()
	c, err := p.database(log)
	if err != nil {
		return nil, err
	}
	if err := p.makeDataDir(c.URL); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	o := p.engineOptions(c, log)
	o.SQLite = new(c.SQLite.ForMigration())
	return engine.OpenURL(ctx, c.URL, o)
}

// openToDowngrade opens the database, and puts what waits for the documents of
// chats into them: an earlier program reads nothing else.
func (p *program) openToDowngrade(ctx context.Context) (*engine.Engine, error) {
	eng, err := p.openToMigrate(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := store.New(eng, store.Options{}).Chats.FoldLeft(ctx, 0); err != nil {
		return nil, errors.Join(err, eng.Close())
	}
	return eng, nil
}

// scriptTarget is what scripts are written for: a dialect that was named, or
// that of the database, which is not opened.
func (p *program) scriptTarget(dialect string) (*migrate.Target, error) {
	if dialect != "" {
		u, err := dburl.Parse(dialect + "://")
		if err != nil {
			return nil, err
		}
		return command.TargetFor(engines.All(), u)
	}
	c, err := p.database(p.logger())
	if err != nil {
		return nil, err
	}
	return command.TargetFor(engines.All(), c.URL)
}

// terminal reports whether w is one.
func terminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// arrange lets "-1" be a revision: see command.Arrange.
func arrange(root *cobra.Command, args []string) []string {
	cmd, _, err := root.Find(args)
	if err != nil || cmd.Parent() == nil || cmd.Parent().Name() != "migrate" {
		return args
	}
	flags := cmd.Flags()
	flags.AddFlagSet(root.PersistentFlags())
	return command.Arrange(args, command.TakesValue(flags))
}
