//go:build unix

package sqlite

import "golang.org/x/sys/unix"

// accessible asks whether the file can be read, or written too, without opening
// it: a process that closes a file gives back all the locks that it has on it,
// those of its other connections among them.
func accessible(path string, write bool) error {
	mode := uint32(unix.R_OK)
	if write {
		mode |= unix.W_OK
	}
	return unix.Access(path, mode)
}
