package cli_test

import (
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
		"move-to-postgresql": {[]string{testdb.PostgreSQL}, "postgresql://openwebui:secret@db.example.com/openwebui"},
		"move-to-mysql":      {[]string{testdb.MySQL, testdb.MariaDB}, "mysql://openwebui:secret@db.example.com/openwebui"},
		"backup-and-restore": {[]string{testdb.SQLite}, "none"},
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
				for _, b := range shellBlock.FindAllStringSubmatch(string(text), -1) {
					for line := range strings.Lines(b[1]) {
						n++
						follow(t, dir, strings.ReplaceAll(strings.TrimSpace(line), c.named, "'"+url+"'"))
					}
				}
				if n < 8 {
					t.Errorf("only %d commands were found", n)
				}
			})
		}
	}
}

// follow runs one line of a page in a directory.
func follow(t *testing.T, dir, line string) {
	t.Helper()
	if at, ok := strings.CutPrefix(line, "larder serve --database-url "); ok {
		url := strings.Trim(at, "'")
		if path, file := strings.CutPrefix(url, "sqlite:///data/"); file {
			url = "sqlite:///" + filepath.Join(dir, "data", path)
		}
		start(t, nil, "--database-url", url, "--data-dir", filepath.Join(dir, "data"))
		return
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
}
