//go:build race

package revision_test

// slowdown is what the race detector costs.
const slowdown = 20
