//go:build soak

package op_test

// How many random tables, and sets of tables, are tried on each engine.
const (
	randomChecks  = 10_000
	randomSchemas = 10_000
)
