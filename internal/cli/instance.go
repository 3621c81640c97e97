package cli

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/migrations"
	"github.com/larder-db/larder/server"
)

// instance is the database of a server: what is known of it, also before it is
// open to be served. It is the server's probe.
type instance struct {
	p    *program
	log  *slog.Logger
	conf dburl.Config

	mu      sync.Mutex
	eng     *engine.Engine // open now: to look, to migrate, or to serve
	serving bool           // eng is the one that is served
	state   server.State   // why it is not ready; while it is served only when it is read-only
}

// purpose is what the database is opened for.
type purpose int

const (
	toLook purpose = iota
	toMigrate
	toServe
	toRead // serve, without changing anything
)

// open opens the database; it takes the place of the one that was open.
func (in *instance) open(ctx context.Context, why purpose) (*engine.Engine, error) {
	in.close()
	o := engine.Options{Drivers: engines.All(), Schema: in.conf.Schema, Pool: &in.conf.Pool, SQLite: &in.conf.SQLite,
		ReadOnly: why == toLook || why == toRead, Logger: in.log}
	switch why {
	case toLook:
		o.Logger = nil // what there is to say is said when it is opened for good
	case toMigrate:
		o.SQLite = new(migrations.SQLiteSettings(in.conf.SQLite))
	}
	if !o.ReadOnly {
		if err := in.p.makeDataDir(in.conf.URL); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	eng, err := engine.OpenURL(ctx, in.conf.URL, o)
	if err != nil {
		return nil, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.eng = eng
	return eng, nil
}

// close closes what is open.
func (in *instance) close() {
	in.mu.Lock()
	eng := in.eng
	in.eng, in.serving = nil, false
	in.mu.Unlock()
	if eng == nil {
		return
	}
	if err := eng.Close(); err != nil {
		in.log.Warn("closing the database failed", "error", err)
	}
}

// say sets why the database is not ready.
func (in *instance) say(s server.State) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if s.Revision == "" {
		s.Revision = in.state.Revision
	}
	in.state = s
}

// serve says that the database that is open is the one to serve. reason is why
// it is not ready all the same; empty when it is.
func (in *instance) serve(reason string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.serving = true
	in.state = server.State{Revision: in.state.Revision, Reason: reason, ReadOnly: reason != ""}
}

func (in *instance) now() (*engine.Engine, bool, server.State) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.eng, in.serving, in.state
}

// Ping runs a statement.
func (in *instance) Ping(ctx context.Context) error {
	eng, _, _ := in.now()
	if eng == nil {
		return dberr.New(dberr.Unavailable, "health", "the database is not open yet")
	}
	_, err := eng.Health(ctx)
	return err
}

// Engine names the server.
func (in *instance) Engine() string {
	eng, _, _ := in.now()
	if eng == nil {
		return ""
	}
	return eng.Version()
}

// Schema says whether the database can be served.
func (in *instance) Schema(ctx context.Context) (server.State, error) {
	eng, serving, state := in.now()
	if !serving || state.ReadOnly {
		return state, nil
	}
	pr := probe{eng}
	revision, reason, err := pr.schema(ctx)
	return server.State{Revision: revision, Reason: reason}, err
}
