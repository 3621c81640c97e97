package testdb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // asked for the version of the library

	"github.com/larder-db/larder/internal/testdb/server"
)

// The engines, in the order in which tests run on them.
const (
	SQLite     = "sqlite"
	PostgreSQL = server.PostgreSQL
	MySQL      = server.MySQL
	MariaDB    = server.MariaDB
)

// DB is an empty database that belongs to one test.
type DB struct {
	// Engine is "sqlite", "postgresql", "mysql" or "mariadb".
	Engine string
	// URL is SQLAlchemy-style: "postgresql://postgres@127.0.0.1:15432/t_1f?sslmode=disable",
	// "mysql://test:test@127.0.0.1:13306/t_1f", "mariadb://...", "sqlite:////abs/path/test.db".
	// A file of SQLite does not exist yet.
	URL string
	// Version is the server's as it says it: "PostgreSQL 15.20", "MySQL 9.7.4", "MariaDB 10.11.19", "SQLite 3.51.0".
	Version string
}

// Engines lists the engines that tests run on: all four, or those of
// TESTDB_ENGINES, without those of TESTDB_SKIP.
func Engines() []string {
	all, skip := chosen()
	return slices.DeleteFunc(all, func(e string) bool { return slices.Contains(skip, e) })
}

// chosen returns the engines that TESTDB_ENGINES leaves and those that
// TESTDB_SKIP names.
func chosen() (engines, skip []string) {
	engines = []string{SQLite, PostgreSQL, MySQL, MariaDB}
	if only := names("TESTDB_ENGINES"); len(only) > 0 {
		engines = slices.DeleteFunc(engines, func(e string) bool { return !slices.Contains(only, e) })
	}
	return engines, names("TESTDB_SKIP")
}

func names(variable string) []string {
	return strings.FieldsFunc(os.Getenv(variable), func(r rune) bool { return r == ',' || r == ' ' })
}

// Each runs fn as one subtest per engine, named after it, with a fresh
// database that is dropped at the end. An engine whose server cannot be had
// fails; one that TESTDB_SKIP names is left out with a line on standard error.
// fn may call t.Parallel.
func Each(t *testing.T, fn func(t *testing.T, db DB)) {
	t.Helper()
	engines, skip := chosen()
	if len(engines) == 0 {
		t.Fatalf("TESTDB_ENGINES=%q names no engine; they are sqlite, postgresql, mysql and mariadb",
			os.Getenv("TESTDB_ENGINES"))
	}
	for _, e := range engines {
		if slices.Contains(skip, e) {
			leftOut(t, e)
			continue
		}
		t.Run(e, func(t *testing.T) { fn(t, New(t, e)) })
	}
}

// leftOut says that a test does not run on an engine.
func leftOut(t testing.TB, engine string) {
	t.Helper()
	line := fmt.Sprintf("testdb: %s does not run on %s: TESTDB_SKIP=%s",
		t.Name(), server.Title(engine), os.Getenv("TESTDB_SKIP"))
	t.Log(line)
	_, _ = fmt.Fprintln(os.Stderr, line)
}

// unwanted ends a test that is for an engine the caller has left out.
func unwanted(t testing.TB, engine string) {
	t.Helper()
	engines, skip := chosen()
	switch {
	case slices.Contains(skip, engine):
		leftOut(t, engine)
		t.SkipNow()
	case !slices.Contains(engines, engine):
		t.Skipf("testdb: not on %s: TESTDB_ENGINES=%s", server.Title(engine), os.Getenv("TESTDB_ENGINES"))
	}
}

const memory = "sqlite:///:memory:"

// Memory returns a database of SQLite in memory. It is empty each time it is
// opened.
func Memory(t testing.TB) DB {
	t.Helper()
	unwanted(t, SQLite)
	return DB{Engine: SQLite, URL: memory, Version: sqliteVersion(t)}
}

// New returns a fresh database of one engine, which is dropped when the test
// or benchmark ends, with the connections that still use it.
func New(t testing.TB, engine string) DB {
	t.Helper()
	unwanted(t, engine)
	switch engine {
	case SQLite:
		return DB{Engine: SQLite, URL: fileURL(filepath.Join(t.TempDir(), "test.db")), Version: sqliteVersion(t)}
	case PostgreSQL, MySQL, MariaDB:
	default:
		t.Fatalf("testdb: there is no engine %q; they are sqlite, postgresql, mysql and mariadb", engine)
	}
	name := databaseName()
	lease := leaseWith(t, engine, name)
	t.Cleanup(func() {
		// The test's own context has ended already.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		defer lease.Release()
		if err := lease.Endpoint.DropDatabase(ctx, name); err != nil && lease.Alive() {
			t.Errorf("testdb: drop the test's database: %v", err)
		}
	})
	return DB{Engine: engine, URL: lease.Endpoint.URL(name), Version: lease.Endpoint.Version}
}

// leaseWith leases the shared server and creates a database. A server that
// dies in between, because somebody killed it, is replaced.
func leaseWith(t testing.TB, engine, name string) *server.Lease {
	t.Helper()
	ctx := t.Context()
	for attempt := 1; ; attempt++ {
		lease, err := server.Share(ctx, engine, say(t))
		if err != nil {
			t.Fatalf("testdb: %v", err)
		}
		if err = lease.Endpoint.CreateDatabase(ctx, name); err == nil {
			return lease
		}
		alive := lease.Alive()
		lease.Release()
		if alive || attempt == 3 {
			t.Fatalf("testdb: create a database on %s: %v", lease.Endpoint.Version, err)
		}
	}
}

// say reports what takes long where somebody waiting for the test sees it.
func say(t testing.TB) func(string) {
	t.Helper()
	return func(line string) {
		t.Log("testdb: " + line)
		_, _ = fmt.Fprintln(os.Stderr, "testdb: "+line)
	}
}

// databaseName is a name that no other test has.
func databaseName() string { return "t_" + strings.ToLower(rand.Text()[:16]) }

// File is the database of SQLite in the file at path, whether or not there is
// one. The file belongs to the caller.
func File(t testing.TB, path string) DB {
	t.Helper()
	unwanted(t, SQLite)
	return DB{Engine: SQLite, URL: fileURL(path), Version: sqliteVersion(t)}
}

// fileURL writes the path as SQLAlchemy reads it: as it is, with every % and #.
// What a URL would take for its arguments, and what would be in memory, stands
// in the form that is decoded.
func fileURL(path string) string {
	path = filepath.ToSlash(path)
	if strings.Contains(path, "?") || path == ":memory:" || strings.HasPrefix(path, "file:") {
		return "sqlite:///file:" + (&url.URL{Path: path}).EscapedPath() + "?uri=true"
	}
	return "sqlite:///" + path
}

// filePath is the path in a URL of fileURL.
func filePath(t testing.TB, rawURL string) string {
	t.Helper()
	path := strings.TrimPrefix(rawURL, "sqlite:///")
	if encoded, ok := strings.CutPrefix(path, "file:"); ok {
		encoded, _, _ = strings.Cut(encoded, "?")
		decoded, err := url.PathUnescape(encoded)
		if err != nil {
			t.Fatal("testdb: the URL of the database is not one of testdb's")
		}
		path = decoded
	}
	return filepath.FromSlash(path)
}

func sqliteVersion(t testing.TB) string {
	t.Helper()
	v, err := SQLiteVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// SQLiteVersion is the version of the library in this program: "SQLite 3.51.0".
func SQLiteVersion(ctx context.Context) (string, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return "", err
	}
	defer func() { _ = db.Close() }()
	var v string
	err = db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&v)
	return "SQLite " + v, err
}
