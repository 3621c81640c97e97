package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
)

// snapshotter copies the file of a database by SQLite's own backup, which
// copies pages: rows keep their numbers, which a VACUUM INTO may change.
type snapshotter struct {
	path string
	db   *sql.DB // connections that see the file
}

// Path is the database file.
func (s snapshotter) Path() string { return s.path }

// Snapshot copies what is committed. The copy is made under another name, so
// that a file at path is a whole one.
func (s snapshotter) Snapshot(ctx context.Context, path string) (err error) {
	fail := func(msg string, err error) error {
		return &dberr.Error{Op: "snapshot", Code: dberr.Internal, Engine: "sqlite", Msg: msg, Unsent: true, Err: err}
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return &dberr.Error{Op: "snapshot", Code: dberr.AlreadyExists, Engine: "sqlite",
			Msg: "the file " + path + " exists already; move it away", Unsent: true, Err: err}
	}
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fail("the file "+part+" is in the way and cannot be removed", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreMissing(os.Remove(part)))
		}
	}()
	if err := makeLike(part, s.path); err != nil {
		return fail("the file "+part+" cannot be made; check that the directory can be written", err)
	}
	c, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	err = c.Raw(func(driverConn any) error {
		own, ok := driverConn.(*conn)
		if !ok {
			return errors.New("the connection is not one of this package")
		}
		return backup(ctx, own.nativeConn, part)
	})
	if err = errors.Join(err, c.Close()); err != nil {
		return fail("the database file could not be copied to "+part+
			"; check that there is room and that the directory can be written", err)
	}
	if err := durable(part); err != nil {
		return fail("the copy "+part+" could not be brought to the disk", err)
	}
	if err := os.Rename(part, path); err != nil {
		return fail("the copy could not be named "+path, err)
	}
	return nil
}

func durable(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// pagesPerStep is how many pages are copied before the caller's context is
// looked at.
const pagesPerStep = 4096

// plainURI is the path for a driver, which takes what follows a ? in a plain
// name for settings of its own.
func plainURI(path string) string { return dburl.SQLiteTarget{Path: path}.URI(nil) }

// makeLike makes an empty file that the same people may read as another one.
func makeLike(path, other string) error {
	like, err := os.Stat(other)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	giveOwner(f, like)
	return errors.Join(f.Chmod(like.Mode().Perm()), f.Close())
}
