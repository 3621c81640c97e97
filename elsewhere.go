package larder

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/tables"
)

// alone refuses to create tables in one schema of a database that has them in
// another: the users would be in the other one, and the first stranger to sign
// up would be the admin of this one.
func (d *Database) alone(ctx context.Context, eng *engine.Engine) error {
	var names []string
	for _, t := range tables.All() {
		names = append(names, t.Name)
	}
	places, err := eng.Elsewhere(ctx, append(names, versionTables...)...)
	if err != nil {
		return err
	}
	for _, p := range places {
		// Who has named the schema means it, unless statements could go astray.
		if d.o.Engine.Schema != "" && !p.Reached || !ours(p) {
			continue
		}
		return dberr.New(dberr.SchemaMismatch, "open",
			"there are no tables where they would be created, but schema "+p.Schema+" of the same database has "+
				some(p.Tables)+"; set "+d.o.Wording.Schema+" to "+p.Schema+
				" to open that one, or to the name of the schema in which to begin anew; nothing was changed")
	}
	return nil
}

var versionTables = []string{migrate.DefaultVersionTable, ownVersionTable}

// ours reports whether a place is one of a Larder database. Other programs have
// tables called user or file; three of our names, or a version table, are no
// coincidence that it would be safe to rely on.
func ours(p driver.Place) bool {
	return p.Reached || len(p.Tables) >= 3 ||
		slices.ContainsFunc(p.Tables, func(t string) bool { return slices.Contains(versionTables, t) })
}

// some names a few of many.
func some(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more of the same names", strings.Join(names[:most], ", "), len(names)-most)
}
