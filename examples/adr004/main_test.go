package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/migrate/migratetest"
)

func TestTheApplication(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		var out, errs bytes.Buffer
		if code := run(t.Context(), nil, db.URL, &out, &errs); code != 0 {
			t.Fatalf("exit status %d: %s", code, errs.String())
		}
		if got := out.String(); !strings.HasPrefix(got, "Ada likes {") || !strings.Contains(got, `"theme"`) ||
			!strings.Contains(got, `"dark"`) || !strings.HasSuffix(got, "; 1 users like dark themes\n") {
			t.Errorf("it says %q", got)
		}
		out.Reset()
		if code := run(t.Context(), []string{"migrate", "current", "--check-heads"}, db.URL, &out, &errs); code != 0 ||
			out.String() != "3f2a9c1d4e5b (head)\n" {
			t.Errorf("exit status %d: %q %s", code, out.String(), errs.String())
		}
		if code := run(t.Context(), []string{"migrate", "check"}, db.URL, &out, &errs); code != 0 {
			t.Errorf("check: exit status %d: %s", code, errs.String())
		}
	})
}

func TestTheNewField(t *testing.T) {
	migratetest.Each(t, migratetest.Kit{Lineages: lineages()}, func(t *testing.T, kit migratetest.Kit) {
		at := migratetest.Before(t, kit, "3f2a9c1d4e5b")
		at.Insert("users", migratetest.Row{"id": "u1", "name": "Ada", "settings": jsonvalue.Text(`{"a": 1.0, "b": "ü"}`),
			"created_at": 5})
		at.Upgrade("+1")
		u := at.Get("SELECT {new_field}, {settings} FROM {users}")
		if !u[0].Null("new_field") || u[0].Text("settings") != `{"a": 1.0, "b": "ü"}` {
			t.Errorf("the row became %q", u[0].Text("settings"))
		}
		at.Downgrade("-1")
		if u := at.Get("SELECT * FROM {users}"); len(u) != 1 || u[0].Text("name") != "Ada" {
			t.Errorf("rows after the downgrade: %d", len(u))
		}
	})
}

func TestTheMigrations(t *testing.T) {
	kit := migratetest.Kit{Lineages: lineages()}
	migratetest.AllRegistered(t, kit, ".")
	migratetest.Each(t, kit, migratetest.All)
}

// TestANewRevisionCompiles writes one with the application's own command and
// lets the compiler look at it.
func TestANewRevisionCompiles(t *testing.T) {
	db := testdb.New(t, testdb.SQLite)
	dir := t.TempDir()
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"migrate", "upgrade", "1f0c"}, db.URL, &out, &errs); code != 0 {
		t.Fatal(errs.String())
	}
	if code := run(t.Context(), []string{"migrate", "revision", "--autogenerate", "-m", "x", "--dir", dir}, db.URL, &out,
		&errs); code != 1 || !strings.Contains(errs.String(), "not at 3f2a9c1d4e5b") {
		t.Errorf("behind the head: exit status %d: %s", code, errs.String())
	}
	if code := run(t.Context(), []string{"migrate", "revision", "-m", "Add a thing!", "--dir", filepath.Join(dir, "rev")},
		db.URL, &out, &errs); code != 0 {
		t.Fatal(errs.String())
	}
	path := strings.TrimSpace(out.String())
	if !strings.HasSuffix(path, "_add_a_thing.go") {
		t.Errorf("the file is %q", path)
	}
	if b, err := exec.CommandContext(t.Context(), "gofmt", "-l", filepath.Dir(path)).
		CombinedOutput(); err != nil || len(b) > 0 {
		t.Errorf("gofmt: %v %s", err, b)
	}
	if b, err := exec.CommandContext(t.Context(), "go", "vet", path, filepath.Join(filepath.Dir(path), "revisions.go")).
		CombinedOutput(); err != nil {
		t.Errorf("go vet: %v %s", err, b)
	}
}
