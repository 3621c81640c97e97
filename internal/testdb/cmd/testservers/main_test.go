package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/internal/testdb"
)

func try(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	s := starter{out: &o, errs: &e, attempts: 3, pause: time.Millisecond}
	status = s.run(t.Context(), args)
	return status, o.String(), e.String()
}

func TestVersions(t *testing.T) {
	status, out, errs := try(t, "--", "sh", "-c", "echo ran; exit 7")
	if status != 7 {
		t.Errorf("status %d, want the command's 7: %s", status, errs)
	}
	title := map[string]string{"sqlite": "SQLite ", "postgresql": "PostgreSQL ", "mysql": "MySQL ", "mariadb": "MariaDB "}
	for _, e := range testdb.Engines() {
		if !strings.Contains(out, title[e]) {
			t.Errorf("no version of %s in:\n%s", e, out)
		}
	}
	if !strings.HasSuffix(out, "ran\n") {
		t.Errorf("the command did not run last:\n%s", out)
	}
}

// nowhere makes MySQL impossible to find and to fetch.
func nowhere(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	t.Setenv("TESTDB_ENGINES", "sqlite,mysql")
	t.Setenv("TESTDB_SKIP", "")
	t.Setenv("TEST_MYSQL_URL", "")
	t.Setenv("LARDER_TESTDB_FETCH", "mysql")
	t.Setenv("LARDER_TESTDB_CACHE", filepath.Join(dir, "cache"))
	t.Setenv("LARDER_TESTDB_RUN", filepath.Join(dir, "run"))
}

func TestMissing(t *testing.T) {
	nowhere(t)
	mark := filepath.Join(t.TempDir(), "mark")
	status, _, errs := try(t, "--", "/bin/sh", "-c", ": > "+mark)
	if status != 1 {
		t.Errorf("status %d", status)
	}
	for _, want := range []string{"mysql", "TEST_MYSQL_URL", "MYSQLD", "TESTDB_SKIP=mysql"} {
		if !strings.Contains(errs, want) {
			t.Errorf("no %q in:\n%s", want, errs)
		}
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the command ran all the same")
	}
}

func TestOptional(t *testing.T) {
	nowhere(t)
	status, out, errs := try(t, "-optional", "mysql", "--", "/bin/sh", "-c", `echo "skip=$TESTDB_SKIP"; exit 5`)
	if status != 5 {
		t.Errorf("status %d: %s", status, errs)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if !strings.Contains(out, "skip=mysql\n") {
		t.Errorf("the command is not told:\n%s", out)
	}
	if last := lines[len(lines)-1]; !strings.Contains(last, "MySQL WAS LEFT OUT") {
		t.Errorf("the last line is %q", last)
	}
}

// A package source that is away today is asked again.
func TestRetries(t *testing.T) {
	nowhere(t)
	bin := t.TempDir()
	for _, tool := range []string{"apt-get", "dpkg-deb"} { // programs of a machine without network
		if err := os.WriteFile(filepath.Join(bin, tool), []byte("#!/bin/sh\necho no network >&2\nexit 100\n"),
			0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin)
	status, out, errs := try(t, "-optional", "mysql", "--", "/bin/sh", "-c", "exit 0")
	if status != 0 || !strings.Contains(out, "MySQL WAS LEFT OUT") {
		t.Errorf("status %d:\n%s%s", status, out, errs)
	}
	if !strings.Contains(errs, "attempt 2 of 3") || !strings.Contains(errs, "no network") {
		t.Errorf("not tried again:\n%s", errs)
	}
}

func TestInterrupted(t *testing.T) {
	t.Setenv("TESTDB_ENGINES", "sqlite")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	var o, e bytes.Buffer
	status := starter{out: &o, errs: &e}.run(ctx, []string{"--", "sleep", "60"})
	if status == 0 || time.Since(start) > 20*time.Second {
		t.Errorf("status %d after %v", status, time.Since(start))
	}
}

func TestUsage(t *testing.T) {
	if status, _, errs := try(t, "-nonsense"); status != 2 || !strings.Contains(errs, "-optional") {
		t.Errorf("status %d: %s", status, errs)
	}
	t.Setenv("TESTDB_ENGINES", "sqlite")
	if status, _, errs := try(t, "--", "/no/such/program"); status != 127 || !strings.Contains(errs, "/no/such/program") {
		t.Errorf("status %d: %s", status, errs)
	}
}
