package blobs

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/larder-db/larder/dberr"
)

// dir is a directory as a bucket. Nothing outside of it is reached, through
// links either.
type dir struct {
	path string // absolute

	mu   sync.Mutex
	root *os.Root // nil until the directory is there and was needed
}

// OpenDir is a directory as a bucket. It is made when something is written to it.
// It fails only without a working directory, for a relative path; a path that is
// no directory shows when it is used.
func OpenDir(path string) (Bucket, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fault("blobs.OpenDir", "the directory for uploads has no absolute path", err)
	}
	return &dir{path: path}, nil
}

// reading is the directory, or dberr.ErrNotFound while there is none.
func (d *dir) reading() (*os.Root, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.root == nil {
		root, err := os.OpenRoot(d.path)
		if err != nil {
			return nil, fault("blobs.OpenDir", "the directory for uploads "+d.path+" cannot be opened", err)
		}
		d.root = root
	}
	return d.root, nil
}

// writing is the directory with a place for claims.
func (d *dir) writing() (*os.Root, error) {
	if err := os.MkdirAll(filepath.Join(d.path, filepath.FromSlash(claims)), 0o700); err != nil {
		return nil, fault("blobs.OpenDir", "the directory for uploads "+d.path+" cannot be made or written to", err)
	}
	return d.reading()
}

// fault classifies an error of the file system.
func fault(op, msg string, err error) error {
	code := dberr.Unavailable
	switch {
	case errors.Is(err, fs.ErrNotExist):
		code = dberr.NotFound
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		code = dberr.Full
	case errors.Is(err, syscall.EROFS):
		code = dberr.ReadOnly
	}
	return &dberr.Error{Op: op, Code: code, Msg: msg, Err: err}
}

const msgWrite = "the file cannot be written"

func (d *dir) Create(ctx context.Context, name string, r io.Reader) error {
	root, err := d.writing()
	if err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fault("blobs.Create", msgWrite, err)
	}
	defer f.Close()
	from := &source{r: r}
	if _, err := io.Copy(struct{ io.Writer }{f}, from); err != nil {
		if from.err != nil {
			return from.err // it is not we who failed
		}
		return fault("blobs.Create", msgWrite, err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return settle(root, name, f)
}

// source keeps the error of whom is read from apart from that of the file.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// settle makes a file that was written last, and its name.
func settle(root *os.Root, name string, f *os.File) error {
	err := f.Sync()
	if err == nil {
		err = f.Close()
	}
	if err == nil {
		err = syncDir(root, filepath.Dir(name))
	}
	if err != nil {
		return fault("blobs.Create", msgWrite, err)
	}
	return nil
}

// syncDir makes the names in a directory last, where the system can do that.
func syncDir(root *os.Root, name string) error {
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
		return nil // not there
	}
	return err
}

func (d *dir) Replace(_ context.Context, name string, bytes []byte) error {
	root, err := d.writing()
	if err != nil {
		return err
	}
	half := name + ".half"
	f, err := root.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fault("blobs.Replace", msgWrite, err)
	}
	defer f.Close()
	_, err = f.Write(bytes)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = f.Close()
	}
	if err == nil {
		err = root.Rename(half, name)
	}
	if err == nil {
		err = syncDir(root, filepath.Dir(name))
	}
	if err != nil {
		return fault("blobs.Replace", msgWrite, err)
	}
	return nil
}

func (d *dir) Open(_ context.Context, name string) (*Blob, error) {
	root, err := d.reading()
	if err != nil {
		return nil, err
	}
	info, err := root.Stat(name) // a pipe that somebody has put there would be waited for
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, fault("blobs.Open", "the file is not there or cannot be read", err)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, fault("blobs.Open", "the file is not there or cannot be read", err)
	}
	return &Blob{f, info.Size(), info.ModTime()}, nil
}

func (d *dir) Remove(_ context.Context, name string) error {
	root, err := d.reading()
	if errors.Is(err, dberr.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = root.Remove(name)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault("blobs.Remove", "the file cannot be deleted", err)
	}
	return nil
}

func (d *dir) List(ctx context.Context, prefix string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		root, err := d.reading()
		var f *os.File
		if err == nil {
			f, err = root.Open(strings.TrimSuffix(prefix, "/"))
		}
		if err != nil {
			if !errors.Is(err, dberr.ErrNotFound) && !errors.Is(err, fs.ErrNotExist) {
				yield(Entry{}, fault("blobs.List", "the directory cannot be read", err))
			}
			return
		}
		defer f.Close()
		for {
			entries, err := f.ReadDir(256)
			for _, e := range entries {
				info, ierr := e.Info()
				if ierr != nil || !info.Mode().IsRegular() {
					continue // it is gone, or none of ours
				}
				if !yield(Entry{prefix + e.Name(), info.ModTime()}, ctx.Err()) {
					return
				}
			}
			switch {
			case err == io.EOF:
				return
			case err != nil:
				yield(Entry{}, fault("blobs.List", "the directory cannot be read", err))
				return
			}
		}
	}
}

func (d *dir) Location(name string) string { return filepath.Join(d.path, name) }

func (d *dir) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.root == nil {
		return nil
	}
	err := d.root.Close()
	d.root = nil
	return err
}
