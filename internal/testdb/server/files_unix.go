//go:build unix

package server

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	exclusive = syscall.LOCK_EX
	shared    = syscall.LOCK_SH
)

// lock is a lock on a file, which the kernel lifts when the process ends.
type lock struct{ file *os.File }

// lockFile waits for the lock until ctx ends.
func lockFile(ctx context.Context, path string, how int) (lock, error) {
	for {
		l, err := tryLock(path, how)
		if err == nil || !errors.Is(err, syscall.EWOULDBLOCK) {
			return l, err
		}
		select {
		case <-ctx.Done():
			return lock{}, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// tryLock fails with EWOULDBLOCK when somebody has the lock.
func tryLock(path string, how int) (lock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return lock{}, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		_ = f.Close()
		return lock{}, &os.PathError{Op: "lock", Path: path, Err: err}
	}
	return lock{f}, nil
}

func (l lock) release() {
	if l.file != nil {
		_ = l.file.Close()
	}
}

// writeFile writes a small file that others read at any time.
func writeFile(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
