//go:build unix

package postgres

import (
	"crypto/tls"
	"net"
	"syscall"
)

// disturbed reports whether something has happened on a connection that should
// be quiet: the other end has closed it, or there are bytes to read, such as a
// farewell. It neither blocks nor takes bytes away.
func disturbed(c net.Conn) bool {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	sc, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	rc, err := sc.SyscallConn()
	if err != nil {
		return true
	}
	quiet := false
	// Control and not Read: Read waits for whoever is reading, and after a slow
	// write pgx has a reader in the background until the server says something.
	err = rc.Control(func(fd uintptr) {
		var b [1]byte
		_, _, rerr := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = rerr == syscall.EAGAIN || rerr == syscall.EWOULDBLOCK || rerr == syscall.EINTR
	})
	return err != nil || !quiet
}
