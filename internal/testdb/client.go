package testdb

import (
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"github.com/larder-db/larder/internal/testdb/server"
)

// Client returns the command that runs the SQL it reads from its standard
// input on the database, in the engine's own shell: psql, mysql, mariadb or
// sqlite3. It stops at the first error with a status other than 0. Without an
// sqlite3 on the machine a small shell of this repository takes its place.
// The caller sets Stdin and runs it.
func Client(t testing.TB, db DB) *exec.Cmd {
	t.Helper()
	if db.Engine == SQLite {
		if db.URL == memory {
			t.Fatal("testdb: a database in memory has no shell; use a file")
		}
		path := filePath(t, db.URL)
		if shell, err := exec.LookPath("sqlite3"); err == nil {
			return exec.CommandContext(t.Context(), shell, "-batch", "-bail", path)
		}
		return exec.CommandContext(t.Context(), "go", "run",
			"github.com/larder-db/larder/internal/testdb/cmd/sqliteshell", path)
	}
	u, err := url.Parse(db.URL)
	if err != nil {
		t.Fatal("testdb: the URL of the database is not one of testdb's")
	}
	e, err := server.Parse(db.Engine, db.URL)
	if err != nil {
		t.Fatalf("testdb: %v", err)
	}
	c, err := e.Client(t.Context(), strings.TrimPrefix(u.Path, "/"), say(t))
	if err != nil {
		t.Fatalf("testdb: %v", err)
	}
	return c
}
