package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/namedlock"
)

// fileLocker locks a file beside the database's, which the system frees when
// the process ends, however it ends. Who gives the lock back takes the file
// away; who dies leaves it, and it does no harm.
type fileLocker struct{ path string }

// lockPoll is how often a lock that is taken is tried again.
const lockPoll = 50 * time.Millisecond

// Lock takes the lock of that name.
func (l fileLocker) Lock(ctx context.Context, _ *driver.Database, name string,
	waiting func(time.Duration)) (func() error, error) {
	path := l.path + "-" + lockSuffix(name) + ".lock"
	var f *os.File
	err := namedlock.Wait(ctx, waiting, lockPoll, func() (got bool, err error) {
		if f == nil {
			if f, err = openLock(path); err != nil {
				return false, err
			}
		}
		if got, err = tryLockFile(f); !got || err != nil {
			return false, err
		}
		// The one who had it may have taken the file away since it was opened,
		// so that others lock another one of that name.
		if sameFile(f, path) {
			return true, nil
		}
		err, f = f.Close(), nil
		return false, err
	})
	if err != nil {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
		return nil, lockError(name, err)
	}
	var once sync.Once
	return func() (err error) {
		once.Do(func() {
			_ = os.Remove(path) // Windows keeps it while it is open
			err = errors.Join(unlockFile(f), f.Close())
		})
		return err
	}, nil
}

func openLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666) //nolint:gosec // as open as the database beside it, which the umask narrows
	if err != nil {
		return nil, &dberr.Error{Op: "lock", Code: dberr.ReadOnly, Engine: "sqlite", Err: err,
			Msg: "the lock file " + path + " cannot be made; give this user write permission to the directory of the database"}
	}
	return f, nil
}

// sameFile reports whether the file of that name is the open one.
func sameFile(f *os.File, path string) bool {
	open, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(open, named)
}

// lockSuffix is a file name for a lock's name, which may be any text.
func lockSuffix(name string) string {
	sum := sha256.Sum256([]byte(name))
	clean := make([]byte, 0, 24)
	for i := 0; i < len(name) && len(clean) < 24; i++ {
		if c := name[i]; c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			clean = append(clean, c)
		}
	}
	return string(clean) + "-" + hex.EncodeToString(sum[:6])
}

func lockError(name string, err error) error {
	return namedlock.Error("sqlite", name, err, classifier{})
}

// memoryLocker holds the locks of a database in memory, which no other process has.
type memoryLocker struct {
	mu   sync.Mutex
	held map[string]bool
}

func newMemoryLocker() *memoryLocker { return &memoryLocker{held: make(map[string]bool)} }

// Lock takes the lock of that name.
func (l *memoryLocker) Lock(ctx context.Context, _ *driver.Database, name string,
	waiting func(time.Duration)) (func() error, error) {
	err := namedlock.Wait(ctx, waiting, lockPoll, func() (bool, error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.held[name] {
			return false, nil
		}
		l.held[name] = true
		return true, nil
	})
	if err != nil {
		return nil, lockError(name, err)
	}
	var once sync.Once
	return func() error {
		once.Do(func() {
			l.mu.Lock()
			delete(l.held, name)
			l.mu.Unlock()
		})
		return nil
	}, nil
}
