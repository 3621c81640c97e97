package sqlite

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/drivertest"
	"github.com/larder-db/larder/internal/testdb"
)

// fileURL is the URL of the database in a file.
func fileURL(t testing.TB, path string) string {
	t.Helper()
	return testdb.File(t, path).URL
}

func tryOpen(t testing.TB, rawURL string, o driver.OpenOptions,
	settings ...dburl.SQLiteSettings) (*driver.Database, error) {
	t.Helper()
	u, err := dburl.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	var d driver.Driver = Driver{}
	for _, s := range settings {
		d = Driver{}.Tuned(s)
	}
	db, err := d.Open(t.Context(), u, o)
	if err == nil {
		t.Cleanup(func() {
			db.Reader.Close()
			db.Writer.Close()
			if db.Cleanup != nil {
				db.Cleanup()
			}
		})
	}
	return db, err
}

func mustOpen(t testing.TB, rawURL string, o driver.OpenOptions, settings ...dburl.SQLiteSettings) *driver.Database {
	t.Helper()
	db, err := tryOpen(t, rawURL, o, settings...)
	if err != nil {
		t.Fatalf("%v (%v)", err, errors.Unwrap(err))
	}
	return db
}

func TestConnections(t *testing.T) {
	t.Run("file", func(t *testing.T) {
		drivertest.Connections(t, Driver{}, fileURL(t, filepath.Join(t.TempDir(), "a b%3F#ä.db")))
	})
	t.Run("memory", func(t *testing.T) { drivertest.Connections(t, Driver{}, "sqlite://") })
}

// Every connection has every setting, not only the first one.
func TestSettingsOnEachConnection(t *testing.T) {
	busy := 7 * time.Second
	s := dburl.DefaultSQLite()
	s.BusyTimeout = &busy
	db := mustOpen(t, fileURL(t, filepath.Join(t.TempDir(), "x.db")), driver.OpenOptions{}, s)
	want := map[string]string{"journal_mode": "wal", "synchronous": "1", "busy_timeout": "7000", "cache_size": "-16384",
		"temp_store": "2",
		"mmap_size":  "0", "journal_size_limit": "67108864", "foreign_keys": "1", "query_only": "1"}
	check := func(conn *sql.Conn) {
		t.Helper()
		for name, v := range want {
			var got string
			if err := conn.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&got); err != nil || got != v {
				t.Errorf("%s is %s, want %s: %v", name, got, v, err)
			}
		}
	}
	for range 6 {
		conn, err := db.Reader.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		check(conn)
	}
	conn, err := db.Writer.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	want["query_only"] = "0"
	check(conn)
	if len(db.Warnings) != 0 {
		t.Errorf("warnings: %v", db.Warnings)
	}
}

func TestAnUnsetBusyTimeoutIsFiveSeconds(t *testing.T) {
	s := dburl.DefaultSQLite()
	s.BusyTimeout, s.WAL = nil, false
	db := mustOpen(t, fileURL(t, filepath.Join(t.TempDir(), "x.db")), driver.OpenOptions{}, s)
	var timeout int
	var mode string
	if err := db.Writer.QueryRow("PRAGMA busy_timeout").Scan(&timeout); err != nil || timeout != 5000 {
		t.Errorf("busy_timeout is %d, %v", timeout, err)
	}
	if err := db.Writer.QueryRow("PRAGMA journal_mode").Scan(&mode); err != nil || mode != "delete" {
		t.Errorf("journal_mode is %s, %v", mode, err)
	}
}

func TestAWriterBeginsByLocking(t *testing.T) {
	path := fileURL(t, filepath.Join(t.TempDir(), "x.db"))
	s := dburl.DefaultSQLite()
	none := time.Duration(0)
	s.BusyTimeout = &none
	a, b := mustOpen(t, path, driver.OpenOptions{}, s), mustOpen(t, path, driver.OpenOptions{}, s)
	tx, err := a.Writer.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if other, err := b.Writer.Begin(); err == nil {
		other.Rollback()
		t.Error("two transactions that write have begun")
	} else if f := (classifier{}).Classify(err); f.Code != dberr.Busy {
		t.Errorf("%+v", f)
	}
}

func TestFilesThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		t.Helper()
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	text := write("notes.txt", strings.Repeat("this is no database file\n", 100))
	short := write("short", "abc")
	for _, c := range []struct {
		url  string
		want dberr.Code
		word string
	}{
		{fileURL(t, filepath.Join(dir, "no", "such", "x.db")), dberr.NotFound, filepath.Join(dir, "no", "such")},
		{fileURL(t, dir), dberr.Invalid, "directory"},
		{fileURL(t, text), dberr.Invalid, text},
		{fileURL(t, short), dberr.Invalid, short},
		{"sqlite:///file:" + dir + "/missing.db?mode=ro&uri=true", dberr.NotFound, "missing.db"},
		{"sqlite:///file:" + dir + "/missing.db?mode=rw&uri=true", dberr.NotFound, "missing.db"},
		{fileURL(t, "/dev/null"), dberr.Invalid, "/dev/null"},
	} {
		_, err := tryOpen(t, c.url, driver.OpenOptions{})
		if dberr.CodeOf(err) != c.want || !strings.Contains(err.Error(), c.word) {
			t.Errorf("%s: %v (%v), want %s and %q", c.url, err, errors.Unwrap(err), c.want, c.word)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "missing.db")); err == nil {
		t.Error("a file was made that must exist")
	}
	db := mustOpen(t, fileURL(t, write("empty.db", "")), driver.OpenOptions{}) // an empty file is an empty database
	if _, err := db.Writer.Exec("CREATE TABLE t (id integer)"); err != nil {
		t.Error(err)
	}
}

func TestReadOnlyFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	func() {
		db := mustOpen(t, fileURL(t, path), driver.OpenOptions{})
		if _, err := db.Writer.Exec("CREATE TABLE t (id integer)"); err != nil {
			t.Fatal(err)
		}
		db.Reader.Close()
		db.Writer.Close()
	}()
	for _, args := range []string{"mode=ro", "mode=ro&immutable=1", "immutable=1"} {
		db := mustOpen(t, "sqlite:///file:"+path+"?"+args+"&uri=true", driver.OpenOptions{})
		var n int
		if err := db.Reader.QueryRow("SELECT count(*) FROM t").Scan(&n); err != nil {
			t.Errorf("%s: %v", args, err)
		}
		_, err := db.Writer.Exec("INSERT INTO t VALUES (1)")
		if f := (classifier{}).Classify(err); f.Code != dberr.ReadOnly {
			t.Errorf("%s: %v is %+v", args, err, f)
		}
		if s, err := db.State(t.Context(), db.Reader); err != nil || !s.ReadOnly {
			t.Errorf("%s: state %+v, %v", args, s, err)
		}
		db.Reader.Close()
		db.Writer.Close()
	}
}

func TestMemoryIsOneDatabasePerEngine(t *testing.T) {
	a, b := mustOpen(t, "sqlite://", driver.OpenOptions{}), mustOpen(t, "sqlite:///:memory:", driver.OpenOptions{})
	if _, err := a.Writer.Exec("CREATE TABLE t (id integer)"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Reader.Exec("INSERT INTO t VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Reader.Exec("SELECT * FROM t"); err == nil {
		t.Error("two engines share a database in memory")
	}
	// A connection that is lost does not take the database along.
	conn, err := a.Writer.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Raw(func(any) error { return sqldriver.ErrBadConn })
	conn.Close()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	_, err = a.Writer.ExecContext(ctx,
		"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1000000000) SELECT count(*) FROM c")
	if f := (classifier{}).Classify(err); f.Code != dberr.Canceled {
		t.Errorf("%v is %+v", err, f)
	}
	var n int
	if err := a.Reader.QueryRow("SELECT count(*) FROM t").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestNetworkFileSystems(t *testing.T) {
	if kind := networkFileSystem(t.TempDir()); kind != "" {
		t.Errorf("the directory for temporary files is on %s", kind)
	}
	if kind := networkFileSystem("/no/such/directory"); kind != "" {
		t.Errorf("a directory that is not there is on %s", kind)
	}
}

func TestALockFileIsBesideTheDatabaseWhileItIsHeld(t *testing.T) {
	dir := t.TempDir()
	db := mustOpen(t, fileURL(t, filepath.Join(dir, "x.db")), driver.OpenOptions{})
	lockFiles := func() int {
		files, err := filepath.Glob(filepath.Join(dir, "x.db-*.lock"))
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	var release []func() error
	for _, name := range []string{"migrate", "../../etc/passwd", strings.Repeat("long ", 200), "MIGRATE", "\x00"} {
		r, err := db.Locker.Lock(t.Context(), db, name, nil)
		if err != nil {
			t.Fatal(err)
		}
		release = append(release, r)
	}
	if n := lockFiles(); n != len(release) {
		t.Errorf("%d lock files for %d locks", n, len(release))
	}
	for _, r := range release {
		if err := r(); err != nil {
			t.Error(err)
		}
	}
	if n := lockFiles(); n != 0 && runtime.GOOS != "windows" {
		t.Errorf("%d lock files are left", n)
	}
}

// A lock whose file comes and goes is held by one at a time.
func TestALockHasOneHolder(t *testing.T) {
	db := mustOpen(t, fileURL(t, filepath.Join(t.TempDir(), "x.db")), driver.OpenOptions{})
	var holders, held atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				release, err := db.Locker.Lock(t.Context(), db, "migrate", nil)
				if err != nil {
					t.Error(err)
					return
				}
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d holders", n)
				}
				held.Add(1)
				runtime.Gosched()
				holders.Add(-1)
				if err := release(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if n := held.Load(); n != 160 {
		t.Errorf("held %d times", n)
	}
}

func TestConstraintNamesComeFromFixedForms(t *testing.T) {
	for text, want := range map[string]string{
		"constraint failed: UNIQUE constraint failed: chat.id, chat.user_id (2067)": "chat.id, chat.user_id",
		"UNIQUE constraint failed: chat.id":                                         "chat.id",
		"constraint failed: UNIQUE constraint failed: index 'ux_email' (2067)":      "ux_email",
		"NOT NULL constraint failed: chat.title":                                    "chat.title",
		"CHECK constraint failed: child_n":                                          "child_n",
		"FOREIGN KEY constraint failed":                                             "",
	} {
		if got := constraintOf(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestPragmasAreChecked(t *testing.T) {
	s := dburl.DefaultSQLite()
	s.Synchronous = "NORMAL; DROP TABLE x"
	if _, err := tryOpen(t, fileURL(t, filepath.Join(t.TempDir(), "x.db")), driver.OpenOptions{},
		s); dberr.CodeOf(err) != dberr.Invalid {
		t.Errorf("%v", err)
	}
	if got := slices.Clone((Driver{}).Backends()); !slices.Equal(got, []string{"sqlite"}) {
		t.Errorf("backends %v", got)
	}
}

// The path of a URL is taken as SQLAlchemy 2.0 takes it: as it is written, with
// its % and #, up to the first ?. testdb writes it so.
func TestOddFileNames(t *testing.T) {
	for _, name := range []string{"a b.db", "a%20b.db", "a%28b%29.db", "a(b).db", "100%.db", "%zz.db", "a%25b.db",
		"a#b.db", "grüße.db", "🐍.db", "a'b\".db", "a+b.db", "a&b=c;d.db",
		"a@b:c.db", "[a].db", "a?b.db", "a%3Fb?c%20d#e.db", "file:a.db", `a\b.db`, "a\tb.db"} {
		dir := t.TempDir()
		file := testdb.File(t, filepath.Join(dir, name))
		if file.URL != "sqlite:///"+filepath.Join(dir, name) && !strings.Contains(name, "?") {
			t.Errorf("%q: the URL is %s", name, file.URL)
		}
		db := mustOpen(t, file.URL, driver.OpenOptions{})
		if _, err := db.Writer.ExecContext(t.Context(), "CREATE TABLE a (x integer)"); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		client := testdb.Client(t, file)
		client.Stdin = strings.NewReader("INSERT INTO a VALUES (7);\n")
		if out, err := client.CombinedOutput(); err != nil {
			t.Errorf("%q: %v: %s", name, err, out)
		}
		var x int
		if err := db.Reader.QueryRowContext(t.Context(), "SELECT x FROM a").Scan(&x); err != nil || x != 7 {
			t.Errorf("%q: %d, %v", name, x, err)
		}
		if err := db.Snapshotter.Snapshot(t.Context(), filepath.Join(dir, "copy of "+name)); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		release, err := db.Locker.Lock(t.Context(), db, "migrate", nil)
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if err := release(); err != nil {
			t.Error(err)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, e := range entries {
			got[e.Name()] = true
			if !strings.HasPrefix(strings.TrimPrefix(e.Name(), "copy of "), name) {
				t.Errorf("%q: a file %q has come about", name, e.Name())
			}
		}
		if !got[name] || !got["copy of "+name] {
			t.Errorf("%q: the files are %v", name, got)
		}
	}
}
