// Package enginetest opens engines for tests, on real servers, and finds what
// tests should not leave behind or do too often. It is for the tests of every
// layer above package engine, and for those of programs that use it.
//
//	func TestNotes(t *testing.T) {
//		enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
//			...
//			enginetest.MaxQueries(t, eng, 2, func() { listNotesWithTags(eng) })
//		})
//	}
//
// What it will not do: create tables.
package enginetest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/internal/testdb"
)

// Each runs fn as one subtest per engine of this module, each with an engine on
// a fresh, empty database. At the end of a subtest rows that are still open, and
// connections that were not given back, fail it.
func Each(t *testing.T, fn func(t *testing.T, eng *engine.Engine)) {
	t.Helper()
	Ours().Each(t, engine.Options{}, fn)
}

// EachWith is [Each] with options; Drivers and TrackRows are set by it.
func EachWith(t *testing.T, o engine.Options, fn func(t *testing.T, eng *engine.Engine)) {
	t.Helper()
	Ours().Each(t, o, fn)
}

// EachAndMemory is [Each] with one more subtest, on SQLite in memory. There,
// one connection serves all: what needs two at a time does not run on it.
func EachAndMemory(t *testing.T, fn func(t *testing.T, eng *engine.Engine)) {
	t.Helper()
	Each(t, fn)
	if slices.Contains(testdb.Engines(), testdb.SQLite) {
		t.Run("memory", func(t *testing.T) { fn(t, Open(t, testdb.Memory(t).URL, engine.Options{})) })
	}
}

// Open opens an engine of this module that is closed, and looked at for leaks,
// when the test ends. Drivers and TrackRows are set by it.
func Open(t testing.TB, url string, o engine.Options) *engine.Engine {
	t.Helper()
	return Suite{Drivers: engines.All()}.Open(t, url, o)
}

// NoLeaks fails the test when rows are open or connections in use. It waits a
// moment for what is just being given back.
func NoLeaks(t testing.TB, eng *engine.Engine) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Second)
	for eng.Stats().InUse() > 0 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	if n := eng.Stats().InUse(); n > 0 {
		t.Errorf("%d connections were not given back", n)
	}
	for _, r := range eng.OpenRows() {
		t.Errorf("rows were not closed: %s", r)
	}
}

// CountQueries returns how many statements fn sends through eng.
func CountQueries(t testing.TB, eng *engine.Engine, fn func()) int {
	t.Helper()
	c := observe(eng, fn)
	return c.total
}

// MaxQueries fails the test when fn sends more than n statements through eng,
// and names them with the place that sent each: a loop that asks once per row
// shows up as one place many times.
func MaxQueries(t testing.TB, eng *engine.Engine, n int, fn func()) {
	t.Helper()
	if c := observe(eng, fn); c.total > n {
		t.Errorf("%d statements where %d are allowed:\n%s", c.total, n, c)
	}
}

func observe(eng *engine.Engine, fn func()) *siteCounter {
	c := &siteCounter{times: make(map[string]int)}
	stop := eng.Observe(c)
	defer stop()
	fn()
	return c
}

// siteCounter counts statements by name and place.
type siteCounter struct {
	mu    sync.Mutex
	total int
	order []string
	times map[string]int
}

func (c *siteCounter) Before(ctx context.Context, ev *engine.Event) context.Context {
	switch ev.Kind {
	case engine.KindQuery, engine.KindExec, engine.KindBulk:
	default:
		return ctx
	}
	name := ev.Name
	if name == "" {
		name = ev.SQL
	}
	key := name + " at " + site()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total++
	if c.times[key]++; c.times[key] == 1 {
		c.order = append(c.order, key)
	}
	return ctx
}

func (c *siteCounter) After(context.Context, *engine.Event) {}

func (c *siteCounter) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	for _, k := range c.order {
		fmt.Fprintf(&b, "\t%d x %s\n", c.times[k], k)
	}
	return b.String()
}

// site is the first place up the stack that is neither the engine's nor the
// query layer's.
func site() string {
	pc := make([]uintptr, 64)
	frames := runtime.CallersFrames(pc[:runtime.Callers(2, pc)])
	for {
		f, more := frames.Next()
		inside := strings.Contains(f.Function, "/larder/engine.") || strings.Contains(f.Function, "/larder/query.") ||
			strings.Contains(f.Function, "/larder/engine/enginetest.") && !strings.HasSuffix(f.File, "_test.go")
		if !inside && f.File != "" {
			return fmt.Sprintf("%s:%d", f.File, f.Line)
		}
		if !more {
			return "an unknown place"
		}
	}
}
