package command

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/autogen"
)

func (s *Session) edit() Verb {
	var lineage, dir string
	return Verb{Name: "edit", Args: "<revision>", Short: "Open the file of a revision in an editor",
		Long: `A revision that has run anywhere is frozen: what was wrong with it is put right
by the next one.`,
		Flags: func(f *pflag.FlagSet) {
			lineageFlag(f, &lineage)
			f.StringVar(&dir, "dir", s.dir(), "the directory of the package of revisions")
		},
		Run: func(ctx context.Context, args []string) error {
			symbol, err := target(args, "the revision to edit")
			if err != nil {
				return err
			}
			path, err := unbuilt(symbol, dir, s.Lineages)
			if err != nil {
				return err
			}
			if path != "" {
				return s.openFile(ctx, path)
			}
			edit := func(r *migrate.Runner) error { return s.open(ctx, r, symbol, dir) }
			if asksDatabase(symbol) {
				return s.with(ctx, lineage, migrate.Options{}, edit)
			}
			r, err := s.runner(lineage, migrate.Options{})
			if err != nil {
				return err
			}
			return edit(r)
		}}
}

// open opens the file of the one revision that symbol means.
func (s *Session) open(ctx context.Context, r *migrate.Runner, symbol, dir string) error {
	l, err := r.Show(ctx, symbol)
	if err != nil {
		return err
	}
	if len(l) != 1 {
		return dberr.New(dberr.Invalid, "edit", symbol+" means "+strconv.Itoa(len(l))+" revisions; name one of them")
	}
	path, err := fileOf(l[0], dir)
	if err != nil {
		return err
	}
	return s.openFile(ctx, path)
}

// unbuilt finds the file of a revision that the program was built without; ""
// where symbol means none of them.
func unbuilt(symbol, dir string, lineages []migrate.Lineage) (path string, err error) {
	files, err := autogen.Files(dir)
	if err != nil {
		return "", err
	}
	for _, l := range lineages {
		for _, r := range l.Revisions {
			if strings.HasPrefix(r.ID, symbol) {
				return "", nil
			}
		}
	}
	if files[symbol] != "" {
		return files[symbol], nil
	}
	for id, file := range files {
		if strings.HasPrefix(id, symbol) && len(symbol) >= 4 {
			if path != "" {
				return "", nil
			}
			path = file
		}
	}
	return path, nil
}

// openFile opens a file in the editor.
func (s *Session) openFile(ctx context.Context, path string) error {
	words := strings.Fields(s.Editor)
	if len(words) == 0 {
		return dberr.New(dberr.Invalid, "edit", "no editor is set; set VISUAL or EDITOR, or open "+path+" yourself")
	}
	cmd := exec.CommandContext(ctx, words[0], append(words[1:], path)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, s.Stdout, s.Stderr
	if err := cmd.Run(); err != nil {
		return &dberr.Error{Op: "edit", Code: dberr.Unavailable, Msg: "the editor " + words[0] + " did not end well: " +
			err.Error(), Err: err}
	}
	return nil
}

// fileOf finds the file of a revision: where it says itself that it is, from
// here or from dir, or in dir.
func fileOf(l migrate.RevisionInfo, dir string) (string, error) {
	files, err := autogen.Files(dir)
	if err != nil {
		return "", err
	}
	if l.Path != "" {
		for _, path := range []string{l.Path, filepath.Join(dir, l.Path)} {
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				return path, nil
			}
		}
	}
	if path := files[l.ID]; path != "" {
		return path, nil
	}
	return "", dberr.New(dberr.NotFound, "edit",
		"revision "+l.ID+" is compiled into this program, and no file of "+dir+" holds it; name the directory with --dir")
}
