//go:build soak

package cli_test

import (
	"time"

	"github.com/larder-db/larder/internal/testdb"
)

const (
	killsPerPair = 20
	followedFor  = 5 * time.Minute
)

// targetsOf are the engines that one is moved to: all of them, itself too.
func targetsOf(string) []string { return testdb.Engines() }

// outages are the ways in which servers go away.
func outages() []outage {
	return []outage{
		{"is killed", crash, false}, {"is killed for long", crash, true},
		{"is shut down", shutdown, false}, {"is shut down for long", shutdown, true},
	}
}

// stages are how far copies are then.
func stages() []stage { return []stage{{"it has begun", begun}, {"rows have arrived", someRows}} }
