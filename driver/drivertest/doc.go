// Package drivertest is the suite that an engine passes to be one. It is for
// those who implement an engine; each part takes an open database and is run
// from the tests of the engine's package:
//
//	func TestSchema(t *testing.T) {
//		drivertest.Schema(t, open(t))
//	}
//
// A difference between engines shows as a feature that the dialect has or has
// not; the suite is the same for all.
//
// What it will not do: start servers (package internal/testdb does).
package drivertest
