package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/larder-db/larder/internal/testdb"
)

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// TestTheCommandsOfTheRunbooks runs every command of docs/runbooks, in order,
// with the databases of a test in place of those that the pages name.
func TestTheCommandsOfTheRunbooks(t *testing.T) {
	for page, c := range map[string]struct {
		engines []string
		named   string // the database that the page names
	}{
		"move-to-postgresql":    {[]string{testdb.PostgreSQL}, "postgresql://openwebui:secret@db.example.com/openwebui"},
		"move-to-mysql":         {[]string{testdb.MySQL, testdb.MariaDB}, "mysql://openwebui:secret@db.example.com/openwebui"},
		"backup-and-restore":    {[]string{testdb.SQLite}, "none"},
		"move-without-downtime": {[]string{testdb.PostgreSQL, testdb.MariaDB}, "postgresql://openwebui:secret@db.example.com/openwebui"},
	} {
		text, err := os.ReadFile("../../docs/runbooks/" + page + ".md")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range testdb.Engines() {
			if !strings.Contains(" "+strings.Join(c.engines, " ")+" ", " "+e+" ") {
				continue
			}
			t.Run(page+" on "+e, func(t *testing.T) {
				dir := t.TempDir()
				if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
					t.Fatal(err)
				}
				unzip(t, "../../server/testdata/small.db.gz", filepath.Join(dir, "data", "webui.db"))
				if err := os.WriteFile(filepath.Join(dir, "passphrase"), []byte("correct horse\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				url := testdb.New(t, e).URL
				n := 0
				p := &reader{t: t, dir: dir}
				for _, b := range shellBlock.FindAllStringSubmatch(string(text), -1) {
					for line := range strings.Lines(b[1]) {
						n++
						p.follow(strings.ReplaceAll(strings.TrimSpace(line), c.named, "'"+url+"'"))
					}
				}
				if n < 6 {
					t.Errorf("only %d commands were found", n)
				}
			})
		}
	}
}

// reader does what a page says, in a directory.
type reader struct {
	t    *testing.T
	dir  string
	open *exec.Cmd // in another terminal
}

// follow runs one line. What goes on until the source is frozen is ended by that.
func (p *reader) follow(line string) {
	p.t.Helper()
	if at, ok := strings.CutPrefix(line, "larder serve --database-url "); ok {
		url := strings.Trim(at, "'")
		if path, file := strings.CutPrefix(url, "sqlite:///data/"); file {
			url = "sqlite:///" + filepath.Join(p.dir, "data", path)
		}
		start(p.t, nil, "--database-url", url, "--data-dir", filepath.Join(p.dir, "data"))
		return
	}
	cmd := exec.CommandContext(p.t.Context(), "sh", "-c", line)
	cmd.Dir = p.dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Start()
	switch {
	case err == nil && strings.HasSuffix(line, " --follow"):
		p.open = cmd
		return
	case err == nil:
		err = cmd.Wait()
	}
	if err != nil {
		p.t.Fatalf("%s: %v\n%s", line, err, out.String())
	}
	if p.open != nil && strings.HasPrefix(line, "larder freeze ") {
		if err := p.open.Wait(); err != nil {
			p.t.Fatalf("what was going on until %s: %v\n%v", line, err, p.open.Stderr)
		}
		p.open = nil
	}
}
