package larder_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/tables"
)

// A database whose tables are in another schema than the one in which they
// would be created is not begun anew: the first stranger would be its admin.
func TestOpenDoesNotOnboardBesideTablesOfOurs(t *testing.T) {
	for _, c := range []struct {
		what       string
		statements []string
	}{
		{"a schema that is not looked into", []string{"CREATE SCHEMA app", "ALTER TABLE alembic_version SET SCHEMA app", "ALTER TABLE \"user\" SET SCHEMA app"}},
		{"only a version table", []string{"CREATE SCHEMA app", "ALTER TABLE alembic_version SET SCHEMA app"}},
		{"only tables", []string{"CREATE SCHEMA app", "ALTER TABLE chat SET SCHEMA app", "ALTER TABLE auth SET SCHEMA app", "ALTER TABLE config SET SCHEMA app"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			testdb.Each(t, func(t *testing.T, db testdb.DB) {
				if db.Engine != testdb.PostgreSQL {
					return // a table has one place there
				}
				open(t, db.URL, larder.Options{}).Close()
				run(t, db.URL, append(c.statements, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")...)
				_, err := larder.Open(t.Context(), db.URL, larder.Options{})
				if !errors.Is(err, dberr.ErrSchemaMismatch) ||
					!strings.Contains(err.Error(), "schema app of the same database has ") ||
					!strings.Contains(err.Error(), "set Options.Engine.Schema to app") {
					t.Fatalf("Open: %v", err)
				}
				// Nothing was created; who names the schema means it.
				d := open(t, db.URL, larder.Options{Engine: engine.Options{Schema: "public"}})
				is(t, d, tables.Head, "")
			})
		})
	}
}

// Tables in the first schema of the search path do not hide those behind it.
func TestOpenFindsTablesBehindTheFirstSchema(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		if db.Engine != testdb.PostgreSQL {
			return // a table has one place there
		}
		d := open(t, db.URL, larder.Options{})
		if _, err := d.Store().Users.Any(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.Close()
		run(t, db.URL, "CREATE SCHEMA first")
		and := "?"
		if strings.Contains(db.URL, "?") {
			and = "&"
		}
		ahead := db.URL + and + "options=-csearch_path%3Dfirst,public"
		d = open(t, ahead, larder.Options{})
		is(t, d, tables.Head, "") // what is there, and nothing is created beside it
		d.Close()
		if places, err := open(t, db.URL, larder.Options{}).Engine().
			Elsewhere(t.Context(), "user", "alembic_version"); err != nil || len(places) != 0 {
			t.Errorf("there are tables in %+v, %v", places, err)
		}
	})
}
