//go:build !soak

package larder_test

import (
	"slices"
	"testing"

	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/internal/testdb"
)

// oldRevisions are which of ten old revisions are restored to the head.
var oldRevisions = []int{1, 7}

// restoredInto is an empty database of the engine after one, so that each engine
// is restored into once.
func restoredInto(t *testing.T, engine string) []*dburl.URL {
	t.Helper()
	all := testdb.Engines()
	return []*dburl.URL{parsed(t, testdb.New(t, all[(slices.Index(all, engine)+1)%len(all)]).URL)}
}
