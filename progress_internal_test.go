package larder

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-db/larder/health"
	"github.com/larder-db/larder/migrate"
)

// A revision is a line, and a step that takes long one every few seconds, while
// whoever asks is told the latest.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		var state health.State
		l := &progress{log: slog.New(slog.NewTextHandler(&out, nil)), say: func(s health.State) { state = s }}
		is := func(want string) {
			t.Helper()
			if state.Reason != want || !state.Passing {
				t.Errorf("whoever asks is told %+v, want %s", state, want)
			}
		}
		l.event(migrate.Event{Kind: migrate.Waiting, Elapsed: 3 * time.Second})
		is("Another process is migrating the database.")
		for i := range 10 { // a second each
			time.Sleep(time.Second)
			l.event(migrate.Event{Kind: migrate.Waiting, Elapsed: time.Duration(4+i) * time.Second})
		}
		if n := strings.Count(out.String(), "waiting for another process"); n != 3 {
			t.Errorf("it waits in %d lines:\n%s", n, out.String())
		}
		l.event(migrate.Event{Kind: migrate.Planned, Plan: &migrate.Plan{}})
		l.event(migrate.Event{Kind: migrate.Planned, Plan: &migrate.Plan{
			Foreseen: []migrate.PreflightFinding{{Revision: "b", Text: "something is decided", Details: []string{"ada@example.com"}}},
			Steps: []migrate.PlannedStep{
				{Revision: "b", Down: []string{"a"}, Loss: []string{"table x with its rows"}, Lock: "copies the table; writers wait"},
				{Revision: "c", Why: "no way back", Lock: "copies the table; writers wait"},
				{Revision: "d", Lock: "locks the table for a moment"},
			},
		}})
		l.event(migrate.Event{Kind: migrate.Begun, Number: 12, Of: 66, Step: "upgrade a -> b"})
		is("The database is being migrated: revision 12 of 66.")
		for i := range int64(1000) { // 12 s
			time.Sleep(12 * time.Millisecond)
			l.event(migrate.Event{Kind: migrate.DataProgress, Number: 12, Of: 66, Statement: "messages",
				Done: i + 1, Total: 2000})
		}
		is("The database is being migrated: revision 12 of 66, 1000 of 2000 rows.")
		l.event(migrate.Event{Kind: migrate.Notice, Text: "3 messages were left out", Revision: "b"})
		l.event(migrate.Event{Kind: migrate.Finished, Number: 12, Of: 66, Revision: "b"})
		if state.Revision != "b" {
			t.Errorf("it is at %q", state.Revision)
		}
		log := out.String()
		for _, want := range []string{
			`msg="the database will be migrated" from=a to=d revisions=3`, `"the plan: revision b: something is decided"`, `"the plan: revision b destroys table x with its rows"`,
			`"the plan: cannot be undone: revision c"`, `"the plan: copies the table; writers wait: 2 revisions, b, c"`,
			`msg=migrating number=12 of=66 step=messages rows="`, `level=WARN msg="3 messages were left out" revision=b`,
		} {
			if !strings.Contains(log, want) {
				t.Errorf("the log does not say %s:\n%s", want, log)
			}
		}
		if strings.Contains(log, "@example.com") || strings.Contains(log, "for a moment") {
			t.Errorf("the log says too much:\n%s", log)
		}
		if n := strings.Count(log, "step=messages"); n != 2 {
			t.Errorf("12 seconds are %d lines:\n%s", n, log)
		}
	})
}
