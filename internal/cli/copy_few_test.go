//go:build !soak

package cli_test

import (
	"slices"
	"time"

	"github.com/larder-db/larder/internal/testdb"
)

const (
	killsPerPair = 1
	followedFor  = 2 * time.Second
)

// targetsOf are the engines that one is moved to: the one after it, so that each
// is a source and a target once.
func targetsOf(engine string) []string {
	all := testdb.Engines()
	return []string{all[(slices.Index(all, engine)+1)%len(all)]}
}

// outages are the ways in which servers go away.
func outages() []outage { return []outage{{"is killed", crash, false}} }

// stages are how far copies are then.
func stages() []stage { return []stage{{"rows have arrived", someRows}} }
