// Package drivertest is the suite that an engine passes to be one. It is for
// those who implement an engine, in this repository or outside of it:
//
//	func TestEngine(t *testing.T) {
//		drivertest.All(t, drivertest.Target{Driver: mine.Driver{}, Fresh: freshURL})
//	}
//
// A difference between engines shows as a feature that the dialect has or has
// not; the suite is the same for all.
//
// What it will not do: start servers, or look inside of an engine.
package drivertest
