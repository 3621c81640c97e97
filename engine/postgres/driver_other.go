//go:build !linux

package postgres

import (
	"syscall"
	"time"
)

// userTimeout has no counterpart on this system; keepalives find dead peers.
func userTimeout(time.Duration) func(network, address string, c syscall.RawConn) error { return nil }
