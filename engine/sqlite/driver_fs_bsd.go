//go:build darwin || freebsd

package sqlite

import "golang.org/x/sys/unix"

// networkFileSystem names the network file system that dir is on; "" when it
// is on none.
func networkFileSystem(dir string) string {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return ""
	}
	switch name := unix.ByteSliceToString(st.Fstypename[:]); name {
	case "nfs", "smbfs", "afpfs", "webdav", "osxfuse", "macfuse", "fusefs":
		return name
	}
	return ""
}
