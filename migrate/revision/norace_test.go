//go:build !race

package revision_test

// slowdown is one without the race detector.
const slowdown = 1
