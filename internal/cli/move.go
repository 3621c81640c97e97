package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/pflag"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/transfer"
	"github.com/larder-db/larder/transfer/canon"
	"github.com/larder-db/larder/transfer/policy"
)

// moveFlags are those of verbs that move a whole database.
type moveFlags struct {
	from, to             string
	fromSchema, toSchema string
	tables, users        []string
	rules                map[canon.Class]*string
	quarantine           string
	resume               bool
	opened               bool // the quarantine file, by this process
}

// ruleFlag is the flag of a class.
func ruleFlag(c canon.Class) string {
	if c == canon.Duplicates {
		return "duplicate-emails"
	}
	return string(c)
}

func (f *moveFlags) registerFrom(flags *pflag.FlagSet) {
	flags.StringVar(&f.from, "from", "", "the database to read (default: as for --database-url)")
	flags.StringVar(&f.fromSchema, "from-schema", "", "the schema of it, on a server with schemas (default: where the server would look)")
}

func (f *moveFlags) registerTo(flags *pflag.FlagSet, what string) {
	flags.StringVar(&f.to, "to", "", what)
	flags.StringVar(&f.toSchema, "to-schema", "", "the schema of it, on a server with schemas (default: where the server would look)")
}

// noSince answers --since, which people look for.
type noSince struct{}

func (noSince) String() string { return "" }
func (noSince) Type() string   { return "time" }
func (noSince) Set(string) error {
	return errors.New("rows cannot be chosen by a date, because those that belong together have different ones; " +
		"take what belongs to some users with --only-user, some tables with --tables, or what changes after a copy with larder copy --follow")
}

func (f *moveFlags) registerPart(flags *pflag.FlagSet) {
	flags.Var(noSince{}, "since", "")
	_ = flags.MarkHidden("since") // it fails for a flag that there is not
	flags.StringSliceVar(&f.tables, "tables", nil, "these tables only")
	flags.StringSliceVar(&f.users, "only-user", nil, "these users only, by e-mail or id, with their chats, files, notes and so on; not groups and settings")
}

func (f *moveFlags) registerRules(flags *pflag.FlagSet) {
	f.registerPart(flags)
	f.rules = map[canon.Class]*string{}
	for _, c := range canon.Classes() {
		what, repair := policy.Describe(c)
		ways := "fail or skip"
		if repair != "" {
			ways = "fail, repair (" + repair + ") or skip"
		}
		f.rules[c] = flags.String(ruleFlag(c), string(policy.Fail), what+": "+ways)
	}
}

func (f *moveFlags) registerQuarantine(flags *pflag.FlagSet) {
	flags.StringVar(&f.quarantine, "quarantine", "larder-quarantine.jsonl",
		"the file for rows that stay behind or are repaired, as they were")
}

// policies are the rules that the flags ask for.
func (f *moveFlags) policies() (policy.Rules, error) {
	r := policy.Rules{}
	for c, a := range f.rules {
		if !slices.Contains(policy.Actions(c), policy.Action(*a)) {
			var ways []string
			for _, w := range policy.Actions(c) {
				ways = append(ways, string(w))
			}
			return nil, &usageError{"--" + ruleFlag(c) + " is " + strings.Join(ways, " or ")}
		}
		if *a != string(policy.Fail) {
			r[c] = policy.Action(*a)
		}
	}
	return r, nil
}

// source is the database to read.
func (p *program) source(f *moveFlags, log *slog.Logger) (*dburl.URL, error) {
	if f.from != "" {
		return flagURL("--from", f.from)
	}
	c, err := p.database(log)
	if err != nil {
		return nil, err
	}
	if f.fromSchema == "" {
		f.fromSchema = c.Schema
	}
	return c.URL, nil
}

func flagURL(flag, value string) (*dburl.URL, error) {
	if value == "" {
		return nil, &usageError{flag + " names the database, for example postgresql://user@host/database"}
	}
	u, err := dburl.Parse(value)
	if err == nil {
		err = u.Validate()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return u, nil
}

// boundMemory makes the program collect garbage rather than take more than some
// 64 MB, beside what the rows at hand need: it goes through a whole database, on a
// machine where others work.
func (p *program) boundMemory() {
	const most = 64 << 20
	if p.env.get("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(most)
	}
}

// moveOptions are what the flags say, for package larder.
func (p *program) moveOptions(f *moveFlags, log *slog.Logger) (larder.MoveOptions, error) {
	rules, err := f.policies()
	if err != nil {
		return larder.MoveOptions{}, err
	}
	p.boundMemory()
	part := engine.Options{Drivers: engines.All(), SQLite: new(dburl.SQLiteSettings{}.ForMigration()), Logger: log,
		Hooks: p.global.statements.hooks(log)}
	o := larder.MoveOptions{OnlyUsers: f.users, From: part, To: part, Logger: log, Build: build(),
		Transfer: transfer.Options{Tables: f.tables, Rules: rules, Resume: f.resume, Progress: p.moved(log)}}
	o.From.Schema, o.To.Schema = f.fromSchema, f.toSchema
	if f.quarantine != "" {
		o.Transfer.Quarantine = f.openQuarantine
	}
	return o, nil
}

// openQuarantine makes the file for the lines. One that is there is somebody's,
// unless a run is taken up, which writes the same lines again.
func (f *moveFlags) openQuarantine() (io.WriteCloser, error) {
	how := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	if !f.resume && !f.opened {
		how |= os.O_EXCL
	}
	w, err := os.OpenFile(f.quarantine, how, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, dberr.New(dberr.AlreadyExists, "quarantine", "the file "+f.quarantine+
			" is there already; name another one with --quarantine")
	case err != nil:
		return nil, &dberr.Error{Op: "quarantine", Code: dberr.Unavailable,
			Msg: "the file " + f.quarantine + " cannot be written", Err: err}
	}
	f.opened = true
	return w, nil
}

// moved tells how far it is: by a bar on a terminal, by a line now and then
// elsewhere.
func (p *program) moved(log *slog.Logger) func(transfer.Progress) {
	if p.global.quiet {
		return nil
	}
	var bar *progressbar.ProgressBar
	var stage transfer.Stage
	shown := time.Now()
	return func(now transfer.Progress) {
		if !terminal(p.env.Stderr) {
			if time.Since(shown) >= 5*time.Second {
				shown = time.Now()
				log.Info(string(now.Stage), "table", now.Table, "rows", now.Rows, "of", now.Total, "rows_per_second",
					int(now.Rate()),
					"left", now.Left().Round(time.Second))
			}
			return
		}
		if bar == nil || stage != now.Stage {
			stage = now.Stage
			bar = progressbar.NewOptions64(max(now.Total, 1), progressbar.OptionSetWriter(p.env.Stderr),
				progressbar.OptionSetDescription(string(stage)),
				progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("rows"), progressbar.OptionClearOnFinish())
		}
		_ = bar.Set64(now.Rows) // a terminal that is gone ends nothing
		if now.Table == "" {
			_ = bar.Finish()
		}
	}
}

// tell writes a report. rows says whether each row with a problem is named.
func (p *program) tell(rep *transfer.Report, rows bool) error {
	if p.global.output == "json" {
		return writeJSON(p.env.Stdout, rep)
	}
	if rows {
		for _, t := range rep.Tables {
			for _, r := range t.Rows {
				for _, x := range r.Problems {
					fmt.Fprintf(p.env.Stdout, "%s %s%s: %s: %s (%s)\n", t.Table, rowName(r), inColumn(x.Column), x.Class,
						x.Why, x.Action)
				}
			}
		}
	}
	w := tabwriter.NewWriter(p.env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "table\trows\twritten\tskipped\trepaired\trefused\tverified")
	line := func(t *transfer.TableReport) {
		verified := "-"
		switch {
		case len(t.Differences) > 0:
			verified = "DIFFERENT"
		case t.Verified:
			verified = "yes"
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%s\n", t.Table, t.Read, t.Written, t.Skipped, t.Repaired, t.Refused, verified)
	}
	for _, t := range rep.Tables {
		if t.Read > 0 || len(t.Differences) > 0 {
			line(t)
		}
	}
	all := rep.Totals()
	all.Table = "all"
	line(&all)
	if err := w.Flush(); err != nil {
		return err
	}
	for _, t := range rep.Tables {
		for _, d := range t.Differences {
			fmt.Fprintf(p.env.Stdout, "%s: %s\n", t.Table, d)
		}
	}
	if rep.Elapsed > 0 {
		seconds := rep.Elapsed.Seconds()
		fmt.Fprintf(p.env.Stdout, "%d rows, %.1f MB in %.1f s\n", all.Read, float64(all.Bytes)/1e6, seconds)
	}
	return nil
}

func rowName(r transfer.RowReport) string {
	if r.Key != "" {
		return r.Key
	}
	return fmt.Sprintf("row %d", r.Number)
}

func inColumn(c string) string {
	if c == "" {
		return ""
	}
	return " " + c
}

// outcome is the error that the exit status comes from.
func (f *moveFlags) outcome(rep *transfer.Report) error {
	all := rep.Totals()
	if all.Skipped+all.Repaired == 0 {
		return nil
	}
	var classes []string
	for _, c := range canon.Classes() {
		if n := all.Problems[c]; n > 0 {
			classes = append(classes, fmt.Sprintf("%s: %d", c, n))
		}
	}
	return &partlyError{fmt.Sprintf("%d rows stayed behind and %d were repaired (%s); as they were they are in %s",
		all.Skipped, all.Repaired, strings.Join(classes, ", "), f.quarantine)}
}
