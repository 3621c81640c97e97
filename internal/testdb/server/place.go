//go:build unix

package server

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// room is the free space below which data does not go to memory; containers
// often have 64 MB there.
const room = 1536 << 20

// controlDir holds what the processes of one user share: locks and the
// addresses of running servers.
func controlDir() (string, error) {
	dir := os.Getenv("LARDER_TESTDB_RUN")
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "larder-testdb-"+strconv.Itoa(os.Getuid()))
		if _, err := freeSpace(memory); err == nil {
			dir = filepath.Join(memory, "larder-testdb-"+strconv.Itoa(os.Getuid()))
		}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return dir, ownDir(dir, account{uid: os.Getuid(), gid: os.Getgid()})
}

// memory is the file system in memory of Linux.
const memory = "/dev/shm"

// dataBase is the directory that the account's servers have theirs in. It
// belongs to the account, so that a guardian can remove what is its own.
func dataBase(a account) (string, error) {
	var root string
	switch free, err := freeSpace(memory); {
	case os.Getenv("LARDER_TESTDB_RUN") != "":
		control, err := controlDir()
		if err != nil {
			return "", err
		}
		root = control
	case err == nil && free > room:
		root = memory
	default:
		root = os.TempDir()
	}
	dir := filepath.Join(root, fmt.Sprintf("larder-testdb-data-%d-%d", os.Getuid(), a.uid))
	return dir, ownDir(dir, a)
}

// dataBases are all directories that dataBase may have given.
func dataBases() []string {
	var all []string
	for _, root := range []string{memory, os.TempDir(), os.Getenv("LARDER_TESTDB_RUN")} {
		if root != "" {
			m, _ := filepath.Glob(filepath.Join(root, fmt.Sprintf("larder-testdb-data-%d-*", os.Getuid())))
			all = append(all, m...)
		}
	}
	return all
}

// ownDir makes dir for the account; a directory that somebody else put there
// is refused.
func ownDir(dir string, a account) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err == nil {
		return a.own(dir)
	} else if !os.IsExist(err) {
		return err
	}
	i, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	s, ok := i.Sys().(*syscall.Stat_t)
	if !i.IsDir() || !ok || int(s.Uid) != a.uid && int(s.Uid) != os.Getuid() {
		return fmt.Errorf("%s belongs to another user; remove it, or set LARDER_TESTDB_RUN to a directory of your own", dir)
	}
	return nil
}

func freeSpace(dir string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	if syscall.Access(dir, 2) != nil {
		return 0, os.ErrPermission
	}
	return int64(s.Bavail) * int64(s.Bsize), nil //nolint:unconvert // its type differs between systems
}
