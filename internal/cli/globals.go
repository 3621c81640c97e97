package cli

import (
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/credential"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
)

// globals are the flags that every verb has.
type globals struct {
	databaseURL string
	dataDir     string
	logFormat   string
	output      string
	quiet       bool
	statements  statementFlags
}

func (g *globals) register(cmd *cobra.Command) {
	f := cmd.PersistentFlags()
	f.StringVar(&g.databaseURL, "database-url", "", "the database (default: DATABASE_URL, else the DATABASE_* components, else sqlite:///<data dir>/webui.db)")
	f.StringVar(&g.dataDir, "data-dir", "", "where files are kept (default: DATA_DIR, else ./data)")
	f.StringVar(&g.logFormat, "log-format", "text", "how messages look: text or json")
	f.StringVar(&g.output, "output", "text", "how results look: text or json")
	f.BoolVarP(&g.quiet, "quiet", "q", false, "only warnings and errors")
	g.statements.register(f)
}

func (g *globals) check() error {
	for _, c := range []struct{ flag, value string }{{"--log-format", g.logFormat}, {"--output", g.output}} {
		if c.value != "text" && c.value != "json" {
			return &usageError{c.flag + " is text or json"}
		}
	}
	return g.statements.check()
}

// logger writes messages to standard error.
func (p *program) logger() *slog.Logger {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	if p.global.quiet {
		o.Level = slog.LevelWarn
	}
	if p.global.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(p.env.Stderr, o))
	}
	return slog.New(slog.NewTextHandler(p.env.Stderr, o))
}

// dataDir is where files are kept.
func (p *program) dataDir() string {
	if p.global.dataDir != "" {
		return p.global.dataDir
	}
	if d := p.env.get("DATA_DIR"); d != "" {
		return d
	}
	return "data"
}

// database is which database to open, and how. --database-url wins over every
// variable that names one, and a password in it over where another comes from.
func (p *program) database(log *slog.Logger) (dburl.Config, error) {
	lookup := p.env.Lookup
	if url := p.global.databaseURL; url != "" {
		lookup = func(name string) (string, bool) {
			switch name {
			case "DATABASE_URL":
				return url, true
			case "DATABASE_TYPE", "DATABASE_USER", "DATABASE_PASSWORD", "DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME":
				return "", false
			case "DATABASE_PASSWORD_FILE", "DATABASE_PASSWORD_COMMAND":
				if u, err := dburl.ParseSyntax(url); err == nil && u.HasPassword() {
					return "", false
				}
			}
			return p.env.Lookup(name)
		}
	}
	c, warnings, err := dburl.FromEnv(lookup, p.dataDir())
	for _, w := range warnings {
		log.Warn(w.Text, "variable", w.Variable)
	}
	if err != nil {
		return dburl.Config{}, err
	}
	return c, c.URL.Validate()
}

// engineOptions say how the database is opened.
func (p *program) engineOptions(c dburl.Config, log *slog.Logger) engine.Options {
	return engine.Options{Drivers: engines.All(), Schema: c.Schema, LookFor: larder.LookFor(), Pool: &c.Pool, SQLite: &c.SQLite,
		Password: passwordSource(c), Logger: log, Hooks: p.global.statements.hooks(log)}
}

// passwordSource is where passwords come from that are not in the URL, nil when
// there is no such place.
func passwordSource(c dburl.Config) credential.Source {
	switch {
	case c.PasswordFile != "":
		return credential.File(c.PasswordFile)
	case c.PasswordCommand != "":
		return credential.Command(c.PasswordCommand)
	}
	return nil
}
