package cli

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/larder-db/larder/blobs"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/internal/retention"
)

// series is a folder of backups that are named by when they were made.
type series struct {
	shelf
	plan *retention.Plan // nil to keep all
}

// shelf is where a series is.
type shelf interface {
	// at is how a name in it is called elsewhere.
	at(name string) string
	// list are the names in it that are archives or parts of one.
	list(ctx context.Context) ([]blobs.Entry, error)
	remove(ctx context.Context, name string) error
}

// folder is a directory.
type folder string

func (f folder) at(name string) string { return filepath.Join(string(f), name) }

func (f folder) list(context.Context) ([]blobs.Entry, error) {
	entries, err := os.ReadDir(string(f))
	var out []blobs.Entry
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil { // else it has gone meanwhile
			out = append(out, blobs.Entry{Name: e.Name(), Changed: info.ModTime()})
		}
	}
	return out, err
}

func (f folder) remove(_ context.Context, name string) error {
	err := os.Remove(f.at(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// prefixed are the names of a bucket that begin alike, and have no slash behind that.
type prefixed struct {
	bucket blobs.Bucket
	prefix string
}

func (p prefixed) at(name string) string { return p.prefix + name }

func (p prefixed) list(ctx context.Context) ([]blobs.Entry, error) {
	var out []blobs.Entry
	for e, err := range p.bucket.List(ctx, p.prefix) {
		if err != nil {
			return nil, err
		}
		name, ours := strings.CutPrefix(e.Name, p.prefix)
		if ours && !strings.Contains(name, "/") {
			out = append(out, blobs.Entry{Name: name, Changed: e.Changed})
		}
	}
	return out, nil
}

func (p prefixed) remove(ctx context.Context, name string) error {
	return p.bucket.Remove(ctx, p.at(name))
}

const (
	seriesLayout    = "larder-20060102T150405Z"
	seriesSuffix    = ".larder"
	encryptedSuffix = ".age"
	unfinished      = ".part"
)

// abandoned is after how long without a write a file that is not whole belongs
// to a backup that was cut off.
const abandoned = 24 * time.Hour

// seriesOf is the series that the arguments of backup speak of; nil when they
// name a file or an object. bucket is nil for a path of the file system.
func seriesOf(bucket blobs.Bucket, path, keep string) (*series, error) {
	var on shelf
	if bucket != nil {
		if path == "" || strings.HasSuffix(path, "/") {
			on = prefixed{bucket, path}
		}
	} else if st, err := os.Stat(path); err == nil && st.IsDir() {
		on = folder(path)
	}
	if keep == "" {
		if on == nil {
			return nil, nil
		}
		return &series{shelf: on}, nil
	}
	plan, err := retention.Parse(keep)
	if err != nil {
		return nil, &usageError{"--keep: " + err.Error()}
	}
	if on == nil {
		return nil, &usageError{"with --keep the backup goes into a folder that exists, where earlier ones are; " + path +
			" is none (in an object storage its address ends with a slash)"}
	}
	return &series{shelf: on, plan: &plan}, nil
}

// name is the file of a backup that is made now.
func (s *series) name(encrypted bool) string {
	name := time.Now().UTC().Format(seriesLayout) + seriesSuffix
	if encrypted {
		name += encryptedSuffix
	}
	return s.at(name)
}

// madeAt reads when a backup of a series was made off its name.
func madeAt(name string) (time.Time, bool) {
	stem, ok := strings.CutSuffix(strings.TrimSuffix(name, encryptedSuffix), seriesSuffix)
	if !ok {
		return time.Time{}, false
	}
	at, err := time.Parse(seriesLayout, stem)
	return at, err == nil
}

// thin removes the backups that the plan does not keep, and what backups that
// were cut off have left. Files with other names are somebody else's.
func (s *series) thin(ctx context.Context, log *slog.Logger) error {
	if s.plan == nil {
		return nil
	}
	entries, err := s.list(ctx)
	if err != nil {
		return unthinned(err)
	}
	var names, gone []string
	var made []time.Time
	for _, e := range entries {
		if at, ok := madeAt(e.Name); ok {
			names, made = append(names, e.Name), append(made, at)
		} else if _, ok := madeAt(strings.TrimSuffix(e.Name, unfinished)); ok && time.Since(e.Changed) > abandoned {
			gone = append(gone, e.Name)
		}
	}
	for i, stays := range s.plan.Stays(made) {
		if !stays {
			gone = append(gone, names[i])
		}
	}
	for _, name := range gone {
		if err := s.remove(ctx, name); err != nil {
			return unthinned(err)
		}
		log.Info("an old backup was removed", "file", name)
	}
	return nil
}

func unthinned(err error) error {
	return &dberr.Error{Op: "backup", Code: dberr.Unavailable,
		Msg: "the backup was made, and older ones could not be removed", Err: err}
}
