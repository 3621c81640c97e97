package migrate_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
)

// elsewhere makes a second schema, or database, of the server and returns its
// name.
func elsewhere(t testing.TB, db testdb.DB, eng *engine.Engine) string {
	t.Helper()
	if db.Engine == testdb.PostgreSQL {
		execute(t, eng, `CREATE SCHEMA "the versions"`)
		return "the versions"
	}
	u, err := url.Parse(testdb.New(t, db.Engine).URL)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(u.Path, "/")
}

// TestVersionTableElsewhere keeps the version table in another schema than the
// tables.
func TestVersionTableElsewhere(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		eng := enginetest.Open(t, db.URL, engine.Options{})
		l := withTables(nil)
		l.VersionSchema = "nowhere"
		if !eng.Dialect().Has(driver.Schemas) {
			if _, err := migrate.New(migrate.Options{Engine: eng, Lineages: []migrate.Lineage{l}}); dberr.CodeOf(err) != dberr.Unsupported || !strings.Contains(err.Error(), "VersionSchema") {
				t.Errorf("got %v", err)
			}
			return
		}
		if _, err := runnerWith(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{l}}).
			Stamp(t.Context(), false, "aa11"); err == nil {
			t.Error("a schema that does not exist is taken")
		}
		l.VersionSchema = elsewhere(t, db, eng)
		// Another program has its own table of that name beside the tables.
		execute(t, eng, "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)")
		execute(t, eng, "INSERT INTO alembic_version (version_num) VALUES ('theirs')")
		l.Owns = func(n string) bool { return n == "users" || n == "posts" }
		r := runnerWith(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{l}})
		upgrade(t, r, "head")
		if got := rows(t, r); !slices.Equal(got, []string{"ba3333333333"}) {
			t.Errorf("at %v", got)
		}
		there := quoted(t, eng, l.VersionSchema) + ".alembic_version"
		if s := one[string](t, eng, "SELECT version_num FROM "+there); s != "ba3333333333" {
			t.Errorf("the table says %s", s)
		}
		if s := one[string](t, eng, "SELECT version_num FROM alembic_version"); s != "theirs" {
			t.Errorf("the other table says %s", s)
		}
		if f, err := r.Check(t.Context()); err != nil || !f.OK() {
			t.Errorf("check %+v %v", f, err)
		}
		if made, err := r.EnsureVersion(t.Context()); err != nil || len(made) != 0 {
			t.Errorf("ensure-version made %v, %v", made, err)
		}
		downgrade(t, r, "-1")
		if _, err := r.Stamp(t.Context(), true, "aa11"); err != nil {
			t.Fatal(err)
		}
		if s := one[string](t, eng, "SELECT version_num FROM "+there); s != "aa1111111111" {
			t.Errorf("the table says %s", s)
		}
		execute(t, eng, "DELETE FROM "+there)
		execute(t, eng, "DROP TABLE "+there)
		execute(t, eng, "DROP TABLE posts")
		execute(t, eng, "DROP TABLE users")
		off := runnerWith(t, migrate.Options{Target: &migrate.Target{Dialect: eng.Dialect(), DDL: eng.DDL()},
			Lineages: []migrate.Lineage{l}})
		feed(t, db, sql(t, off, migrate.Up, "", "ab22"))
		upgrade(t, r, "head")
		if got := rows(t, r); !slices.Equal(got, []string{"ba3333333333"}) {
			t.Errorf("after a script at %v", got)
		}
	})
}

// TestAHistoryIsNotBegunBesideAnother refuses to make a version table while
// another schema of the database has one, unless the schema is named.
func TestAHistoryIsNotBegunBesideAnother(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		if db.Engine != testdb.PostgreSQL {
			return // a table has one place there
		}
		eng := enginetest.Open(t, db.URL, engine.Options{})
		for _, s := range []string{"CREATE SCHEMA app", "CREATE TABLE app.alembic_version (version_num varchar(32) NOT NULL)"} {
			execute(t, eng, s)
		}
		r := runnerWith(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{withTables(nil)}})
		refused := func(what string, err error) {
			t.Helper()
			if dberr.CodeOf(err) != dberr.SchemaMismatch ||
				!strings.Contains(err.Error(), "schema app of the same database has alembic_version") {
				t.Errorf("%s: %v", what, err)
			}
		}
		_, err := r.Upgrade(t.Context(), "head")
		refused("upgrade", err)
		_, err = r.Stamp(t.Context(), false, "head")
		refused("stamp", err)
		_, err = r.EnsureVersion(t.Context())
		refused("ensure-version", err)
		if left, err := eng.Inspect(t.Context(), driver.InspectOptions{}); err != nil || len(left) != 0 {
			t.Errorf("%d tables were made, %v", len(left), err)
		}
		named := enginetest.Open(t, db.URL, engine.Options{Schema: "public"})
		upgrade(t, runnerWith(t, migrate.Options{Engine: named, Lineages: []migrate.Lineage{withTables(nil)}}), "head")
	})
}
