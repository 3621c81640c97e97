package sqlite

import (
	"bufio"
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"

	"github.com/larder-db/larder/driver"
)

// The bytes that a process locks while it writes: of the file where there is
// no write-ahead log, and of the log's index where there is one.
const (
	reservedByte = 0x40000001
	walWriteByte = 120
)

// writersOf reads from the system's list of locks who may be writing to the
// file. The file is not opened for that: closing it would give back the locks
// that this process has on it.
func writersOf(path string) []driver.Blocker {
	f, err := os.Open("/proc/locks")
	if err != nil {
		return nil
	}
	defer f.Close()
	main, wal := inode(path), inode(path+"-shm")
	var out []driver.Blocker
	for s := bufio.NewScanner(f); s.Scan(); {
		// 1: POSIX  ADVISORY  WRITE 1234 00:1f:5678 120 120
		words := strings.Fields(s.Text())
		if len(words) < 8 || words[1] == "->" || words[3] != "WRITE" {
			continue
		}
		file := words[5][strings.LastIndexByte(words[5], ':')+1:]
		locks := file == main && covers(words[6], words[7], reservedByte) ||
			file == wal && covers(words[6], words[7], walWriteByte)
		if pid, err := strconv.Atoi(words[4]); locks && err == nil {
			out = append(out, process(pid))
		}
	}
	return out
}

// inode is the number that the list has of a file; empty when there is no file.
// The device beside it is not always the one that stat tells.
func inode(path string) string {
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		return ""
	}
	return strconv.FormatUint(st.Ino, 10)
}

func covers(from, to string, at int64) bool {
	a, err := strconv.ParseInt(from, 10, 64)
	if err != nil || a > at {
		return false
	}
	b, err := strconv.ParseInt(to, 10, 64)
	return to == "EOF" || err == nil && b >= at
}

// process describes who runs one, as far as that can be seen.
func process(pid int) driver.Blocker {
	if pid <= 0 {
		return driver.Blocker{Session: "a process outside of this container"}
	}
	dir := "/proc/" + strconv.Itoa(pid)
	b := driver.Blocker{Session: "process " + strconv.Itoa(pid), State: "writing"}
	if name, err := os.ReadFile(dir + "/comm"); err == nil {
		b.Session += " " + strings.TrimSpace(string(name))
	}
	var st syscall.Stat_t
	if syscall.Stat(dir, &st) == nil {
		if u, err := user.LookupId(strconv.FormatUint(uint64(st.Uid), 10)); err == nil {
			b.User = u.Username
		}
	}
	return b
}
