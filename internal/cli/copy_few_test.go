//go:build !soak

package cli_test

import "time"

const (
	killsPerPair = 1
	followedFor  = 2 * time.Second
)
