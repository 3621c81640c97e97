//go:build unix

package sqlite

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// A file that this user may not write is refused when it is opened. Root may
// write anything, so another user tries: the test binary itself, once more.
func TestFilesThatMayNotBeWritten(t *testing.T) {
	if path := os.Getenv("LARDER_SQLITE_CHILD"); path != "" {
		_, err := tryOpen(t, fileURL(t, path), driver.OpenOptions{})
		if dberr.CodeOf(err) != dberr.ReadOnly || !strings.Contains(err.Error(), path) {
			t.Errorf("%v (%v)", err, errors.Unwrap(err))
		}
		return
	}
	dir, err := os.MkdirTemp("", "larder-ro-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "x.db")
	db := mustOpen(t, fileURL(t, path), driver.OpenOptions{})
	if _, err := db.Writer.Exec("CREATE TABLE t (id integer)"); err != nil {
		t.Fatal(err)
	}
	db.Reader.Close()
	db.Writer.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "again")
	if err := errors.Join(os.WriteFile(copied, binary, 0o755), os.Chmod(path, 0o444), os.Chmod(dir, 0o555)); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o755)
	c := exec.CommandContext(t.Context(), copied, "-test.run", "^TestFilesThatMayNotBeWritten$")
	c.Env = append(os.Environ(), "LARDER_SQLITE_CHILD="+path, "TMPDIR=/tmp")
	c.Dir = dir
	if os.Getuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// A copy may be read by those who may read the database, and nobody else.
func TestASnapshotHasTheModeOfItsDatabase(t *testing.T) {
	for _, mode := range []os.FileMode{0o600, 0o640, 0o644} {
		dir := t.TempDir()
		file := filepath.Join(dir, "x.db")
		db := mustOpen(t, fileURL(t, file), driver.OpenOptions{})
		if _, err := db.Writer.ExecContext(t.Context(), "CREATE TABLE a (x integer)"); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if err := db.Snapshotter.Snapshot(t.Context(), filepath.Join(dir, "copy")); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(dir, "copy"))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != mode {
			t.Errorf("the copy of a database of mode %o has mode %o", mode, got)
		}
	}
}
