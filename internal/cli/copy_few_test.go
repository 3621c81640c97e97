//go:build !soak

package cli_test

const killsPerPair = 1
