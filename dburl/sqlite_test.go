package dburl_test

import (
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
)

func TestSQLiteTargets(t *testing.T) {
	timeout := func(d time.Duration) *time.Duration { return &d }
	for s, want := range map[string]dburl.SQLiteTarget{
		"sqlite://":                        {Memory: true},
		"sqlite:///":                       {Memory: true},
		"sqlite:///:memory:":               {Memory: true},
		"sqlite:///webui.db":               {Path: "webui.db"},
		"sqlite:///./data/webui.db":        {Path: "./data/webui.db"},
		"sqlite:////var/lib/webui.db":      {Path: "/var/lib/webui.db"},
		`sqlite:///C:\data\webui.db`:       {Path: `C:\data\webui.db`},
		"sqlite:///C:/data/webui.db":       {Path: "C:/data/webui.db"},
		"sqlite:///50%25 off#1.db":         {Path: "50%25 off#1.db"}, // not decoded, as in SQLAlchemy
		"sqlite+aiosqlite:///webui.db":     {Path: "webui.db"},
		"sqlite:///webui.db?timeout=1.5":   {Path: "webui.db", Timeout: timeout(1500 * time.Millisecond)},
		"sqlite:///webui.db?timeout=0":     {Path: "webui.db", Timeout: timeout(0)},
		"sqlite:///x.db?uri=false":         {Path: "x.db"},
		"sqlite:///x?check_same_thread=no": {Path: "x"},
		"sqlite:///x?cached_statements=9":  {Path: "x"},

		"sqlite:///file:x.db?uri=true":                                    {Path: "x.db"},
		"sqlite:///file:x.db?mode=ro&uri=1":                               {Path: "x.db", ReadOnly: true},
		"sqlite:///file:x.db?mode=rw&uri=true":                            {Path: "x.db", MustExist: true},
		"sqlite:///file:x.db?mode=rwc&uri=true&cache=private":             {Path: "x.db", Cache: "private"},
		"sqlite:///file:/a%20b/100%25.db?uri=true&immutable=1":            {Path: "/a b/100%.db", Immutable: true},
		"sqlite:///file:///a/b.db?uri=true&nolock=1&vfs=unix-none":        {Path: "/a/b.db", NoLock: true, VFS: "unix-none"},
		"sqlite:///file://localhost/a/b.db?uri=true":                      {Path: "/a/b.db"},
		"sqlite:///file:x.db#fragment?uri=true":                           {Path: "x.db"},
		"sqlite:///file::memory:?uri=true&cache=shared":                   {Memory: true, Cache: "shared"},
		"sqlite:///file:name?mode=memory&cache=shared&uri=true":           {Memory: true, Name: "name", Cache: "shared"},
		"sqlite:///file:x.db?mode=ro&uri=yes&timeout=10&vfs=unix-dotfile": {Path: "x.db", ReadOnly: true, Timeout: timeout(10 * time.Second), VFS: "unix-dotfile"},
	} {
		got, err := mustParse(t, s).SQLite()
		if err != nil {
			t.Errorf("%s: %v", s, err)
			continue
		}
		if (got.Timeout == nil) != (want.Timeout == nil) || got.Timeout != nil && *got.Timeout != *want.Timeout {
			t.Errorf("%s: timeout %v", s, got.Timeout)
		}
		got.Timeout, want.Timeout = nil, nil
		type fields struct { // those that are exported
			Path, Name, Cache, VFS                         string
			Memory, ReadOnly, MustExist, Immutable, NoLock bool
		}
		of := func(t dburl.SQLiteTarget) fields {
			return fields{t.Path, t.Name, t.Cache, t.VFS, t.Memory, t.ReadOnly, t.MustExist, t.Immutable, t.NoLock}
		}
		if of(got) != of(want) {
			t.Errorf("%s: %+v, want %+v", s, of(got), of(want))
		}
	}
}

func TestSQLiteRefusals(t *testing.T) {
	for s, want := range map[string]string{
		"sqlite://host/webui.db":                "no host",
		"sqlite://webui.db":                     "sqlite:////absolute/path.db",
		"sqlite://user@/webui.db":               "no host",
		"sqlite://:@/webui.db":                  "password",
		"sqlite://:5/webui.db":                  "port",
		"sqlite:///webui.db?mode=ro":            "mode needs uri=true",
		"sqlite:///webui.db?cache=shared":       "cache needs uri=true",
		"sqlite:///webui.db?immutable=1":        "immutable needs uri=true",
		"sqlite:///file:webui.db":               "needs the argument uri=true",
		"sqlite:///webui.db?uri=true":           "must begin with file:",
		"sqlite:///file:x?uri=maybe":            "uri must be true or false",
		"sqlite:///file:x?uri=true&mode=rx":     "mode must be one of ro, rw, rwc, memory",
		"sqlite:///file:x?uri=true&cache=both":  "shared, private",
		"sqlite:///file://host/x?uri=true":      "no host",
		"sqlite:///file://x?uri=true":           "no host",
		"sqlite:///file:a%zz?uri=true":          "percent-encoded",
		"sqlite:///file:a%00?uri=true":          "percent-encoded",
		"sqlite:///file:?uri=true":              "is empty",
		"sqlite:///a\x00b":                      "NUL",
		"sqlite:///x?timeout=-1":                "timeout must be a number of seconds",
		"sqlite:///x?timeout=NaN":               "number of seconds",
		"sqlite:///x?timeout=1&timeout=2":       "2 times",
		"sqlite:///x?bogus=1":                   "unknown argument bogus for sqlite; leave it out, or use one of cache, cached_statements, check_same_thread, immutable",
		"sqlite:///x?timeuot=1":                 "did you mean timeout?",
		"sqlite:///x?isolation_level=IMMEDIATE": "isolation_level is refused",
		"sqlite:///x?_pragma=foreign_keys(1)":   "DATABASE_SQLITE_",
		"sqlite:///x?_journal_mode=WAL":         "DATABASE_SQLITE_",
		"sqlite:///x?detect_types=1":            "Python",
		"postgresql://h/d":                      "not a sqlite URL",
	} {
		_, err := mustParse(t, s).SQLite()
		if !errors.Is(err, dberr.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n  %v\n  does not say %q", s, err, want)
		}
	}
	for _, s := range []string{"sqlite+sqlcipher:///x.db", "sqlite+pysqlcipher://:pw@/x.db?kdf_iter=64000"} {
		if _, err := mustParse(t, s).SQLite(); !errors.Is(err, dberr.ErrUnsupported) ||
			!strings.Contains(err.Error(), "sqlcipher_export") {
			t.Errorf("%s: %v", s, err)
		}
	}
}

// TestSQLiteOpensTheFileThatIsMeant asks SQLite itself what a URI means.
func TestSQLiteOpensTheFileThatIsMeant(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"webui.db", "a b+c.db", "100%.db", "%41.db", "q?m=1&n.db", "h#x.db", "é 😀.db",
		"a'b\"c.db", `back\slash.db`, "file:x.db", ":memory:.db", "c:x.db"} {
		path := filepath.Join(dir, name)
		target := dburl.SQLiteTarget{Path: path}
		touch := func(dsn, statement string) error {
			db, err := sql.Open("sqlite", dsn)
			if err != nil {
				return err
			}
			defer db.Close()
			_, err = db.Exec(statement)
			return err
		}
		if err := touch(target.URI(url.Values{"_pragma": {"busy_timeout(10)", "synchronous(NORMAL)"}}),
			"create table t(x)"); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%q is not the file that was made by %s", name, target.URI(nil))
		}
		target.ReadOnly = true
		if err := touch(target.URI(nil), "insert into t values (1)"); err == nil ||
			!strings.Contains(err.Error(), "readonly") {
			t.Errorf("%s: a read-only file was written: %v", name, err)
		}
		target.Path, target.ReadOnly, target.MustExist = path+".new", false, true
		if err := touch(target.URI(nil), "create table t(x)"); err == nil {
			t.Errorf("%s: mode=rw made a file", name)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 12 {
		t.Errorf("%d files, %v", len(entries), err)
	}
}

func TestSQLiteMemoryURIs(t *testing.T) {
	for want, target := range map[string]dburl.SQLiteTarget{
		"file::memory:":                            {Memory: true},
		"file::memory:?cache=shared":               {Memory: true, Cache: "shared"},
		"file:a%20b?cache=shared&mode=memory":      {Memory: true, Name: "a b", Cache: "shared"},
		"file:rel/x.db?immutable=1&nolock=1&vfs=v": {Path: "rel/x.db", Immutable: true, NoLock: true, VFS: "v"},
		"file:x?vfs=a%20b%2Bc":                     {Path: "x", VFS: "a b+c"},
		"file:////server/share":                    {Path: "//server/share"},
	} {
		if got := target.URI(nil); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	db, err := sql.Open("sqlite", dburl.SQLiteTarget{Memory: true, Name: "shared by two", Cache: "shared"}.URI(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	a, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := a.ExecContext(t.Context(), "create table t(x)"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.ExecContext(t.Context(), "insert into t values (1)"); err != nil {
		t.Errorf("the second connection does not see the first one's table: %v", err)
	}
	if (dburl.SQLiteTarget{Memory: true}).Dir() != "" || (dburl.SQLiteTarget{Path: "a/b.db"}).Dir() != "a" {
		t.Error("Dir")
	}
}
