//go:build soak

package cli_test

import "time"

const (
	killsPerPair = 20
	followedFor  = 5 * time.Minute
)
