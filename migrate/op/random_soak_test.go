//go:build soak

package op_test

// randomChecks is how many random tables are tried on each engine.
const randomChecks = 10_000
