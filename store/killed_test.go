package store_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/larder-db/larder/blobs"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

// deadly is a bucket whose program is killed at its n-th step: before it, in
// the middle of what is written, and behind it. What is done in the database
// lies between two of them.
type deadly struct {
	blobs.Bucket
	steps int
}

func (d *deadly) step() {
	if d.steps--; d.steps == 0 {
		p, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = p.Kill()
		}
		if err != nil {
			panic(err)
		}
		select {}
	}
}

func (d *deadly) Create(ctx context.Context, name string, r io.Reader) error {
	defer d.step()
	d.step()
	return d.Bucket.Create(ctx, name, io.MultiReader(io.LimitReader(r, 1), stepReader{d}, r))
}

type stepReader struct{ d *deadly }

func (s stepReader) Read([]byte) (int, error) { s.d.step(); return 0, io.EOF }

func (d *deadly) Replace(ctx context.Context, name string, bytes []byte) error {
	defer d.step()
	d.step()
	return d.Bucket.Replace(ctx, name, bytes)
}

func (d *deadly) Remove(ctx context.Context, name string) error {
	defer d.step()
	d.step()
	return d.Bucket.Remove(ctx, name)
}

const killedAt, killedIn = "LARDER_TEST_KILLED_AT", "LARDER_TEST_KILLED_IN"

// filesIn is a store over a file and a directory.
func filesIn(t *testing.T, dir string, at int, now func() time.Time) (*store.Store, *engine.Engine) {
	t.Helper()
	eng := enginetest.Open(t, "sqlite:///"+filepath.Join(dir, "webui.db"), engine.Options{})
	bucket, err := blobs.OpenDir(filepath.Join(dir, "uploads"))
	if err != nil {
		t.Fatal(err)
	}
	if at > 0 {
		bucket = &deadly{bucket, at}
	}
	return store.New(eng, store.Options{Blobs: blobs.New(bucket, now), Passwords: store.NewPasswords(bcrypt.MinCost)}), eng
}

// TestIsKilled is the program that is killed: it uploads one file and deletes it.
func TestIsKilled(t *testing.T) {
	at, err := strconv.Atoi(os.Getenv(killedAt))
	if err != nil {
		t.Skip("this is a part of TestKilledUploads")
	}
	st, _ := filesIn(t, os.Getenv(killedIn), at, nil)
	up, err := st.Files.Receive(t.Context(), store.Program(), store.NewFile{Name: "x.txt", Process: true},
		strings.NewReader("some text"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := up.Commit(t.Context(), jsonvalue.Null())
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Files.Delete(t.Context(), store.Program(), f.ID); err != nil {
		t.Fatal(err)
	}
}

// Wherever a program is killed that uploads or deletes a file, no row is left
// without bytes, and after a sweep no bytes without a row.
func TestKilledUploads(t *testing.T) {
	rows := map[int64]int{}
	for at := 1; ; at++ {
		dir := t.TempDir()
		st, eng := filesIn(t, dir, 0, nil)
		if err := fresh.Create(t.Context(), eng, tables.All(), []string{tables.Head}); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestIsKilled$")
		cmd.Env = append(os.Environ(), killedAt+"="+strconv.Itoa(at), killedIn+"="+dir)
		out, err := cmd.CombinedOutput()
		if err == nil { // it came to its end
			if at < 14 || rows[0] == 0 || rows[1] == 0 {
				t.Errorf("it was killed at %d steps only, with as many rows: %v", at, rows)
			}
			return
		}
		if !strings.Contains(err.Error(), "killed") {
			t.Fatalf("step %d: %v\n%s", at, err, out)
		}
		found, err := query.All[model.File](t.Context(), eng, query.SelectFrom(tables.File.Table))
		if err != nil {
			t.Fatal(err)
		}
		rows[int64(len(found))]++
		for _, f := range found {
			c, err := st.Files.Open(t.Context(), store.Program(), f.ID)
			if err != nil || c.Bytes == nil || c.Bytes.Size != 9 {
				t.Errorf("step %d: the row has no bytes, or not all: %v", at, err)
			} else {
				c.Bytes.Close()
			}
		}
		later, _ := filesIn(t, dir, 0, func() time.Time { return time.Now().Add(2 * blobs.Idle) })
		for _, s := range []*store.Store{st, later, later} {
			if _, err := s.Files.Sweep(t.Context()); err != nil {
				t.Errorf("step %d: %v", at, err)
			}
		}
		var left []string
		_ = filepath.WalkDir(filepath.Join(dir, "uploads"), func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				left = append(left, filepath.Base(path))
			}
			return nil
		})
		if len(left) != len(found) {
			t.Errorf("step %d: %d rows, and after a sweep %v", at, len(found), left)
		}
		eng.Close()
	}
}
