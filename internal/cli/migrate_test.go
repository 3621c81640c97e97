package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	lib "github.com/larder-db/larder"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/cli"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/tables"
)

// larder runs the command line as a process would, without an environment.
func larder(t testing.TB, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = cli.Main(t.Context(), args,
		cli.Environment{Stdout: &out, Stderr: &errs, Lookup: func(string) (string, bool) { return "", false }})
	return code, out.String(), errs.String()
}

// ownHead is the last revision of the tables that only Larder has, and all is how
// many revisions there are.
func ownHead() (head string, all int) {
	for _, l := range lib.Lineages("") {
		all += len(l.Revisions)
		head = l.Revisions[len(l.Revisions)-1].ID
	}
	return head, all
}

func TestMigrate(t *testing.T) {
	own, all := ownHead()
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		url := "--database-url=" + db.URL
		for _, c := range []struct {
			args   []string
			code   int
			stdout string // the whole of it; "*" is anything
			stderr string // a part of it
		}{
			{[]string{"migrate", "current", url}, 0, "", ""},
			{[]string{"migrate", "check", url}, 1, "*", "not in order"},
			{[]string{"migrate", "upgrade", "head", url}, 0, "", fmt.Sprintf("[%d/%d]", all, all)},
			{[]string{"migrate", "current", "--check-heads", url}, 0, tables.Head + " (head)\nlarder: " + own + " (head)\n", ""},
			{[]string{"migrate", "check", url}, 0, "the database is in order\n", ""},
			{[]string{"migrate", "upgrade", "head", url}, 0, "", "nothing to do"},
			{[]string{"migrate", "upgrade", "+1", url}, 1, "", "there is none"},
			{[]string{"migrate", "upgrade", "zzzz", url}, 1, "", "zzzz"},
			{[]string{"migrate", "downgrade", "-1", url}, 0, "", "downgrade " + tables.Head},
			{[]string{"migrate", "downgrade", url, "-2"}, 0, "", "[2/2]"},
			{[]string{"migrate", "current", "--check-heads", url}, 1, "f8c0e5b134cd\nlarder: " + own + " (head)\n", "is at f8c0e5b134cd"},
			{[]string{"migrate", "upgrade", "head", "--quiet", url}, 0, "", ""},
			{[]string{"migrate", "downgrade", "ab", "--sql", url}, 2, "", "<from>:<to>"},
			{[]string{"migrate", "upgrade", url}, 2, "", "missing"},
			{[]string{"migrate", "upgrade", "head", "--nonsense", url}, 2, "", "nonsense"},
			{[]string{"migrate", "history", "--lineage", "none", url}, 1, "", "there is no lineage none"},
		} {
			code, out, errs := larder(t, c.args...)
			if code != c.code || c.stdout != "*" && out != c.stdout || !strings.Contains(errs, c.stderr) {
				t.Errorf("%v: exit status %d, wanted %d\nstdout %q\nwanted %q\nstderr %q", c.args, code, c.code, out,
					c.stdout, errs)
			}
		}
	})
}

func TestMigrateWithoutADatabase(t *testing.T) {
	code, out, errs := larder(t, "migrate", "heads", "--output", "json")
	var heads []struct{ ID, Lineage string }
	if err := json.Unmarshal([]byte(out), &heads); code != 0 || err != nil || len(heads) != 2 ||
		heads[0].ID != tables.Head || heads[0].Lineage != "main" || heads[1].Lineage != "larder" {
		t.Errorf("exit status %d, %v: %s %s", code, err, out, errs)
	}
	code, out, errs = larder(t, "migrate", "upgrade", "7e5b:ca81", "--sql", "--database-url",
		"postgresql://u:topsecret@nowhere.invalid/x")
	if code != 0 || !strings.Contains(out, `CREATE TABLE "config"`) && !strings.Contains(out, "CREATE TABLE config") ||
		strings.Contains(out+errs, "topsecret") {
		t.Errorf("exit status %d: %s %s", code, out, errs)
	}
	code, out, errs = larder(t, "migrate", "upgrade", "head", "--database-url", "postgresql://u:topsecret@127.0.0.1:1/x")
	if code != 1 || strings.Contains(out+errs, "topsecret") || !strings.Contains(errs, "127.0.0.1") {
		t.Errorf("exit status %d: %s %s", code, out, errs)
	}
	code, out, _ = larder(t, "migrate", "--help")
	if code != 0 || !strings.Contains(out, "downgrade") {
		t.Errorf("exit status %d: %s", code, out)
	}
	// The data directory is made for the default database.
	dir := filepath.Join(t.TempDir(), "data")
	if code, _, errs := larder(t, "migrate", "upgrade", "7e5b", "--data-dir", dir); code != 0 {
		t.Errorf("exit status %d: %s", code, errs)
	}
}

// Migrations beside logical replication: PostgreSQL refuses to change rows of a
// published table that no key identifies, of which old revisions have some.
func TestMigrateUnderAPublication(t *testing.T) {
	db := testdb.New(t, testdb.PostgreSQL)
	eng := enginetest.Open(t, db.URL, engine.Options{})
	if _, err := eng.Exec(t.Context(), engine.Statement{SQL: "CREATE PUBLICATION p FOR ALL TABLES", Write: true}); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"upgrade", "head"}, {"check"}, {"downgrade", "base"}, {"upgrade", "head"}, {"check"}} {
		code, out, errs := larder(t, append(append([]string{"migrate"}, args...), "--database-url="+db.URL)...)
		if code != 0 {
			t.Fatalf("larder migrate %v: status %d\n%s%s", args, code, out, errs)
		}
	}
}
