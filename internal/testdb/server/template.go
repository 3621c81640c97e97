//go:build unix

package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// template returns an initialised data directory of b's version, which a new
// server gets a copy of: a copy takes a tenth of the time that initialising
// MySQL takes.
func (b binaries) template(ctx context.Context, base string, a account) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	version, err := b.version(ctx)
	if err != nil {
		return "", err
	}
	id, err := b.identity()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "data-"+b.engine+"-"+digest("1", version, id))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	l, err := lockFile(ctx, filepath.Join(cache, "data-"+b.engine+".lock"), exclusive)
	if err != nil {
		return "", err
	}
	defer l.release()
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	// The server's user makes it where that user may write.
	work, err := os.MkdirTemp(base, "init-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := a.own(work); err != nil {
		return "", err
	}
	if err := b.initialise(ctx, work, a); err != nil {
		if b.prefix == "" { // a profile of AppArmor, say, that knows one data directory only
			err = fmt.Errorf("%s does not make a data directory (LARDER_TESTDB_FETCH=%s takes a fetched server instead): %w",
				b.server, b.engine, err)
		}
		return "", err
	}
	for _, identity := range []string{"auto.cnf"} { // a MySQL server's own number
		if err := os.Remove(filepath.Join(work, "data", identity)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	fresh, err := os.MkdirTemp(cache, "data-new-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(fresh) }()
	if err := copyTree(filepath.Join(work, "data"), filepath.Join(fresh, "data"), account{}); err != nil {
		return "", err
	}
	return dir, os.Rename(filepath.Join(fresh, "data"), dir)
}

// copyTree copies directories, files and links, and gives them to the account.
func copyTree(from, to string, a account) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		info, err := d.Info()
		if err != nil {
			return err
		}
		switch {
		case d.IsDir():
			err = os.Mkdir(target, info.Mode().Perm()|0o700)
		case d.Type() == fs.ModeSymlink:
			var link string
			if link, err = os.Readlink(path); err == nil {
				err = os.Symlink(link, target)
			}
		case d.Type().IsRegular():
			err = copyFile(path, target, info.Mode().Perm())
		default: // sockets and pipes belong to a running server
			return nil
		}
		if err != nil {
			return err
		}
		return a.own(target)
	})
}

func copyFile(from, to string, mode fs.FileMode) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
