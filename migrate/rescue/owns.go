package rescue

import (
	"slices"
	"strings"

	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/ledger"
)

// copyPrefix begins the names of the tables into which Alembic copies one that
// it rebuilds. Cut off, it leaves the copy, and fails on it the next time.
const copyPrefix = "_alembic_tmp_"

// copyOf tells of which table another one is Alembic's copy, by its name.
func copyOf(name string) (table string, ok bool) {
	table, ok = strings.CutPrefix(name, copyPrefix)
	return table, ok && table != ""
}

// Owns tells which tables of a database count for a lineage: those that it
// declares, and those that Lineage.Owns names or, without it, that are nobody
// else's.
func Owns(set *history.Set, m *history.Member) func(table string) bool {
	return func(name string) bool {
		if _, copied := copyOf(name); copied || ledger.Keeps(set, name) {
			return false
		}
		switch {
		case m.Declared(name) != nil:
			return true
		case m.Owns != nil:
			return m.Owns(name)
		case strings.HasPrefix(name, "larder_"):
			return false
		}
		return !slices.ContainsFunc(set.All(), func(o *history.Member) bool {
			return o != m && (o.Declared(name) != nil || o.Owns != nil && o.Owns(name))
		})
	}
}
