package migratetest

import (
	"slices"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
)

// Each runs fn as one subtest per engine of this module, with a kit whose Open
// gives an empty database of that engine, on a server that the test finds,
// fetches or is told by TEST_POSTGRESQL_URL, TEST_MYSQL_URL and
// TEST_MARIADB_URL. engines are "sqlite", "postgresql", "mysql" and "mariadb";
// none is all of them. fn may call t.Parallel. What k.Open was does not count.
//
//	func TestMigrations(t *testing.T) { migratetest.Each(t, kit, migratetest.All) }
func Each(t *testing.T, k Kit, fn func(t *testing.T, k Kit), engines ...string) {
	t.Helper()
	known := []string{"sqlite", "postgresql", "mysql", "mariadb"}
	for _, e := range engines {
		if !slices.Contains(known, e) {
			t.Fatalf("there is no engine %q; they are sqlite, postgresql, mysql and mariadb", e)
		}
	}
	ours := enginetest.Ours()
	if len(engines) > 0 {
		ours.Kinds = slices.DeleteFunc(ours.Kinds, func(k enginetest.Kind) bool { return !slices.Contains(engines, k.Name) })
	}
	EachOf(t, ours, k, fn)
}

// EachOf is [Each] for the engines of a suite: for one that is added from
// outside of this module.
func EachOf(t *testing.T, on enginetest.Suite, k Kit, fn func(t *testing.T, k Kit)) {
	t.Helper()
	for _, kind := range on.Kinds {
		t.Run(kind.Name, func(t *testing.T) {
			own := k
			own.Open = func(t testing.TB) *engine.Engine {
				t.Helper()
				return on.Open(t, kind.Fresh(t), engine.Options{})
			}
			fn(t, own)
		})
	}
}
