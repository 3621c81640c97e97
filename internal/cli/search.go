package cli

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/store"
)

func (p *program) search() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "search",
		Short: "Look at and rebuild the index that finds chats, notes and documents",
		Long: `Chats, notes and the texts of files are found by an index in tables of larder's
own. A server keeps it up by itself, and what has changed since is looked at
itself: nothing that is stored is missing from a search, whatever state the index
is in.`,
	}
	var all bool
	reindex := &cobra.Command{
		Use:   "reindex",
		Short: "Bring the index up to date",
		Long: `Bring the index up to date, while servers run. It can be cut off, and goes on
where it was. A database without the tables for it gets them from larder serve,
or from larder migrate upgrade.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runReindex(cmd, all) },
	}
	reindex.Flags().BoolVar(&all, "all", false, "forget what there is, and make all of it anew")
	cmd.AddCommand(&cobra.Command{
		Use:   "status",
		Short: "Show how far the index is",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return p.runSearchStatus(cmd) },
	}, reindex)
	return cmd
}

func (p *program) runSearchStatus(cmd *cobra.Command) error {
	log := p.logger()
	c, err := p.database(log)
	if err != nil {
		return err
	}
	o := p.engineOptions(c, log)
	o.ReadOnly = true
	st, err := with(cmd.Context(), c.URL, o, func(ctx context.Context, eng *engine.Engine) (store.SearchStatus, error) {
		return store.New(eng, store.Options{}).SearchStatus(ctx)
	})
	if err != nil {
		return err
	}
	if p.global.output == "json" {
		return writeJSON(p.env.Stdout, st)
	}
	if !st.Tables {
		_, err = fmt.Fprintln(p.env.Stdout,
			"the database has no tables for the search: every search reads all texts; larder serve makes them, or larder migrate upgrade")
		return err
	}
	_, err = fmt.Fprintf(p.env.Stdout,
		"%d chats, of which %d have changed since their texts were taken\n%d texts of %.1f MB, %d of them in the index\n"+
			"%d notes and files, %d of them in the index\nthe index has %d parts\n",
		st.Chats, st.Changed, st.Kept, float64(st.Bytes)/1e6, st.Indexed, st.Texts, st.TextsIndexed, st.Parts)
	return err
}

func (p *program) runReindex(cmd *cobra.Command, all bool) error {
	log := p.logger()
	c, err := p.database(log)
	if err != nil {
		return err
	}
	p.boundMemory()
	o := p.engineOptions(c, log)
	o.SQLite = new(c.SQLite.ForMigration())
	done, err := with(cmd.Context(), c.URL, o,
		func(ctx context.Context, eng *engine.Engine) (store.SearchProgress, error) {
			x := store.NewSearchIndex(eng, store.New(eng, store.Options{}), p.indexed(log))
			if all {
				if err := x.Forget(ctx); err != nil {
					return store.SearchProgress{}, err
				}
			}
			return reindex(ctx, x)
		})
	if dberr.CodeOf(err) == dberr.SchemaMismatch {
		return &dberr.Error{Op: "search", Code: dberr.SchemaMismatch, Err: err,
			Msg: "the database has no tables for the search; start larder serve on it, or run larder migrate upgrade, which makes them"}
	}
	if err != nil {
		return err
	}
	if p.global.output == "json" {
		return writeJSON(p.env.Stdout, map[string]int64{"chats": done.Chats, "texts": done.Texts, "parts": done.Parts,
			"left": done.Never})
	}
	_, err = fmt.Fprintf(p.env.Stdout,
		"%d chats brought up to date, %d notes and files indexed, %d parts of the index made\n",
		done.Chats, done.Texts, done.Parts)
	if err == nil && done.Never > 0 {
		_, err = fmt.Fprintf(p.env.Stdout,
			"%d chats say that they changed in the future, or not when; each search looks at them\n", done.Never)
	}
	return err
}

// reindex catches up until nothing is left but what changes all the time.
func reindex(ctx context.Context, x *store.SearchIndex) (total store.SearchProgress, err error) {
	for begin := time.Now(); ; {
		done, err := x.CatchUp(ctx)
		total.Chats, total.Texts, total.Parts = total.Chats+done.Chats, total.Texts+done.Texts, total.Parts+done.Parts
		total.Never = done.Never
		if err != nil || done.Chats == 0 && (done.Waiting == 0 || time.Since(begin) > 2*store.SearchSettle) {
			return total, err
		}
		if done.Waiting > 0 {
			select {
			case <-ctx.Done():
				return total, ctx.Err()
			case <-time.After(time.Second):
			}
		}
	}
}

// indexed tells how far the index is: by a bar on a terminal, by a line now and
// then elsewhere.
func (p *program) indexed(log *slog.Logger) func(store.SearchProgress) {
	if p.global.quiet {
		return nil
	}
	var bar *progressbar.ProgressBar
	shown := time.Now()
	return func(now store.SearchProgress) {
		if !terminal(p.env.Stderr) {
			if time.Since(shown) >= 5*time.Second {
				shown = time.Now()
				log.Info("search", "chats", now.Chats, "of", now.Of, "texts", now.Texts, "of_texts", now.TextsOf,
					"parts", now.Parts)
			}
			return
		}
		if bar == nil {
			bar = progressbar.NewOptions64(1, progressbar.OptionSetWriter(p.env.Stderr),
				progressbar.OptionSetDescription("search"),
				progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("texts"),
				progressbar.OptionClearOnFinish())
		}
		bar.ChangeMax64(max(now.Of+now.TextsOf, 1))
		_ = bar.Set64(min(now.Chats+now.Texts, now.Of+now.TextsOf)) // a terminal that is gone ends nothing
	}
}

// How often a server looks for chats that have changed, and for tables that it may
// have got since.
const (
	indexEvery       = 10 * time.Second
	lookForIndexTime = 5 * time.Minute
)

// keepIndex brings the index up to date, as long as a server runs.
func keepIndex(ctx context.Context, db *larder.Database, log *slog.Logger) {
	if db.ReadOnly() != "" {
		return
	}
	x := store.NewSearchIndex(db.Engine(), db.Store(), nil)
	failed := false
	for {
		wait := indexEvery
		switch done, err := x.CatchUp(ctx); {
		case ctx.Err() != nil:
			return
		case dberr.CodeOf(err) == dberr.SchemaMismatch:
			wait = lookForIndexTime // searches read every message meanwhile
		case err != nil && !failed:
			log.WarnContext(ctx, "the index of the search could not be brought up to date; searches look at what has changed themselves, and it is tried again", "error", err)
			failed = true
		case err == nil:
			failed = false
			if done.Chats > 0 {
				log.DebugContext(ctx, "the index of the search was brought up to date", "chats", done.Chats, "parts", done.Parts)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}
