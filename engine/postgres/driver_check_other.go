//go:build !unix

package postgres

import "net"

// disturbed cannot tell on this system; the ping does.
func disturbed(net.Conn) bool { return false }
