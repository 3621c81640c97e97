package larder

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/health"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables"
)

// Probe looks at a database for those who ask whether it is well, also before
// it is open. It is safe for concurrent use.
type Probe struct {
	db        *Database
	revisions *query.Prepared[string]
	tables    *query.Prepared[int64]
	known     map[string]bool // revisions
}

// Probe is what package server takes to answer /ready and /health/db.
func (d *Database) Probe() *Probe {
	version := migrate.VersionTable(migrate.DefaultVersionTable)
	id := query.ColumnOf[string](version, "version_num")
	var all []query.Query
	for _, t := range tables.All() {
		all = append(all, noRows(t))
	}
	known := make(map[string]bool)
	for _, l := range Lineages("") {
		for _, r := range l.Revisions {
			known[r.ID] = true
		}
	}
	return &Probe{
		db:        d,
		known:     known,
		revisions: query.Prepare[string](query.Select(id).From(version).OrderBy(id).Named("schema.Revisions")),
		tables:    query.Prepare[int64](query.UnionAll(all...).Named("schema.Tables")),
	}
}

// noRows reads a table, and none of its rows.
func noRows(t *schema.Table) query.SelectStmt {
	return query.Select(query.Null[int64]()).From(t).Where(query.Or()).Named("schema.Table")
}

// Ping runs a statement. Before the database is open it is dberr.Unavailable.
func (p *Probe) Ping(ctx context.Context) error {
	eng, _, _ := p.db.now()
	if eng == nil {
		return errNotOpen
	}
	_, err := eng.Health(ctx)
	return err
}

// Engine is what the database server calls itself: "SQLite 3.54.1"; empty while
// that is not known.
func (p *Probe) Engine() string {
	eng, _, _ := p.db.now()
	if eng == nil {
		return ""
	}
	return eng.Version()
}

// Schema says whether the database can be served, and why not.
func (p *Probe) Schema(ctx context.Context) (health.State, error) {
	d := p.db
	eng, serving, state := d.now()
	if !serving || state.ReadOnly {
		return state, nil
	}
	if reason := d.moved(); reason != "" {
		return health.State{Revision: state.Revision, Reason: reason}, nil
	}
	is, err := eng.Health(ctx)
	if err != nil {
		return health.State{}, err
	}
	revs, err := p.recorded(ctx, eng)
	if err != nil {
		return health.State{}, err
	}
	revision := strings.Join(revs, ", ")
	switch {
	case slices.ContainsFunc(revs, func(id string) bool { return !p.known[id] }):
		return health.State{Revision: revision, Reason: newer(revision), ReadOnly: true}, nil
	case revision != tables.Head:
		at := "no revision"
		if revision != "" {
			at = "revision " + revision
		}
		return health.State{Revision: revision, Reason: "The database is at " + at + " and this program serves revision " + tables.Head +
			". Start it again. Nothing was changed."}, nil
	case is.ReadOnly:
		return health.State{Revision: revision, ReadOnly: true,
			Reason: "The database server, or the file, is read-only. What can be read is served; changes are taken as soon as it is not."}, nil
	}
	why, err := frozen(ctx, eng)
	if err != nil {
		return health.State{Revision: revision}, err
	}
	if why != "" {
		return health.State{Revision: revision, ReadOnly: true, Reason: why}, nil
	}
	missing, err := p.missing(ctx, eng)
	if err != nil {
		return health.State{Revision: revision}, err
	}
	if len(missing) > 0 {
		return health.State{Revision: revision, Reason: "The database says that it is at revision " + revision + ", but it has no table " +
			strings.Join(missing, ", ") + ". Restore it from a backup. Nothing was changed."}, nil
	}
	return health.State{Revision: revision}, nil
}

// recorded reads the version table; a table that is not there is no revision.
func (p *Probe) recorded(ctx context.Context, eng *engine.Engine) ([]string, error) {
	revs, err := p.revisions.All(ctx, eng)
	if errors.Is(err, dberr.ErrSchemaMismatch) {
		return nil, nil
	}
	return revs, err
}

// missing names the tables that should be there and are not. One statement
// asks for all; only when that fails each is asked for.
func (p *Probe) missing(ctx context.Context, eng *engine.Engine) ([]string, error) {
	_, err := p.tables.All(ctx, eng)
	if !errors.Is(err, dberr.ErrSchemaMismatch) {
		return nil, err
	}
	var missing []string
	for _, t := range tables.All() {
		_, err := query.All[int64](ctx, eng, noRows(t))
		switch {
		case errors.Is(err, dberr.ErrSchemaMismatch):
			missing = append(missing, t.Name)
		case err != nil:
			return nil, err
		}
	}
	return missing, nil
}
