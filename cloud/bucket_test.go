package cloud_test

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	_ "gocloud.dev/blob/memblob" // the driver
	_ "gocloud.dev/blob/s3blob"

	"github.com/larder-db/larder/blobs"
	"github.com/larder-db/larder/cloud"
	"github.com/larder-db/larder/dberr"
)

// each runs a test over a bucket in memory, and over one behind the protocol of
// S3, spoken by its SDK to a server in this process.
func each(t *testing.T, fn func(t *testing.T, b blobs.Bucket)) {
	t.Run("memory", func(t *testing.T) { fn(t, open(t, "mem://files?prefix=uploads/")) })
	t.Run("S3", func(t *testing.T) {
		backend := s3mem.New()
		if err := backend.CreateBucket("files"); err != nil {
			t.Fatal(err)
		}
		srv := httptest.NewServer(gofakes3.New(backend).Server())
		t.Cleanup(srv.Close)
		t.Setenv("AWS_ACCESS_KEY_ID", "id")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "key")
		fn(t, open(t, "s3://files?region=eu-central-1&use_path_style=true&disable_https=true&endpoint="+srv.URL+
			"&prefix=uploads/"))
	})
}

func open(t *testing.T, address string) blobs.Bucket {
	t.Helper()
	b, err := cloud.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func names(t *testing.T, b blobs.Bucket) []string {
	t.Helper()
	var out []string
	for x, err := range b.List(t.Context(), ".larder/") {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, x.Name)
	}
	return out
}

func TestBytesAreKept(t *testing.T) {
	each(t, func(t *testing.T, b blobs.Bucket) {
		s := blobs.New(b, nil)
		const content = "hello 😀, and a part"
		w, err := s.Create(t.Context(), "1", "note ü🙂 +&.txt", strings.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(w.Location(), "://files/uploads/1_note ü🙂 +&.txt") || w.Size != int64(len(content)) || !w.Text {
			t.Errorf("%s, %d bytes", w.Location(), w.Size)
		}
		if got := names(t, b); len(got) != 1 {
			t.Errorf("claims: %v", got)
		}
		if err := w.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := names(t, b); len(got) != 0 {
			t.Errorf("claims: %v", got)
		}
		x, err := s.Open(t.Context(), w.Location())
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		if x.Size != w.Size || time.Since(x.Changed) > time.Hour {
			t.Errorf("%d bytes of %v", x.Size, x.Changed)
		}
		for _, at := range []int64{11, 0} { // as a range is read
			if _, err := x.Seek(at, io.SeekStart); err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(x); err != nil || string(got) != content[at:] {
				t.Errorf("from %d on: %q, %v", at, got, err)
			}
		}
		c, err := s.Claim(t.Context(), blobs.At("1", w.Location()))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := c.Remove(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Open(t.Context(), w.Location()); !errors.Is(err, dberr.ErrNotFound) {
			t.Errorf("when it is gone: %v", err)
		}
	})
}

// What is not whole is not there at all.
func TestUploadsThatBreakOff(t *testing.T) {
	each(t, func(t *testing.T, b blobs.Bucket) {
		broken := errors.New("the line is broken")
		body := io.MultiReader(io.LimitReader(zeros{}, 6<<20), iotest.ErrReader(broken)) // more than one part
		if _, err := blobs.New(b, nil).Create(t.Context(), "1", "x", body); !errors.Is(err, broken) {
			t.Errorf("%v, want the reader's error", err)
		}
		if _, err := b.Open(t.Context(), "1_x"); !errors.Is(err, dberr.ErrNotFound) {
			t.Errorf("a part of it: %v", err)
		}
		if got := names(t, b); len(got) != 0 {
			t.Errorf("claims: %v", got)
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestSweep(t *testing.T) {
	each(t, func(t *testing.T, b blobs.Bucket) {
		s := blobs.New(b, nil)
		for _, id := range []string{"kept", "lost"} {
			if _, err := s.Create(t.Context(), id, "x", strings.NewReader("x")); err != nil {
				t.Fatal(err)
			}
		}
		later := blobs.New(b, func() time.Time { return time.Now().Add(2 * blobs.Idle) })
		done, err := later.Sweep(t.Context(), blobs.Idle, func(_ context.Context, ids []string) (map[string]bool, error) {
			return map[string]bool{"kept": slices.Contains(ids, "kept")}, nil
		})
		if err != nil || done != (blobs.Swept{Claims: 2, Removed: 1}) {
			t.Errorf("%+v, %v", done, err)
		}
		for name, there := range map[string]bool{"kept_x": true, "lost_x": false} {
			x, err := b.Open(t.Context(), name)
			if (err == nil) != there {
				t.Errorf("%s: %v", name, err)
			}
			if err == nil {
				x.Close()
			}
		}
	})
}

func TestAddresses(t *testing.T) {
	for _, address := range []string{"", "files", "no://files", "s3://key:secret@%zz"} {
		_, err := cloud.Open(t.Context(), address)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
