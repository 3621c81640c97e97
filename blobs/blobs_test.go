package blobs_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/larder-db/larder/blobs"
	"github.com/larder-db/larder/dberr"
)

const id = "0ac8f214-aca0-449b-ac08-f163007ed417"

// place is a store over a new directory, and its clock.
type place struct {
	*blobs.Store
	dir string
	now time.Time
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{dir: filepath.Join(t.TempDir(), "data", "uploads"), now: time.Now()}
	b, err := blobs.OpenDir(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	p.Store = blobs.New(b, func() time.Time { return p.now })
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// files are the names in the directory and among the claims.
func (p *place) files(t *testing.T, below string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(p.dir, below))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if e.Name() != ".larder" {
			out = append(out, e.Name())
		}
	}
	return out
}

func (p *place) read(t *testing.T, location string) string {
	t.Helper()
	b, err := p.Open(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	text, err := io.ReadAll(b)
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(text)) != b.Size {
		t.Errorf("%d bytes, said to be %d", len(text), b.Size)
	}
	return string(text)
}

// The layout is Open WebUI's, so that each opens what the other has kept.
func TestLayout(t *testing.T) {
	p := newPlace(t)
	w, err := p.Create(t.Context(), id, "note ü🙂.txt", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(p.dir, id+"_note ü🙂.txt"); w.Location() != want {
		t.Errorf("location %q, want %q", w.Location(), want)
	}
	if w.Size != 5 || !w.Text || w.SHA256 != "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" {
		t.Errorf("%+v", w)
	}
	if err := w.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := p.files(t, ".larder"); len(left) > 0 {
		t.Errorf("claims: %v", left)
	}
	// Wherever the row says that the directory is, or was.
	for _, at := range []string{w.Location(), "/app/backend/data/uploads/" + id + "_note ü🙂.txt",
		`C:\data\uploads\` + id + "_note ü🙂.txt",
		"s3://bucket/prefix/" + id + "_note ü🙂.txt", id + "_note ü🙂.txt"} {
		if got := p.read(t, at); got != "hello" {
			t.Errorf("at %s: %q", at, got)
		}
	}
}

func TestNamesThatAreNone(t *testing.T) {
	p := newPlace(t)
	for name, want := range map[string]string{
		"../../etc/passwd":              id,
		"..":                            id + "_..",
		"":                              id + "_",
		"a/b.txt":                       id + ".txt",
		"nul\x00.txt":                   id + "..txt"[1:],
		"bad\xff.PDF":                   id + ".pdf",
		strings.Repeat("x", 300):        id,
		strings.Repeat("é", 90) + ".MD": id + ".md",
		"line\nbreak\t\\ \":*?.txt":     id + "_line\nbreak\t\\ \":*?.txt",
		".larder":                       id + "_.larder",
	} {
		w, err := p.Create(t.Context(), id, name, strings.NewReader("x"))
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if got := filepath.Base(w.Location()); got != want {
			t.Errorf("%q is kept as %q, want %q", name, got, want)
		}
		if got := p.read(t, w.Location()); got != "x" {
			t.Errorf("%q reads %q", name, got)
		}
		if err := w.Remove(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if left := append(p.files(t, ""), p.files(t, ".larder")...); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// A row may hold any path: an imported database is not to be trusted.
func TestPathsOfRowsDoNotLeadAway(t *testing.T) {
	p := newPlace(t)
	w, err := p.Create(t.Context(), id, "x", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(filepath.Dir(p.dir), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(p.dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{secret, "../secret", "..", ".", "", "/", "link", ".larder", "uploads/.larder", "a\x00b",
		"/etc/passwd",
		filepath.Join(p.dir, ".larder", p.files(t, ".larder")[0])} {
		if b, err := p.Open(t.Context(), at); err == nil {
			b.Close()
			t.Errorf("%q was opened", at)
		}
		c, err := p.Claim(t.Context(), blobs.At("other", at))
		if err != nil {
			t.Fatal(err)
		}
		_ = c.Remove(t.Context()) // a link may go, not what is behind it
	}
	if _, err := os.Stat(secret); err != nil {
		t.Error(err)
	}
	if got := p.read(t, w.Location()); got != "x" {
		t.Errorf("reads %q", got)
	}
}

func TestWhatDoesNotCome(t *testing.T) {
	p := newPlace(t)
	if _, err := p.Open(t.Context(), "nothing"); !errors.Is(err, dberr.ErrNotFound) {
		t.Errorf("no directory: %v", err)
	}
	broken := errors.New("the line is broken")
	_, err := p.Create(t.Context(), id, "x", io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		t.Errorf("%v, want the reader's error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := p.Create(ctx, id, "x", io.MultiReader(strings.NewReader("half"),
		readFunc(func([]byte) (int, error) { cancel(); return 0, io.EOF }))); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want canceled", err)
	}
	if left := append(p.files(t, ""), p.files(t, ".larder")...); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

type readFunc func(p []byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func TestTextIsFoundOut(t *testing.T) {
	p := newPlace(t)
	for text, want := range map[string]bool{
		"plain": true, "é😀": true, "nul\x00": false, "\xff\xfe": false, "cut \xf0\x9f\x98": false, "\xe2\x28\xa1": false, "\uFFFD": true, strings.Repeat("a😀é", 20000): true,
	} {
		for how, r := range map[string]io.Reader{"at once": strings.NewReader(text),
			"byte by byte": iotest.OneByteReader(strings.NewReader(text)),
			"in halves":    iotest.HalfReader(strings.NewReader(text))} {
			w, err := p.Create(t.Context(), id, "x", r)
			if err != nil {
				t.Fatal(err)
			}
			if w.Text != want {
				t.Errorf("%.20q %s is text: %v", text, how, w.Text)
			}
			if !bytes.Equal(w.Head, []byte(text)[:min(len(text), 512)]) {
				t.Errorf("the head of %.20q %s is %.20q", text, how, w.Head)
			}
			if err := w.Remove(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestSweep(t *testing.T) {
	p := newPlace(t)
	kept := func(_ context.Context, ids []string) (map[string]bool, error) {
		return map[string]bool{"kept": slices.Contains(ids, "kept")}, nil
	}
	for _, id := range []string{"kept", "lost"} {
		if _, err := p.Create(t.Context(), id, "x", strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Claim(t.Context(), blobs.At("gone", "gone_y"), blobs.At("kept", "kept_x")); err != nil {
		t.Fatal(err)
	}
	// What a crash in the middle of a claim leaves.
	for _, name := range []string{"a.half", "b"} {
		if err := os.WriteFile(filepath.Join(p.dir, ".larder", name), []byte(`[{"id":"lo`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(p.dir, ".larder", "bad"),
		[]byte(`[{"id":"x","name":"../../secret"},{"id":"y","name":".larder"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // who is still at work is left alone
		if done, err := p.Sweep(t.Context(), blobs.Idle, kept); err != nil || done != (blobs.Swept{}) {
			t.Errorf("at once: %+v, %v", done, err)
		}
	}
	p.now = p.now.Add(blobs.Idle + time.Minute)
	failing := func(context.Context, []string) (map[string]bool, error) { return nil, dberr.ErrUnavailable }
	if _, err := p.Sweep(t.Context(), blobs.Idle, failing); !errors.Is(err, dberr.ErrUnavailable) {
		t.Errorf("without the database: %v", err)
	}
	done, err := p.Sweep(t.Context(), blobs.Idle, kept)
	if err != nil || done.Removed != 2 { // lost_x, gone_y
		t.Errorf("%+v, %v", done, err)
	}
	if got := p.files(t, ""); !slices.Equal(got, []string{"kept_x"}) {
		t.Errorf("files: %v", got)
	}
	if got := p.files(t, ".larder"); len(got) > 0 {
		t.Errorf("claims: %v", got)
	}
}

// An upload that takes longer than a claim lives renews it.
func TestSlowUploadsKeepTheirClaim(t *testing.T) {
	p := newPlace(t)
	none := func(context.Context, []string) (map[string]bool, error) { return nil, nil }
	n := 0
	slow := readFunc(func(b []byte) (int, error) {
		if n++; n > 40 {
			return 0, io.EOF
		}
		p.now = p.now.Add(6 * time.Minute)
		for _, name := range p.files(t, ".larder") { // the file system's clock is not ours
			_ = os.Chtimes(filepath.Join(p.dir, ".larder", name), p.now, lastWritten(t, p, name))
		}
		if _, err := p.Sweep(t.Context(), blobs.Idle, none); err != nil {
			t.Error(err)
		}
		b[0] = 'x'
		return 1, nil
	})
	w, err := p.Create(t.Context(), id, "x", slow)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.read(t, w.Location()); len(got) != 40 {
		t.Errorf("%d bytes are left", len(got))
	}
}

// lastWritten is when a claim was written, by the clock of the place.
func lastWritten(t *testing.T, p *place, name string) time.Time {
	t.Helper()
	info, err := os.Stat(filepath.Join(p.dir, ".larder", name))
	if err != nil {
		t.Fatal(err)
	}
	if time.Since(info.ModTime()) < time.Minute && time.Until(info.ModTime()) < time.Minute { // written just now
		return p.now.Add(-6 * time.Minute)
	}
	return info.ModTime()
}
