package cli

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/server"
)

// migrationLog tells of a migration: in the log, sparingly, and to whoever asks
// whether the server is ready.
type migrationLog struct {
	log   *slog.Logger
	say   func(server.State)
	shown time.Time // when a long step was last logged
}

// sayEvery is how often a step that takes long is logged.
const sayEvery = 5 * time.Second

// due reports whether something that takes long is to be logged again.
func (l *migrationLog) due() bool {
	now := time.Now()
	if now.Sub(l.shown) < sayEvery {
		return false
	}
	l.shown = now
	return true
}

// waiting is told how long another process has been waited for.
func (l *migrationLog) waiting(d time.Duration) {
	l.say(server.State{Reason: "Another process is migrating the database.", Passing: true})
	if l.due() {
		l.log.Info("waiting for another process that migrates the database", "waited", d.Round(time.Second))
	}
}

// event is told what a runner does.
func (l *migrationLog) event(e migrate.Event) {
	switch e.Kind {
	case migrate.Waiting:
		l.waiting(e.Elapsed)
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
		l.say(server.State{Revision: e.Revision, Reason: fmt.Sprintf("The database is being migrated: revision %d of %d.", e.Number, e.Of), Passing: true})
	case migrate.Notice:
		l.log.Warn(e.Text, "revision", e.Revision)
	case migrate.StatementRun:
	}
}

func (l *migrationLog) state(e migrate.Event, more string) {
	l.say(server.State{Reason: fmt.Sprintf("The database is being migrated: revision %d of %d%s.", e.Number, e.Of, more), Passing: true})
}

// plan logs what is about to happen, and a line for each thing that is worth one.
func (l *migrationLog) plan(p *migrate.Plan) {
	if len(p.Steps) == 0 {
		return
	}
	from := strings.Join(p.Steps[0].Down, ", ")
	if from == "" {
		from = "base"
	}
	l.log.Info("the database will be migrated", "from", from, "to", p.Steps[len(p.Steps)-1].Revision, "revisions", len(p.Steps))
	for _, s := range p.Brief() {
		l.log.Info("the plan: " + s)
	}
}
