package ledger

import (
	"context"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/history"
)

// Alone refuses to begin a history where none is while another schema of the
// same database has its version table: what would be made would hide what is
// there. Who names the schema to work in means it.
func (l *Ledger) Alone(ctx context.Context, eng *engine.Engine, set *history.Set) error {
	if eng == nil || eng.Schema() != "" {
		return nil
	}
	var names []string
	for _, m := range set.All() {
		at := VersionOf(m)
		if l.Exists[at.String()] {
			return nil
		}
		if at.Schema == "" {
			names = append(names, at.Table)
		}
	}
	if len(names) == 0 {
		return nil
	}
	places, err := eng.Elsewhere(ctx, names...)
	if err != nil || len(places) == 0 {
		return err
	}
	return dberr.New(dberr.SchemaMismatch, "migrate",
		"there is no version table where one would be made, but schema "+places[0].Schema+" of the same database has "+
			strings.Join(places[0].Tables, ", ")+"; set the schema (DATABASE_SCHEMA) to "+places[0].Schema+
			" to work on that one, or to the name of the schema in which to begin anew; nothing was changed")
}
