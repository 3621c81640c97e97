//go:build !soak

package op_test

// How many random tables, and sets of tables, are tried on each engine.
const (
	randomChecks  = 15
	randomSchemas = 10
)
