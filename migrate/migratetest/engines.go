package migratetest

import (
	"slices"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
)

// Each runs fn as one subtest per engine, with a kit whose Open gives an empty
// database of that engine, on a server that the test finds, fetches or is told
// by TEST_POSTGRESQL_URL, TEST_MYSQL_URL and TEST_MARIADB_URL. engines are
// "sqlite", "postgresql", "mysql" and "mariadb"; none is all of them. fn may
// call t.Parallel. What k.Open was does not count.
//
//	func TestMigrations(t *testing.T) { migratetest.Each(t, kit, migratetest.All) }
func Each(t *testing.T, k Kit, fn func(t *testing.T, k Kit), engines ...string) {
	t.Helper()
	all := testdb.Engines()
	for _, e := range engines {
		if !slices.Contains([]string{testdb.SQLite, testdb.PostgreSQL, testdb.MySQL, testdb.MariaDB}, e) {
			t.Fatalf("there is no engine %q; they are sqlite, postgresql, mysql and mariadb", e)
		}
	}
	for _, e := range all {
		if len(engines) > 0 && !slices.Contains(engines, e) {
			continue
		}
		t.Run(e, func(t *testing.T) {
			own := k
			own.Open = func(t testing.TB) *engine.Engine {
				t.Helper()
				return enginetest.Open(t, testdb.New(t, e).URL, engine.Options{})
			}
			fn(t, own)
		})
	}
}
