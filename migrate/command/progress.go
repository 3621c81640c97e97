package command

import (
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/larder-db/larder/migrate"
)

// progress shows what happens: a bar on a terminal, lines elsewhere.
type progress struct {
	s       *Session
	verbose bool

	bar   *progressbar.ProgressBar
	of    string // the statement that the bar is about
	shown time.Time
	begun time.Time
}

// lineEvery is how often a long data step says where it is, where there is no
// terminal.
const lineEvery = 5 * time.Second

func (s *Session) progress(verbose bool) *progress { return &progress{s: s, verbose: verbose} }

// event is told what happens.
func (p *progress) event(e migrate.Event) {
	if p.s.Quiet {
		return
	}
	if e.Kind != migrate.DataProgress {
		p.end()
	}
	switch e.Kind {
	case migrate.Waiting:
		p.s.say("waiting for another process that migrates this database (%s)", e.Elapsed.Round(time.Second))
	case migrate.Blocked:
		p.s.say("  waiting for a lock (%s): %s: %s", e.Elapsed.Round(time.Second), oneLine(e.Statement), e.Text)
	case migrate.Unblocked:
		p.s.say("  the lock is free after %s", e.Elapsed.Round(time.Second))
	case migrate.Planned:
		for _, f := range e.Plan.Foreseen {
			p.s.say("revision %s: %s", f.Revision, f.Text)
		}
	case migrate.Snapshotted:
		p.s.say("the database was copied to %s", e.Path)
	case migrate.Begun:
		p.s.say("[%d/%d] %s", e.Number, e.Of, e.Step)
	case migrate.StatementRun:
		p.shown, p.begun = time.Time{}, time.Now()
		if p.verbose {
			p.s.say("  %s", oneLine(e.Statement))
		}
	case migrate.DataProgress:
		p.rows(e)
	case migrate.Notice:
		p.s.say("  %s", e.Text)
	case migrate.Finished:
		if p.verbose {
			p.s.say("  done in %s", e.Elapsed.Round(time.Millisecond))
		}
	}
}

// rows shows how far a data step has come.
func (p *progress) rows(e migrate.Event) {
	if !p.s.Terminal {
		now := time.Now()
		last := e.Total > 0 && e.Done >= e.Total
		if !last && now.Sub(later(p.shown, p.begun)) < lineEvery {
			return
		}
		p.shown = now
		if e.Total > 0 {
			p.s.say("  %s: %d of %d rows", oneLine(e.Statement), e.Done, e.Total)
		} else {
			p.s.say("  %s: %d rows", oneLine(e.Statement), e.Done)
		}
		return
	}
	if p.bar == nil || p.of != e.Statement {
		p.end()
		total := e.Total
		if total == 0 {
			total = -1
		}
		p.of = e.Statement
		p.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.s.Stderr),
			progressbar.OptionSetDescription("  "+oneLine(e.Statement)),
			progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish())
	}
	_ = p.bar.Set64(e.Done) // a bar that cannot be drawn stops nothing
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// end takes a bar away.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
		p.bar = nil
	}
}

func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 100 {
		return string(r[:97]) + "..."
	}
	return s
}
