package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/blobs"
)

// An archive goes through a pipe, and into an object storage and out of it.
func TestArchivesThatAreNoFiles(t *testing.T) {
	dir, objects := t.TempDir(), t.TempDir()
	var in []byte
	var buckets []string
	larder := func(args ...string) (code int, out, log string) {
		var o, l bytes.Buffer
		env := Environment{Stdin: bytes.NewReader(in), Stdout: &o, Stderr: &l,
			Lookup: func(string) (string, bool) { return "", false }}
		if buckets != nil {
			env.OpenBucket = func(_ context.Context, address string) (blobs.Bucket, error) {
				buckets = append(buckets, address)
				return blobs.OpenDir(objects)
			}
		}
		code = Main(t.Context(), args, env)
		return code, o.String(), l.String()
	}
	must := func(args ...string) string {
		t.Helper()
		code, out, log := larder(args...)
		if code != 0 {
			t.Fatalf("%v: %d %s%s", args, code, out, log)
		}
		return out
	}
	refused := func(why string, args ...string) {
		t.Helper()
		if code, _, log := larder(args...); code == 0 || !strings.Contains(log, why) {
			t.Errorf("%v: %d, and not %q: %s", args, code, why, log)
		}
	}
	fresh := func(name string) string { return "sqlite:///" + filepath.Join(dir, name) }
	from := fresh("from.db")
	must("migrate", "upgrade", "heads", "--database-url", from)

	in = []byte(must("backup", "-", "--from", from))
	must("verify", "-")
	must("restore", "-", "--to", fresh("piped.db"))
	must("verify", "--from", from, "--to", fresh("piped.db"))
	in[len(in)/2] ^= 1
	refused("damaged", "restore", "-", "--to", fresh("spoiled.db"))
	refused("is a folder", "verify", dir)
	refused("make build-cloud", "backup", "s3://kept/monday.larder", "--from", from)
	refused("--only-user", "copy", "--since", "2026-01-01", "--from", from, "--to", fresh("since.db"))

	buckets = []string{}
	const object = "s3://kept/monday.larder?region=eu-central-1"
	must("backup", object, "--from", from)
	must("verify", object)
	must("restore", object, "--to", fresh("kept.db"))
	if i := slices.IndexFunc(buckets, func(a string) bool { return a != "s3://kept?region=eu-central-1" }); i >= 0 {
		t.Errorf("%s was opened", buckets[i])
	}
	refused("is there already", "backup", object, "--from", from)
	refused("not there", "verify", "s3://kept/tuesday.larder")
	refused("like s3://", "backup", "s3:///", "--from", from)
	refused("", "backup", "s3://kept/failed.larder", "--from", fresh("none.db"))
	refused("ends with a slash", "backup", object, "--from", from, "--keep", "2d")

	nightly := filepath.Join(objects, "nightly")
	if err := os.Mkdir(nightly, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"larder-20240101T030000Z.larder", "larder-20240102T030000Z.larder", "other.larder"} {
		if err := os.WriteFile(filepath.Join(nightly, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	must("backup", "s3://kept/nightly/", "--from", from, "--keep", "2y")
	entries, err := os.ReadDir(nightly)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if len(names) != 3 || names[0] != "larder-20240102T030000Z.larder" || names[2] != "other.larder" {
		t.Errorf("what stays is %v", names)
	}
	must("verify", "s3://kept/nightly/"+names[1])
	if _, err := os.Stat(filepath.Join(objects, "failed.larder")); err == nil {
		t.Error("a backup that failed is there")
	}
}
