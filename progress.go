package larder

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/larder-db/larder/health"
	"github.com/larder-db/larder/migrate"
)

// progress tells of a migration: in the log, sparingly, to whoever asks the
// probe, and to the program that opens the database.
type progress struct {
	log   *slog.Logger
	say   func(health.State)
	more  func(migrate.Event) // may be nil
	shown time.Time           // when a long step was last logged
}

// sayEvery is how often a step that takes long is logged.
const sayEvery = 5 * time.Second

// due reports whether something that takes long is to be logged again.
func (l *progress) due() bool {
	now := time.Now()
	if now.Sub(l.shown) < sayEvery {
		return false
	}
	l.shown = now
	return true
}

// waiting is told how long another process has been waited for.
func (l *progress) waiting(d time.Duration) {
	l.say(health.State{Reason: "Another process is migrating the database.", Passing: true})
	if l.due() {
		l.log.Info("waiting for another process that migrates the database", "waited", d.Round(time.Second))
	}
}

// event is told what a runner does.
func (l *progress) event(e migrate.Event) {
	if l.more != nil {
		defer l.more(e)
	}
	switch e.Kind {
	case migrate.Waiting:
		l.waiting(e.Elapsed)
	case migrate.Blocked:
		reason := fmt.Sprintf("The database is being migrated: revision %d of %d waits for a lock (%s): %s.", e.Number, e.Of,
			e.Elapsed.Round(time.Second), e.Text)
		l.say(health.State{Reason: reason, Passing: true})
		l.log.Warn("a migration waits for a lock", "waited", e.Elapsed.Round(time.Second), "step", e.Statement, "why", e.Text)
	case migrate.Unblocked:
		l.state(e, "")
		l.log.Info("the lock is free", "waited", e.Elapsed.Round(time.Second), "step", e.Statement)
	case migrate.Planned:
		l.plan(e.Plan)
	case migrate.Snapshotted:
		l.log.Info("the database was copied; to undo the migration, put the copy in its place", "file", e.Path)
	case migrate.Begun:
		l.state(e, "")
		l.shown = time.Now()
		l.log.Info("migrating", "number", e.Number, "of", e.Of, "step", e.Step)
	case migrate.DataProgress:
		rows := fmt.Sprintf("%d rows", e.Done)
		if e.Total > 0 {
			rows = fmt.Sprintf("%d of %d rows", e.Done, e.Total)
		}
		l.state(e, ", "+rows)
		if l.due() {
			l.log.Info("migrating", "number", e.Number, "of", e.Of, "step", e.Statement, "rows", rows)
		}
	case migrate.Finished:
		l.say(health.State{Revision: e.Revision,
			Reason: fmt.Sprintf("The database is being migrated: revision %d of %d.", e.Number, e.Of), Passing: true})
	case migrate.Notice:
		l.log.Warn(e.Text, "revision", e.Revision)
	case migrate.StatementRun:
	}
}

func (l *progress) state(e migrate.Event, more string) {
	l.say(health.State{Reason: fmt.Sprintf("The database is being migrated: revision %d of %d%s.", e.Number, e.Of, more),
		Passing: true})
}

// plan logs what is about to happen, and a line for each thing that is worth one.
func (l *progress) plan(p *migrate.Plan) {
	if len(p.Steps) == 0 {
		return
	}
	from := strings.Join(p.Steps[0].Down, ", ")
	if from == "" {
		from = "base"
	}
	l.log.Info("the database will be migrated", "from", from, "to", p.Steps[len(p.Steps)-1].Revision,
		"revisions", len(p.Steps))
	for _, s := range p.Brief() {
		l.log.Info("the plan: " + s)
	}
}
