package cli

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/internal/retention"
)

// series is a folder of backups that are named by when they were made.
type series struct {
	dir  string
	plan *retention.Plan // nil to keep all
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
// name a file.
func seriesOf(path, keep string) (*series, error) {
	st, err := os.Stat(path)
	isDir := err == nil && st.IsDir()
	if keep == "" {
		if !isDir {
			return nil, nil
		}
		return &series{dir: path}, nil
	}
	plan, err := retention.Parse(keep)
	if err != nil {
		return nil, &usageError{"--keep: " + err.Error()}
	}
	if !isDir {
		return nil, &usageError{"with --keep the backup goes into a folder that exists, where earlier ones are; " + path + " is none"}
	}
	return &series{dir: path, plan: &plan}, nil
}

// name is the file of a backup that is made now.
func (s *series) name(encrypted bool) string {
	name := time.Now().UTC().Format(seriesLayout) + seriesSuffix
	if encrypted {
		name += encryptedSuffix
	}
	return filepath.Join(s.dir, name)
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
func (s *series) thin(log *slog.Logger) error {
	if s.plan == nil {
		return nil
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return unthinned(s.dir, err)
	}
	var names, gone []string
	var made []time.Time
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		if at, ok := madeAt(e.Name()); ok {
			names, made = append(names, e.Name()), append(made, at)
		} else if _, ok := madeAt(strings.TrimSuffix(e.Name(), unfinished)); ok {
			if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > abandoned {
				gone = append(gone, e.Name())
			}
		}
	}
	for i, stays := range s.plan.Stays(made) {
		if !stays {
			gone = append(gone, names[i])
		}
	}
	for _, name := range gone {
		if err := os.Remove(filepath.Join(s.dir, name)); err != nil && !os.IsNotExist(err) {
			return unthinned(filepath.Join(s.dir, name), err)
		}
		log.Info("an old backup was removed", "file", name)
	}
	return nil
}

func unthinned(path string, err error) error {
	return &dberr.Error{Op: "backup", Code: dberr.Unavailable, Msg: "the backup was made, and " + path + " could not be cleared of old ones", Err: err}
}
