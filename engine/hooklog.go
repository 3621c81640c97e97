package engine

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// LogStatements returns a hook that logs every statement at level, failures at
// slog.LevelWarn. It logs names, SQL text, durations and row counts, and no
// values.
func LogStatements(log *slog.Logger, level slog.Level) Hook {
	return AfterFunc(func(ctx context.Context, ev *Event) {
		l := level
		if ev.Err != nil {
			l = max(l, slog.LevelWarn)
		}
		if log.Enabled(ctx, l) {
			log.LogAttrs(ctx, l, "statement", attrs(ev)...)
		}
	})
}

// LogSlow returns a hook that logs, as a warning, statements that took at
// least threshold. For a query that is the time until its first row was there:
// what the caller does between rows is not the database's.
func LogSlow(log *slog.Logger, threshold time.Duration) Hook {
	return AfterFunc(func(ctx context.Context, ev *Event) {
		took := ev.Duration
		if ev.Kind == KindQuery && ev.Err == nil {
			took = ev.FirstRow
		}
		if took >= threshold {
			log.LogAttrs(ctx, slog.LevelWarn, "slow statement", attrs(ev)...)
		}
	})
}

func attrs(ev *Event) []slog.Attr {
	a := []slog.Attr{slog.String("engine", ev.Engine), slog.String("kind", string(ev.Kind)),
		slog.Duration("duration", ev.Duration)}
	if ev.Name != "" {
		a = append(a, slog.String("name", ev.Name))
	}
	if ev.SQL != "" {
		a = append(a, slog.String("sql", ev.SQL), slog.Int("args", ev.Args))
	}
	if ev.Err != nil {
		a = append(a, slog.String("error", ev.Err.Error()))
	} else {
		a = append(a, slog.Int64("rows", ev.Rows))
	}
	if ev.Attempt > 1 {
		a = append(a, slog.Int("attempt", ev.Attempt))
	}
	return a
}

// Counter is a hook that counts statements, for tests and for finding what a
// request costs. Begin and end of transactions and savepoints are not counted.
// The zero value is ready to use.
type Counter struct {
	mu    sync.Mutex
	times map[string]int
	order []string // of the first appearance
	all   int
}

// Before returns ctx.
func (c *Counter) Before(ctx context.Context, _ *Event) context.Context { return ctx }

// After counts the statement.
func (c *Counter) After(_ context.Context, ev *Event) {
	switch ev.Kind {
	case KindQuery, KindExec, KindBulk:
	default:
		return
	}
	name := opName(ev.Name, ev.SQL)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.times == nil {
		c.times = make(map[string]int)
	}
	if c.times[name]++; c.times[name] == 1 {
		c.order = append(c.order, name)
	}
	c.all++
}

// Count is the number of statements so far.
func (c *Counter) Count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all
}

// Reset begins again at nothing.
func (c *Counter) Reset() {
	c.mu.Lock()
	c.times, c.order, c.all = nil, nil, 0
	c.mu.Unlock()
}

// String lists the statements with how often each ran, the most frequent
// first: "chats.Get x 60, users.Get". A statement without a name is its text.
func (c *Counter) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	order := slices.Clone(c.order)
	slices.SortStableFunc(order, func(a, b string) int { return c.times[b] - c.times[a] })
	var parts []string
	for _, n := range order {
		if c.times[n] > 1 {
			parts = append(parts, fmt.Sprintf("%s x %d", n, c.times[n]))
		} else {
			parts = append(parts, n)
		}
	}
	return strings.Join(parts, ", ")
}
