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
