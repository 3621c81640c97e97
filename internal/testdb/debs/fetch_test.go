package debs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// archiveOf builds packages into a package source on disk, with the suites
// "stable" and "testing", and makes it the only one apt knows. It returns
// false on a machine without apt.
func archiveOf(t *testing.T, stable, testing map[string]string) bool {
	t.Helper()
	for _, tool := range []string{"apt-get", "dpkg-deb", "dpkg"} {
		if _, err := exec.LookPath(tool); err != nil {
			return false
		}
	}
	out, err := exec.CommandContext(t.Context(), "dpkg", "--print-architecture").Output()
	if err != nil {
		t.Fatal(err)
	}
	arch := strings.TrimSpace(string(out))
	root := t.TempDir()
	write(t, filepath.Join(root, "pool/.keep"), "")
	for suite, packages := range map[string]map[string]string{"stable": stable, "testing": testing} {
		var index bytes.Buffer
		for name, depends := range packages {
			work := t.TempDir()
			write(t, filepath.Join(work, "usr/lib/larder", name), "file of "+name+" in "+suite)
			write(t, filepath.Join(work, "usr/share/doc", name), "a document")
			control := fmt.Sprintf("Package: %s\nVersion: 1:2.0-%s\nArchitecture: %s\nMaintainer: nobody <nobody@example.com>\nDescription: for a test\n", name, suite, arch)
			if depends != "" {
				control += "Depends: " + depends + "\n"
			}
			write(t, filepath.Join(work, "DEBIAN/control"), control)
			file := fmt.Sprintf("pool/%s_%s.deb", name, suite)
			if out, err := exec.CommandContext(t.Context(), "dpkg-deb", "--build", "--root-owner-group", work,
				filepath.Join(root, file)).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			deb, err := os.ReadFile(filepath.Join(root, file))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&index, "%sFilename: %s\nSize: %d\nSHA256: %x\n\n", control, file, len(deb), sha256.Sum256(deb))
		}
		path := "main/binary-" + arch + "/Packages"
		write(t, filepath.Join(root, "dists", suite, path), index.String())
		write(t, filepath.Join(root, "dists", suite, "Release"), fmt.Sprintf(
			"Suite: %s\nCodename: %[1]s\nArchitectures: %s\nComponents: main\nSHA256:\n %x %d %s\n", suite, arch, sha256.Sum256(index.Bytes()), index.Len(), path))
	}
	conf := t.TempDir()
	write(t, filepath.Join(conf, "sources.list"), "deb file:"+root+" stable main\n")
	write(t, filepath.Join(conf, "apt.conf"), fmt.Sprintf("Dir::Etc::sourcelist %q;\nDir::Etc::sourceparts \"/dev/null\";\nAcquire::AllowInsecureRepositories \"true\";\nAPT::Get::AllowUnauthenticated \"true\";\n",
		filepath.Join(conf, "sources.list")))
	t.Setenv("APT_CONFIG", filepath.Join(conf, "apt.conf"))
	return true
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// tree lists the files below dir.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			var text []byte
			text, err = os.ReadFile(path)
			files = append(files, strings.TrimPrefix(path, dir+"/")+": "+string(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	return strings.Join(files, "\n")
}

func TestFetch(t *testing.T) {
	there := archiveOf(t,
		map[string]string{"db-core": "db-lib, db-setup", "db-lib": "db-libc (>= 1:2.0)", "db-libc": "", "db-setup": "",
			"broken": "no-such-thing"},
		map[string]string{"db-next": "db-lib", "db-lib": ""})
	dir := filepath.Join(t.TempDir(), "deep", "tree")
	r := Request{Choices: [][]string{{"db-absent"}, {"db-core", "db-absent"}, {"broken"}, {"db-core"}},
		Leave: []string{"db-set*"}}
	err := Fetch(t.Context(), dir, r)
	if !there {
		if !errors.Is(err, ErrNoApt) {
			t.Errorf("without apt: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	want := "usr/lib/larder/db-core: file of db-core in stable\nusr/lib/larder/db-lib: file of db-lib in stable\nusr/lib/larder/db-libc: file of db-libc in stable"
	if got := tree(t, dir); got != want {
		t.Errorf("the tree holds\n%s\nwant\n%s", got, want)
	}

	t.Run("again", func(t *testing.T) {
		write(t, filepath.Join(dir, "mark"), "")
		if err := Fetch(t.Context(), dir, r); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "mark")); err != nil {
			t.Error("a tree that is there was fetched again")
		}
	})
	t.Run("further suite", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "tree")
		var said []string
		err := Fetch(t.Context(), dir, Request{Choices: [][]string{{"db-next"}}, Suites: []string{"absent", "testing"}, Say: func(s string) { said = append(said, s) },
			Prune: func(tree string) error { return os.Remove(filepath.Join(tree, "usr/lib/larder/db-lib")) }})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := tree(t, dir), "usr/lib/larder/db-next: file of db-next in testing"; got != want {
			t.Errorf("the tree holds\n%s\nwant\n%s", got, want)
		}
		if !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, "suite testing") }) {
			t.Errorf("nothing says which suite it was: %q", said)
		}
	})
	t.Run("absent", func(t *testing.T) {
		parent := t.TempDir()
		err := Fetch(t.Context(), filepath.Join(parent, "tree"),
			Request{Choices: [][]string{{"db-absent"}}, Suites: []string{"testing"}, Attempts: 2})
		if !errors.Is(err, ErrNoPackage) || !strings.Contains(err.Error(), "db-absent") {
			t.Errorf("%v", err)
		}
		if left, _ := os.ReadDir(parent); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	t.Run("damaged", func(t *testing.T) {
		parent := t.TempDir()
		err := Fetch(t.Context(), filepath.Join(parent, "tree"),
			Request{Choices: [][]string{{"db-core"}}, Prune: func(string) error { return fs.ErrInvalid }})
		if !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%v", err)
		}
		if left, _ := os.ReadDir(parent); len(left) > 0 {
			t.Errorf("half a tree is left behind: %v", left)
		}
	})
	t.Run("canceled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := Fetch(ctx, filepath.Join(t.TempDir(), "tree"), Request{Choices: [][]string{{"db-core"}}, Attempts: 3})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
}

// A package whose bytes are not those the index names is not unpacked.
func TestFetchWrongHash(t *testing.T) {
	if !archiveOf(t, map[string]string{"db-core": ""}, nil) {
		return
	}
	conf, err := os.ReadFile(os.Getenv("APT_CONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile(strings.Split(string(conf), `"`)[1])
	if err != nil {
		t.Fatal(err)
	}
	root := strings.TrimPrefix(strings.Fields(string(list))[1], "file:")
	debs, _ := filepath.Glob(filepath.Join(root, "pool/*.deb"))
	text, err := os.ReadFile(debs[0])
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)-1] ^= 1
	write(t, debs[0], string(text))
	dir := filepath.Join(t.TempDir(), "tree")
	if err := Fetch(t.Context(), dir, Request{Choices: [][]string{{"db-core"}}}); err == nil {
		t.Error("a changed package was unpacked")
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the tree is there")
	}
}

func TestNoApt(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if err := Fetch(t.Context(), filepath.Join(t.TempDir(), "tree"),
		Request{Choices: [][]string{{"x"}}}); !errors.Is(err, ErrNoApt) {
		t.Errorf("%v", err)
	}
}
