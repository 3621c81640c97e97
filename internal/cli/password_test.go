package cli_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/internal/testdb"
)

// A password in a file, or one that a command makes, serves like one in the URL.
func TestServeWithAPasswordFromElsewhere(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the command is written for a POSIX shell")
	}
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		if db.Engine == testdb.SQLite {
			return // it has no passwords
		}
		u, err := dburl.Parse(db.URL)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "password")
		if err := os.WriteFile(file, []byte(u.Password()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if u.Password() == "" { // where everybody is trusted
			if err := os.WriteFile(file, []byte("any\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		bare := "DATABASE_URL=" + u.WithoutPassword().Reveal()
		dir := t.TempDir()
		p := start(t, []string{bare, "DATABASE_PASSWORD_FILE=" + file}, "--data-dir", dir)
		tok := token(t, p.send("POST", "/api/v1/auths/signup", "", ada, 200))
		p.stop()
		p = start(t, []string{bare, "DATABASE_PASSWORD_COMMAND=cat '" + file + "'"}, "--data-dir", dir)
		p.send("GET", "/api/v1/chats/", tok, "", 200)
		p.stop()

		for _, env := range [][]string{
			{bare, "DATABASE_PASSWORD_FILE=" + file + ".missing"},
			{bare, "DATABASE_PASSWORD_COMMAND=exit 7"},
			{bare, "DATABASE_PASSWORD_COMMAND=true", "DATABASE_PASSWORD_FILE=" + file},
			{"DATABASE_URL=" + u.WithPassword("s3cret").Reveal(), "DATABASE_PASSWORD_FILE=" + file},
		} {
			said := run(t, env, "--data-dir", dir, "--wait", "1s").fails()
			if !strings.Contains(strings.ToLower(said), "password") || strings.Contains(said, "s3cret") {
				t.Errorf("with %s: %s", env[len(env)-1], said)
			}
		}
	})
}
