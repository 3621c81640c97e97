//go:build !linux

package sqlite

import "github.com/larder-db/larder/driver"

// writersOf: this system does not list who has locked what.
func writersOf(string) []driver.Blocker { return nil }
