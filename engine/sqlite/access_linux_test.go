package sqlite

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/larder-db/larder/driver"
)

// asNobody runs fn as a user without rights, on this thread only; as the one
// who runs the test, where that is not root.
func asNobody(t *testing.T, fn func()) {
	t.Helper()
	if os.Getuid() != 0 {
		fn()
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	become := func(uid uintptr) {
		if _, _, e := unix.RawSyscall(unix.SYS_SETRESUID, uid, uid, 0); e != 0 {
			t.Fatal(e)
		}
	}
	become(65534)
	defer become(0)
	fn()
}

// A file that can no longer be written is noticed while it is open.
func TestAFileBecomesReadOnly(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	db := mustOpen(t, "sqlite:///"+path, driver.OpenOptions{})
	for mode, want := range map[os.FileMode]bool{0o666: false, 0o444: true} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		asNobody(t, func() {
			if s, err := db.State(t.Context(), db.Reader); err != nil || s.ReadOnly != want {
				t.Errorf("mode %o: %+v, %v", mode, s, err)
			}
		})
	}
}
