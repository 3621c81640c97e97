package command_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/larder-db/larder/internal/testdb"
)

var (
	pageBlock = regexp.MustCompile("(?s)```(go|sh|text)\n(.*?)```")
	quotedArg = regexp.MustCompile(`"[^"]*"|\S+`)
)

// lesson is the module of docs/tutorial.md as far as the page has come.
type lesson struct {
	t    *testing.T
	root string
	dir  string            // of the module
	urls map[string]string // of a database on each engine
	bins map[string]string // programs, by the argument of go run; empty when a file has changed
	said map[string]string // what the last command printed on each engine
}

// TestTheTutorial does what docs/tutorial.md says: it writes every file, runs
// every command, those for a database on each engine, and compares what they print.
func TestTheTutorial(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles two programs twice")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../docs/tutorial.md")
	if err != nil {
		t.Fatal(err)
	}
	l := &lesson{t: t, root: root, dir: filepath.Join(t.TempDir(), "shelf"), urls: map[string]string{},
		bins: map[string]string{}}
	for _, e := range testdb.Engines() {
		l.urls[e] = testdb.New(t, e).URL
	}
	blocks := pageBlock.FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 10 {
		t.Fatalf("%d blocks", len(blocks))
	}
	for _, b := range blocks {
		switch b[1] {
		case "go":
			l.write(b[2])
		case "sh":
			for line := range strings.Lines(b[2]) {
				l.command(strings.TrimSpace(line))
			}
		case "text":
			for e, said := range l.said {
				if said != b[2] {
					t.Errorf("on %s it says\n%s", e, said)
				}
			}
		}
	}
}

// write puts a file where its first line says.
func (l *lesson) write(text string) {
	l.t.Helper()
	name, _, ok := strings.Cut(strings.TrimPrefix(text, "// "), "\n")
	if !ok || !strings.HasSuffix(name, ".go") {
		l.t.Fatalf("a block that names no file: %s", name)
	}
	path := filepath.Join(l.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
	clear(l.bins)
}

// command runs a line of the page.
func (l *lesson) command(line string) {
	l.t.Helper()
	args := quotedArg.FindAllString(line, -1)
	for i, a := range args {
		args[i] = strings.Trim(a, `"`)
	}
	switch {
	case strings.HasPrefix(line, "larder migrate init "):
		s := &session{t: l.t}
		args[3] = l.dir
		if code, _, errs := s.run(append(args[2:], "--replace", l.root)...); code != 0 {
			l.t.Fatalf("%s: %s", line, errs)
		}
	case line == "cd shelf":
	case line == "go mod tidy":
		requireAllOf(l.t, l.root, l.dir) // which needs no network
	case line == "go test .":
		c := exec.CommandContext(l.t.Context(), "go", "test", ".")
		c.Dir, c.Env = l.dir, append(os.Environ(), "GOPROXY=off", "GOSUMDB=off", "GOWORK=off")
		if code, out, errs := tool(l.t, c); code != 0 {
			l.t.Errorf("%s: %s %s", line, out, errs)
		}
	case strings.HasPrefix(line, "go run "):
		l.run(line, args[2], args[3:])
	default:
		l.t.Fatalf("the page has a command that nothing runs: %s", line)
	}
}

// run runs a program of the module on each engine; a new revision is written once.
func (l *lesson) run(line, program string, args []string) {
	l.t.Helper()
	bin := l.bins[program]
	if bin == "" {
		bin = filepath.Join(l.t.TempDir(), "program")
		c := exec.CommandContext(l.t.Context(), "go", "build", "-o", bin, program)
		c.Dir, c.Env = l.dir, append(os.Environ(), "GOPROXY=off", "GOSUMDB=off", "GOWORK=off")
		if code, out, errs := tool(l.t, c); code != 0 {
			l.t.Fatalf("%s: the program does not compile: %s %s", line, out, errs)
		}
		l.bins[program] = bin
	}
	l.said = map[string]string{}
	for e, url := range l.urls {
		c := exec.CommandContext(l.t.Context(), bin, args...)
		c.Dir, c.Env = l.dir, append(os.Environ(), "DATABASE_URL="+url)
		code, out, errs := tool(l.t, c)
		if code != 0 {
			l.t.Fatalf("%s on %s: exit status %d: %s %s", line, e, code, out, errs)
		}
		l.said[e] = out
		if len(args) > 0 && args[0] == "revision" {
			clear(l.bins)
			return
		}
	}
}
