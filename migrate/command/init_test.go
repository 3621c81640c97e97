package command_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/internal/testdb"
)

// inModule makes a directory inside of this module, for what imports it.
func inModule(t testing.TB) string {
	t.Helper()
	if err := os.MkdirAll("testdata", 0o750); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("testdata", "prog") // t.TempDir is elsewhere
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// tool runs a program and returns its exit status, with what it says.
func tool(t testing.TB, c *exec.Cmd) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil && c.ProcessState == nil {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), out.String(), errs.String()
}

// build compiles the program in dir.
func build(t testing.TB, dir, bin string, env ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".")
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("the program does not compile: %v\n%s", err, out)
	}
}

// TestInit writes a program, compiles it, and goes once around: upgrade, a
// table that is declared, a revision for it, upgrade, and nothing left to do.
// What runs is the binary by itself, in an empty directory.
func TestInit(t *testing.T) {
	dir := filepath.Join(inModule(t), "notes")
	s := &session{t: t}
	code, out, errs := s.run("init", dir)
	if code != 0 || !strings.Contains(out, filepath.Join(dir, "main.go")) || strings.Contains(out, "go.mod") ||
		!strings.Contains(errs, "go run . upgrade head") {
		t.Fatalf("exit status %d: %s %s", code, out, errs)
	}
	if code, _, errs := s.run("init", dir); code != 1 || !strings.Contains(errs, "not empty") {
		t.Errorf("again: exit status %d: %s", code, errs)
	}
	if code, _, errs := s.run("init", dir+"2", "--module", "example.com/x"); code != 2 ||
		!strings.Contains(errs, "--module") {
		t.Errorf("a module in a module: exit status %d: %s", code, errs)
	}
	if code, _, errs := s.run("init"); code != 2 || !strings.Contains(errs, "missing") {
		t.Errorf("without a directory: exit status %d: %s", code, errs)
	}
	clean(t, dir)
	bin := filepath.Join(t.TempDir(), "notes")
	build(t, dir, bin)
	notes := func(where, url string, args ...string) (int, string, string) {
		t.Helper()
		c := exec.CommandContext(t.Context(), bin, args...)
		c.Dir, c.Env = where, []string{"DATABASE_URL=" + url}
		return tool(t, c)
	}
	urls := map[string]string{}
	for _, e := range testdb.Engines() {
		urls[e] = testdb.New(t, e).URL
		for _, args := range [][]string{{"upgrade", "head"}, {"check"}, {"current", "--check-heads"}} {
			if code, out, errs := notes(t.TempDir(), urls[e], args...); code != 0 {
				t.Errorf("%s: %v: exit status %d: %s %s", e, args, code, out, errs)
			}
		}
	}
	// A table is declared.
	path := filepath.Join(dir, "tables", "tables.go")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("return []*schema.Table{}"),
		[]byte("note := schema.Define(\"note\")\n\tnote.String(\"id\", 36).PrimaryKey()\n\tnote.Text(\"title\").Null()\n\treturn []*schema.Table{note}"), 1)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	build(t, dir, bin)
	for e, url := range urls {
		if code, out, _ := notes(t.TempDir(), url, "check"); code != 1 || !strings.Contains(out, "drift: to add table note") {
			t.Errorf("%s: a table is missing: exit status %d: %s", e, code, out)
		}
	}
	first := urls[testdb.Engines()[0]]
	code, out, errs = notes(dir, first, "revision", "--autogenerate", "-m", "add note")
	file := strings.TrimSpace(out)
	if code != 0 || !strings.HasSuffix(file, "_add_note.go") || !strings.Contains(errs, "create table note (2 columns)") {
		t.Fatalf("exit status %d: %s %s", code, out, errs)
	}
	clean(t, dir)
	build(t, dir, bin)
	for e, url := range urls {
		for _, args := range [][]string{{"upgrade", "head"}, {"check"}, {"downgrade", "-1"}, {"upgrade", "+1"}} {
			if code, out, errs := notes(t.TempDir(), url, args...); code != 0 {
				t.Errorf("%s: %v: exit status %d: %s %s", e, args, code, out, errs)
			}
		}
		before := entries(t, filepath.Join(dir, "migrations"))
		if code, out, errs := notes(dir, url, "revision", "--autogenerate", "-m", "again"); code != 0 || out != "" ||
			!strings.Contains(errs, "no difference") {
			t.Errorf("%s: nothing to do: exit status %d: %s %s", e, code, out, errs)
		}
		if code, out, _ := notes(dir, url, "revision", "--autogenerate", "--output", "json"); code != 0 || out != "null\n" {
			t.Errorf("%s: nothing to do: exit status %d: %q", e, code, out)
		}
		if after := entries(t, filepath.Join(dir, "migrations")); !slices.Equal(before, after) {
			t.Errorf("%s: files %v became %v", e, before, after)
		}
	}
	// The program's own test.
	c := exec.CommandContext(t.Context(), "go", "test", ".")
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("its test: %v\n%s", err, out)
	}
}

func entries(t testing.TB, dir string) []string {
	t.Helper()
	l, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range l {
		out = append(out, e.Name())
	}
	return out
}

// clean asks gofmt and go vet about what is in a directory.
func clean(t testing.TB, dir string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "gofmt", "-l", dir).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("gofmt: %v %s", err, out)
	}
	if out, err := exec.CommandContext(t.Context(), "go", "vet", "./"+filepath.ToSlash(dir)+"/...").
		CombinedOutput(); err != nil {
		t.Errorf("go vet: %v\n%s", err, out)
	}
}

// requireAllOf lets the module in dir require what the module in root requires,
// with the same checksums. Building then asks for no module that building this
// one does not ask for, while "go mod tidy" reads what tests of dependencies
// require.
func requireAllOf(t testing.TB, root, dir string) {
	t.Helper()
	edit := func(where string, args ...string) string {
		t.Helper()
		c := exec.CommandContext(t.Context(), "go", append([]string{"mod", "edit"}, args...)...)
		c.Dir = where
		code, out, errs := tool(t, c)
		if code != 0 {
			t.Fatalf("go mod edit: %s", errs)
		}
		return out
	}
	var mod struct {
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal([]byte(edit(root, "-json")), &mod); err != nil {
		t.Fatal(err)
	}
	args := []string{"-require=github.com/larder-db/larder@v0.0.0"}
	for _, r := range mod.Require {
		args = append(args, "-require="+r.Path+"@"+r.Version)
	}
	edit(dir, args...)
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestInitElsewhere makes a module of its own, and needs no network when the
// modules that this one is built of are at hand.
func TestInitElsewhere(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "My Notes")
	s := &session{t: t}
	if code, _, errs := s.run("init", dir); code != 2 || !strings.Contains(errs, "--module") {
		t.Errorf("a name that is no module: exit status %d: %s", code, errs)
	}
	code, out, errs := s.run("init", dir, "--module", "example.com/my/notes", "--replace", root, "--output", "json")
	var made struct {
		Module string
		Files  []string
	}
	if err := json.Unmarshal([]byte(out), &made); code != 0 || err != nil || made.Module != "example.com/my/notes" ||
		!slices.Contains(made.Files, filepath.Join(dir, "go.mod")) || !strings.Contains(errs, "go mod tidy") {
		t.Fatalf("exit status %d, %v: %s %s", code, err, out, errs)
	}
	requireAllOf(t, root, dir)
	bin := filepath.Join(t.TempDir(), "notes")
	build(t, dir, bin, "GOPROXY=off", "GOSUMDB=off", "GOWORK=off")
	c := exec.CommandContext(t.Context(), bin, "upgrade", "head")
	c.Dir, c.Env = t.TempDir(), []string{}
	if code, _, errs := tool(t, c); code != 0 || !strings.Contains(errs, "nothing to do") {
		t.Errorf("exit status %d: %s", code, errs)
	}
	if _, err := os.Stat(filepath.Join(c.Dir, "mynotes.db")); err != nil {
		t.Errorf("the database: %v", err)
	}
}
