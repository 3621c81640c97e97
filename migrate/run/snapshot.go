package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/plan"
)

// snapshot copies the file of the database ahead of a plan that asks for it.
func (r *Migrator) snapshot(ctx context.Context, rep *Report, s *history.State, p *plan.Plan) error {
	file := r.o.Engine.File()
	if file == "" || r.o.Snapshot == SnapshotNever || len(s.Tables()) == 0 {
		return nil
	}
	n := slices.IndexFunc(p.Steps, func(st plan.PlannedStep) bool {
		return r.o.Snapshot == SnapshotAlways || len(st.Loss) > 0 || !st.Reversible || st.Note != ""
	})
	if n < 0 {
		return nil
	}
	name := fmt.Sprintf("%s.before-%s-%s.bak", file, p.Steps[n].Revision, r.o.Now().UTC().Format("20060102T150405Z"))
	if _, err := os.Stat(name); err == nil {
		name = fmt.Sprintf("%s.before-%s-%s.bak", file, p.Steps[n].Revision,
			r.o.Now().UTC().Format("20060102T150405.000000000Z"))
	}
	if err := r.o.Engine.Snapshot(ctx, name); err != nil {
		var e *dberr.Error
		if errors.As(err, &e) {
			c := *e
			c.Msg = e.Error() + "; nothing was changed; make room, or go on without a copy with --no-snapshot"
			c.Op, c.Engine = "snapshot", ""
			return &c
		}
		return err
	}
	name, err := single(file, p.Steps[n].Revision, name)
	if err != nil {
		return err
	}
	rep.Snapshot = name
	r.o.Events(Event{Kind: Snapshotted, Path: name, Revision: p.Steps[n].Revision})
	r.o.Logger.InfoContext(ctx, "the database was copied before it is changed", "file", name)
	return nil
}

// single keeps one of several copies that are the same, the oldest, and
// returns its name: a program that is started again and again, and fails at
// the same revision each time, must not fill the disk.
func single(file, revision, name string) (string, error) {
	dir, base := filepath.Split(file)
	if dir == "" {
		dir = "."
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return name, nil //nolint:nilerr // a directory that cannot be listed is no reason to stop
	}
	for _, e := range entries {
		other := filepath.Join(dir, e.Name())
		if !strings.HasPrefix(e.Name(), base+".before-"+revision+"-") || !strings.HasSuffix(e.Name(), ".bak") ||
			e.Name() == filepath.Base(name) {
			continue
		}
		if same, err := sameFile(name, other); err != nil || !same {
			continue // it cannot be read, or is something else: it stays
		}
		if err := os.Remove(name); err != nil {
			return "", &dberr.Error{Op: "snapshot", Code: dberr.Internal, Msg: "the copy " + name + " is the same as " +
				other + " and cannot be removed; nothing was changed", Err: err}
		}
		return other, nil
	}
	return name, nil
}

// sameFile reports whether two files have the same bytes.
func sameFile(a, b string) (bool, error) {
	ia, err := os.Stat(a)
	if err != nil {
		return false, err
	}
	ib, err := os.Stat(b)
	if err != nil || ia.Size() != ib.Size() {
		return false, err
	}
	fa, err := os.Open(a)
	if err != nil {
		return false, err
	}
	defer fa.Close()
	fb, err := os.Open(b)
	if err != nil {
		return false, err
	}
	defer fb.Close()
	const block = 1 << 16
	ba, bb := make([]byte, block), make([]byte, block)
	for {
		na, err := io.ReadFull(fa, ba)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return false, err
		}
		nb, berr := io.ReadFull(fb, bb)
		if na != nb || !bytes.Equal(ba[:na], bb[:nb]) {
			return false, nil
		}
		if err != nil || berr != nil {
			return err != nil && berr != nil, nil
		}
	}
}
