package cli

import (
	"log/slog"
	"time"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/engine"
)

// statementFlags choose what is logged about the statements that reach the
// database. The values that are bound to them never are.
type statementFlags struct {
	slow  time.Duration
	all   bool
	count bool

	counter engine.Counter
}

func (s *statementFlags) register(f *pflag.FlagSet) {
	f.DurationVar(&s.slow, "log-slow", 0, "log statements that take this long or longer, for example 200ms; 0 is none")
	f.BoolVar(&s.all, "log-statements", false, "log every statement; never the values in it")
	f.BoolVar(&s.count, "count-statements", false, "log at the end which statements ran how often")
}

func (s *statementFlags) check() error {
	if s.slow < 0 {
		return &usageError{"--log-slow is a duration, for example 200ms, or 0"}
	}
	return nil
}

// hooks are what the engine is opened with.
func (s *statementFlags) hooks(log *slog.Logger) []engine.Hook {
	var hooks []engine.Hook
	if s.all {
		hooks = append(hooks, engine.LogStatements(log, slog.LevelInfo))
	}
	if s.slow > 0 {
		hooks = append(hooks, engine.LogSlow(log, s.slow))
	}
	if s.count {
		hooks = append(hooks, &s.counter)
	}
	return hooks
}

// report logs the counts.
func (s *statementFlags) report(log *slog.Logger) {
	if s.count {
		log.Info("statements", "count", s.counter.Count(), "by_name", s.counter.String())
	}
}
