//go:build unix

package sqlite

import (
	"io/fs"
	"os"
	"syscall"
)

// giveOwner gives a file to the owner of another one, where it may: an
// administrator's copy is to be usable by the program whose database it is.
func giveOwner(f *os.File, like fs.FileInfo) {
	if st, ok := like.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(int(st.Uid), int(st.Gid)) // others than root may not
	}
}
