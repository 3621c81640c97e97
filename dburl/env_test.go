package dburl_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
)

var parts = map[string]string{
	"DATABASE_TYPE": "postgresql", "DATABASE_USER": "app", "DATABASE_PASSWORD": "pw", "DATABASE_HOST": "db", "DATABASE_PORT": "5432", "DATABASE_NAME": "webui",
}

// with returns parts changed by pairs of name and value; "-" removes.
func with(pairs ...string) map[string]string {
	env := maps.Clone(parts)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "-" {
			delete(env, pairs[i])
		} else {
			env[pairs[i]] = pairs[i+1]
		}
	}
	return env
}

func TestTheDefaultIsAFileInTheDataDirectory(t *testing.T) {
	for dir, want := range map[string]string{
		"/app/backend/data": "sqlite:////app/backend/data/webui.db",
		"/data/":            "sqlite:////data/webui.db",
		"/":                 "sqlite:////webui.db",
		"./data":            "sqlite:///./data/webui.db",
		"data":              "sqlite:///data/webui.db",
		"":                  "sqlite:///webui.db",
		"/data/me@home:1":   "sqlite:////data/me@home:1/webui.db",
		"/50%25 #é":         "sqlite:////50%25 #é/webui.db",
		`C:\data`:           `sqlite:///C:\data/webui.db`,
	} {
		cfg, warnings, err := dburl.FromEnv(lookup(nil), dir)
		if err != nil || cfg.URL.Reveal() != want || len(warnings) != 0 {
			t.Errorf("%q: %v, %v, %v", dir, cfg.URL, warnings, err)
			continue
		}
		if target, err := cfg.URL.SQLite(); err != nil || target.Path != strings.TrimPrefix(want, "sqlite:///") {
			t.Errorf("%q: %q, %v", dir, target.Path, err)
		}
	}
	if _, _, err := dburl.FromEnv(lookup(nil), "/what?"); !errors.Is(err, dberr.ErrInvalid) ||
		!strings.Contains(err.Error(), "DATA_DIR") {
		t.Errorf("%v", err)
	}
}

func TestComponents(t *testing.T) {
	for _, c := range []struct {
		env      map[string]string
		want     string // Reveal
		password string
		warned   string
	}{
		{with(), "postgresql://app:pw@db:5432/webui", "pw", ""},
		{with("DATABASE_URL", "sqlite:///x.db"), "postgresql://app:pw@db:5432/webui", "pw", ""},
		{with("DATABASE_URL", ""), "postgresql://app:pw@db:5432/webui", "pw", ""},
		{with("DATABASE_TYPE", "postgres"), "postgresql://app:pw@db:5432/webui", "pw", ""},
		{with("DATABASE_TYPE", "mariadb+pymysql"), "mariadb+pymysql://app:pw@db:5432/webui", "pw", ""},
		{with("DATABASE_PASSWORD", "@/:%?#[]&= +"), "postgresql://app:%40%2F%3A%25%3F%23%5B%5D%26%3D +@db:5432/webui", "@/:%?#[]&= +", ""},
		{with("DATABASE_PASSWORD", "x@evil:1/other?sslmode=disable"), "postgresql://app:x%40evil%3A1%2Fother%3Fsslmode%3Ddisable@db:5432/webui", "x@evil:1/other?sslmode=disable", ""},
		{with("DATABASE_PASSWORD", "p%40ss"), "postgresql://app:p%40ss@db:5432/webui", "p@ss", "DATABASE_PASSWORD"},
		{with("DATABASE_PASSWORD", "100%"), "postgresql://app:100%25@db:5432/webui", "100%", ""},
		{with("DATABASE_PASSWORD", " pw "), "postgresql://app: pw @db:5432/webui", " pw ", ""},
		{with("DATABASE_PASSWORD", "postgres://x"), "postgresql://app:postgres%3A%2F%2Fx@db:5432/webui", "postgres://x", ""},
		{with("DATABASE_USER", "a:b@c/d"), "postgresql://a%3Ab%40c%2Fd:pw@db:5432/webui", "pw", ""},
		{with("DATABASE_USER", "-"), "postgresql://:pw@db:5432/webui", "pw", ""},
		{with("DATABASE_PASSWORD", "-"), "postgresql://app@db:5432/webui", "", ""},
		{with("DATABASE_HOST", "::1"), "postgresql://app:pw@[::1]:5432/webui", "pw", ""},
		{with("DATABASE_HOST", "[2001:db8::1]"), "postgresql://app:pw@[2001:db8::1]:5432/webui", "pw", ""},
		{with("DATABASE_HOST", "h1,h2"), "postgresql://app:pw@h1,h2:5432/webui", "pw", ""},
		{with("DATABASE_HOST", "h1,::1"), "postgresql://app:pw@h1:5432,[::1]:5432/webui", "pw", ""},
		{with("DATABASE_HOST", "/var/run/postgresql"), "postgresql://app:pw@%2Fvar%2Frun%2Fpostgresql:5432/webui", "pw", ""},
		{with("DATABASE_HOST", " db\n", "DATABASE_PORT", " 5432 ", "DATABASE_NAME", "webui\n"), "postgresql://app:pw@db:5432/webui", "pw", ""},
		{with("DATABASE_NAME", "webui?sslmode=require"), "postgresql://app:pw@db:5432/webui?sslmode=require", "pw", ""},
		{with("DATABASE_NAME", "we@b/ui"), "postgresql://app:pw@db:5432/we@b/ui", "pw", ""},
		{with("DATABASE_NAME", "we@b", "DATABASE_PASSWORD", "-"), "postgresql://app:@db:5432/we@b", "", ""},
	} {
		cfg, warnings, err := dburl.FromEnv(lookup(c.env), "data")
		if err != nil {
			t.Errorf("%v: %v", c.env, err)
			continue
		}
		if cfg.URL.Reveal() != c.want || cfg.URL.Password() != c.password {
			t.Errorf("%v: %s with password %q", c.env, cfg.URL.Reveal(), cfg.URL.Password())
		}
		if again := mustParse(t, cfg.URL.Reveal()); !again.Equal(cfg.URL) {
			t.Errorf("%s does not come back", cfg.URL.Reveal())
		}
		checkWarned(t, warnings, c.warned)
	}
}

func checkWarned(t *testing.T, warnings []dburl.Warning, about ...string) {
	t.Helper()
	var got []string
	for _, w := range warnings {
		got = append(got, w.Variable)
		if w.Text == "" || !strings.HasPrefix(w.String(), w.Variable+": ") {
			t.Errorf("%+v", w)
		}
	}
	about = slices.DeleteFunc(about, func(s string) bool { return s == "" })
	if !slices.Equal(got, about) {
		t.Errorf("warned about %v, want %v (%v)", got, about, warnings)
	}
}

func TestBadComponentsAreErrorsThatNameTheVariable(t *testing.T) {
	for _, c := range [][]string{
		{"DATABASE_TYPE", "oracle"}, {"DATABASE_TYPE", "postgresql+nope"}, {"DATABASE_TYPE", "postgresql://x"},
		{"DATABASE_PORT", "x"}, {"DATABASE_PORT", "0"}, {"DATABASE_PORT", "65536"}, {"DATABASE_PORT", "-1"}, {"DATABASE_PORT", "5432/other"}, {"DATABASE_PORT", "54 32"},
		{"DATABASE_HOST", "db:5432"}, {"DATABASE_HOST", "https://db"}, {"DATABASE_HOST", "a@b"}, {"DATABASE_HOST", "a b"}, {"DATABASE_HOST", "h1:1,h2:2"}, {"DATABASE_HOST", "a,,b"},
	} {
		_, _, err := dburl.FromEnv(lookup(with(c[0], c[1])), "data")
		if !errors.Is(err, dberr.ErrInvalid) || !strings.HasPrefix(err.Error(), c[0]+": ") {
			t.Errorf("%v: %v", c, err)
		}
	}
	for _, s := range []string{"", "x", "postgresql://u:p@h:x/d", "oracle://h"} {
		_, _, err := dburl.FromEnv(lookup(map[string]string{"DATABASE_URL": s}), "data")
		if !errors.Is(err, dberr.ErrInvalid) || !strings.HasPrefix(err.Error(), "DATABASE_URL: ") {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestSomeComponentsAreIgnoredWithAWarning(t *testing.T) {
	for _, c := range []struct {
		env   map[string]string
		url   string
		words string
	}{
		{with("DATABASE_PORT", "-"), "sqlite:///data/webui.db", "DATABASE_PORT is not set; the SQLite file"},
		{with("DATABASE_HOST", ""), "sqlite:///data/webui.db", "DATABASE_HOST is not set"},
		{with("DATABASE_USER", "-", "DATABASE_PASSWORD", "-"), "sqlite:///data/webui.db", "DATABASE_USER is not set"},
		{with("DATABASE_NAME", "-", "DATABASE_PORT", "-"), "sqlite:///data/webui.db", "DATABASE_PORT, DATABASE_NAME are not set"},
		{with("DATABASE_PORT", "-", "DATABASE_URL", "mysql://h/d"), "mysql://h/d", "DATABASE_URL is used"},
		{map[string]string{"DATABASE_PASSWORD": secret, "DATABASE_URL": "mysql://h/d"}, "mysql://h/d", "DATABASE_PASSWORD is ignored"},
		{map[string]string{"DATABASE_TYPE": "postgresql"}, "sqlite:///data/webui.db", "DATABASE_TYPE is ignored"},
		{map[string]string{"DATABASE_TYPE": "sqlite"}, "sqlite:///data/webui.db", ""},
		{map[string]string{"DATABASE_TYPE": "sqlite+sqlcipher", "DATABASE_PASSWORD": secret}, "sqlite+sqlcipher:///data/webui.db", ""},
	} {
		cfg, warnings, err := dburl.FromEnv(lookup(c.env), "data")
		if err != nil || cfg.URL.String() != c.url {
			t.Errorf("%v: %v, %v", c.env, cfg.URL, err)
		}
		if c.words == "" {
			checkWarned(t, warnings)
		} else if len(warnings) != 1 || !strings.Contains(warnings[0].String(), c.words) {
			t.Errorf("%v: %v does not say %q", c.env, warnings, c.words)
		}
		assertHidden(t, warnings)
	}
}

func TestDatabaseURLOfTheEnvironment(t *testing.T) {
	for text, c := range map[string]struct{ want, warned string }{
		"postgres://u:p@h/d":                {"postgresql://u:p@h/d", ""},
		"postgresql://u:p@h/d\n":            {"postgresql://u:p@h/d", "DATABASE_URL"},
		"postgresql://u:postgres://x@h/d":   {"postgresql://u:postgresql%3A%2F%2Fx@h/d", "DATABASE_URL"},
		"postgresql://u:postgres%3A//x@h/d": {"postgresql://u:postgres%3A%2F%2Fx@h/d", ""},
	} {
		cfg, warnings, err := dburl.FromEnv(lookup(map[string]string{"DATABASE_URL": text}), "data")
		if err != nil || cfg.URL.Reveal() != c.want {
			t.Errorf("%q: %v, %v", text, cfg.URL, err)
		}
		checkWarned(t, warnings, c.warned)
	}
}

func TestPoolVariables(t *testing.T) {
	def := dburl.DefaultPool()
	pool := func(size, overflow int) dburl.PoolSettings {
		p := def
		p.Size, p.MaxOverflow = size, overflow
		return p
	}
	timed := func(timeout, recycle time.Duration) dburl.PoolSettings {
		p := def
		p.Timeout, p.Recycle = timeout, recycle
		return p
	}
	for _, c := range []struct {
		env    string // NAME=value without DATABASE_POOL_, with spaces
		want   dburl.PoolSettings
		warned string
	}{
		{"", def, ""},
		{"SIZE=", def, ""},
		{"SIZE=20", pool(20, 0), ""},
		{"SIZE=20 MAX_OVERFLOW=7", pool(20, 7), ""},
		{"SIZE=20 MAX_OVERFLOW=-1", pool(20, -1), ""},
		{"MAX_OVERFLOW=3", pool(5, 3), ""},
		{"SIZE=0", pool(0, -1), ""},
		{"SIZE=0 MAX_OVERFLOW=5", pool(0, -1), ""},
		{"SIZE=-3", pool(0, -1), "DATABASE_POOL_SIZE"},
		{"SIZE=abc", def, "DATABASE_POOL_SIZE"},
		{"SIZE=1.5", def, "DATABASE_POOL_SIZE"},
		{"SIZE=99999999999999999999", def, "DATABASE_POOL_SIZE"},
		{"SIZE=2 MAX_OVERFLOW=x", pool(2, 0), "DATABASE_POOL_MAX_OVERFLOW"},
		{"MAX_OVERFLOW=-2", def, "DATABASE_POOL_MAX_OVERFLOW"},
		{"TIMEOUT=5 RECYCLE=60", timed(5*time.Second, time.Minute), ""},
		{"TIMEOUT=0", def, "DATABASE_POOL_TIMEOUT"},
		{"TIMEOUT=x", def, "DATABASE_POOL_TIMEOUT"},
		{"TIMEOUT=99999999999", def, "DATABASE_POOL_TIMEOUT"},
		{"RECYCLE=-1", timed(def.Timeout, 0), ""},
		{"RECYCLE=0", timed(def.Timeout, 0), "DATABASE_POOL_RECYCLE"},
		{"RECYCLE=x", def, "DATABASE_POOL_RECYCLE"},
	} {
		env := map[string]string{"DATABASE_URL": "postgresql://h/d"}
		for f := range strings.FieldsSeq(c.env) {
			k, v, _ := strings.Cut(f, "=")
			env["DATABASE_POOL_"+k] = v
		}
		cfg, warnings, err := dburl.FromEnv(lookup(env), "data")
		if err != nil || cfg.Pool != c.want {
			t.Errorf("%s: %+v, %v, want %+v", c.env, cfg.Pool, err, c.want)
		}
		checkWarned(t, warnings, c.warned)
	}
	for url, ping := range map[string]bool{"postgresql://h/d": true, "mysql://h/d": true, "mariadb://h/d": true,
		"sqlite:///x": false} {
		cfg, _, err := dburl.FromEnv(lookup(map[string]string{"DATABASE_URL": url}), "data")
		if err != nil || cfg.Pool.PrePing != ping {
			t.Errorf("%s: %+v, %v", url, cfg.Pool, err)
		}
	}
}

func TestPoolLimitsOfDatabaseSQL(t *testing.T) {
	for _, c := range []struct {
		p          dburl.PoolSettings
		open, idle int
	}{
		{dburl.DefaultPool(), 15, 5},
		{dburl.PoolSettings{Size: 5}, 5, 5},
		{dburl.PoolSettings{Size: 5, MaxOverflow: -1}, 0, 5},
		{dburl.PoolSettings{MaxOverflow: -1}, 0, -1},
		{dburl.PoolSettings{MaxOverflow: 3}, 3, -1},
	} {
		if c.p.MaxOpen() != c.open || c.p.MaxIdle() != c.idle {
			t.Errorf("%+v: %d, %d", c.p, c.p.MaxOpen(), c.p.MaxIdle())
		}
	}
	if (dburl.PoolSettings{}).OrDefault() != dburl.DefaultPool() || (dburl.PoolSettings{Size: 1}).OrDefault().Size != 1 {
		t.Error("OrDefault")
	}
}

func TestSQLiteVariables(t *testing.T) {
	const all = "busy_timeout=5000 synchronous=NORMAL cache_size=-16384 temp_store=MEMORY mmap_size=0 journal_size_limit=67108864"
	without := func(name string) string {
		var out []string
		for f := range strings.FieldsSeq(all) {
			if !strings.HasPrefix(f, name+"=") {
				out = append(out, f)
			}
		}
		return strings.Join(out, " ")
	}
	for _, c := range []struct {
		env, pragmas, journal, warned string
	}{
		{"", all, "WAL", ""},
		{"ENABLE_SQLITE_WAL=true", all, "WAL", ""},
		{"ENABLE_SQLITE_WAL=True", all, "WAL", ""},
		{"ENABLE_SQLITE_WAL=false", all, "DELETE", ""},
		{"ENABLE_SQLITE_WAL=1", all, "DELETE", "DATABASE_ENABLE_SQLITE_WAL"},
		{"ENABLE_SQLITE_WAL=", all, "DELETE", "DATABASE_ENABLE_SQLITE_WAL"},
		{"SQLITE_PRAGMA_SYNCHRONOUS=", without("synchronous"), "WAL", ""},
		{"SQLITE_PRAGMA_SYNCHRONOUS=full", strings.Replace(all, "NORMAL", "FULL", 1), "WAL", ""},
		{"SQLITE_PRAGMA_SYNCHRONOUS=2", strings.Replace(all, "NORMAL", "FULL", 1), "WAL", ""},
		{"SQLITE_PRAGMA_BUSY_TIMEOUT=", without("busy_timeout"), "WAL", ""},
		{"SQLITE_PRAGMA_BUSY_TIMEOUT=0", strings.Replace(all, "busy_timeout=5000", "busy_timeout=0", 1), "WAL", ""},
		{"SQLITE_PRAGMA_CACHE_SIZE=2000", strings.Replace(all, "-16384", "2000", 1), "WAL", ""},
		{"SQLITE_PRAGMA_CACHE_SIZE=", without("cache_size"), "WAL", ""},
		{"SQLITE_PRAGMA_TEMP_STORE=", without("temp_store"), "WAL", ""},
		{"SQLITE_PRAGMA_TEMP_STORE=1", strings.Replace(all, "MEMORY", "FILE", 1), "WAL", ""},
		{"SQLITE_PRAGMA_MMAP_SIZE=", without("mmap_size"), "WAL", ""},
		{"SQLITE_PRAGMA_MMAP_SIZE=268435456", strings.Replace(all, "mmap_size=0", "mmap_size=268435456", 1), "WAL", ""},
		{"SQLITE_PRAGMA_JOURNAL_SIZE_LIMIT=", without("journal_size_limit"), "WAL", ""},
		{"SQLITE_PRAGMA_JOURNAL_SIZE_LIMIT=-1", strings.Replace(all, "67108864", "-1", 1), "WAL", ""},
	} {
		env := map[string]string{}
		if k, v, ok := strings.Cut(c.env, "="); ok {
			env["DATABASE_"+k] = v
		}
		cfg, warnings, err := dburl.FromEnv(lookup(env), "data")
		if err != nil {
			t.Errorf("%s: %v", c.env, err)
			continue
		}
		checkWarned(t, warnings, c.warned)
		if got := pragmaText(t, cfg.SQLite); got != c.pragmas || cfg.SQLite.JournalMode() != c.journal {
			t.Errorf("%s:\n got %s, %s\nwant %s, %s", c.env, got, cfg.SQLite.JournalMode(), c.pragmas, c.journal)
		}
	}
	for _, c := range []string{"SYNCHRONOUS=off; drop table user", "SYNCHRONOUS=4", "BUSY_TIMEOUT=-1", "BUSY_TIMEOUT=5s",
		"CACHE_SIZE=64MB", "CACHE_SIZE=99999999999", "TEMP_STORE=DISK", "MMAP_SIZE=-2", "MMAP_SIZE=x",
		"JOURNAL_SIZE_LIMIT=1;x"} {
		name, value, _ := strings.Cut(c, "=")
		name = "DATABASE_SQLITE_PRAGMA_" + name
		_, _, err := dburl.FromEnv(lookup(map[string]string{name: value}), "data")
		if !errors.Is(err, dberr.ErrInvalid) || !strings.HasPrefix(err.Error(), name+": ") ||
			strings.Contains(err.Error(), value) {
			t.Errorf("%s: %v", c, err)
		}
	}
}

func pragmaText(t *testing.T, s dburl.SQLiteSettings) string {
	t.Helper()
	pragmas, err := s.Pragmas()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range pragmas {
		out = append(out, fmt.Sprint(p.Name, "=", p.Value))
	}
	return strings.Join(out, " ")
}

// TestEverythingUnsetIsNotTheDefault: who switches off every setting means it.
func TestEverythingUnsetIsNotTheDefault(t *testing.T) {
	env := map[string]string{"DATABASE_ENABLE_SQLITE_WAL": "false"}
	for _, name := range []string{"SYNCHRONOUS", "BUSY_TIMEOUT", "CACHE_SIZE", "TEMP_STORE", "MMAP_SIZE",
		"JOURNAL_SIZE_LIMIT"} {
		env["DATABASE_SQLITE_PRAGMA_"+name] = ""
	}
	cfg, _, err := dburl.FromEnv(lookup(env), "data")
	if err != nil {
		t.Fatal(err)
	}
	if s := cfg.SQLite.OrDefault(); s.WAL || pragmaText(t, s) != "" {
		t.Errorf("%+v", s)
	}
	if diff := cmp.Diff(dburl.DefaultSQLite(), dburl.SQLiteSettings{}.OrDefault(),
		cmpopts.IgnoreUnexported(dburl.SQLiteSettings{})); diff != "" {
		t.Error(diff)
	}
}

func TestPragmasOfAProgramAreCheckedToo(t *testing.T) {
	if got := pragmaText(t, dburl.SQLiteSettings{Synchronous: "extra",
		BusyTimeout: new(1500 * time.Millisecond)}); got != "busy_timeout=1500 synchronous=EXTRA" {
		t.Error(got)
	}
	for _, s := range []dburl.SQLiteSettings{
		{Synchronous: "x; drop table y"}, {TempStore: "3"}, {BusyTimeout: new(-time.Second)}, {CacheSize: new(int64(1) << 40)}, {MmapSize: new(int64(-2))}, {JournalSizeLimit: new(int64(-2))},
	} {
		if p, err := s.Pragmas(); !errors.Is(err, dberr.ErrInvalid) {
			t.Errorf("%v, %v", p, err)
		}
	}
}

func TestDatabaseSchema(t *testing.T) {
	for _, c := range []struct{ url, schema, want, warned string }{
		{"postgresql://h/d", "app", "app", ""},
		{"postgresql://h/d", " app ", "app", ""},
		{"postgresql://h/d", "", "", ""},
		{"postgresql://h/d", strings.Repeat("x", 63), strings.Repeat("x", 63), ""},
		{"sqlite:///x", "app", "", "DATABASE_SCHEMA"},
		{"mysql://h/d", "app", "", "DATABASE_SCHEMA"},
	} {
		cfg, warnings, err := dburl.FromEnv(lookup(map[string]string{"DATABASE_URL": c.url,
			"DATABASE_SCHEMA": c.schema}), "data")
		if err != nil || cfg.Schema != c.want {
			t.Errorf("%+v: %q, %v", c, cfg.Schema, err)
		}
		checkWarned(t, warnings, c.warned)
	}
	for _, s := range []string{strings.Repeat("x", 64), "a\x00b", "\xff"} {
		_, _, err := dburl.FromEnv(lookup(map[string]string{"DATABASE_URL": "postgresql://h/d",
			"DATABASE_SCHEMA": s}), "data")
		if !errors.Is(err, dberr.ErrInvalid) || !strings.HasPrefix(err.Error(), "DATABASE_SCHEMA: ") {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestWhereThePasswordComesFrom(t *testing.T) {
	const file, command = "DATABASE_PASSWORD_FILE", "DATABASE_PASSWORD_COMMAND"
	for _, c := range []struct {
		env                        map[string]string
		wantFile, wantCommand, bad string // bad is what the error or the warning names
	}{
		{env: with("DATABASE_PASSWORD", "-", file, "/run/pw "), wantFile: "/run/pw "},
		{env: with("DATABASE_PASSWORD", "-", command, " token --now "), wantCommand: "token --now"},
		{env: map[string]string{"DATABASE_URL": "mysql://app@db/webui", file: "pw"}, wantFile: "pw"},
		{env: map[string]string{"DATABASE_URL": "mysql://app@db/webui", file: "", command: ""}},
		{env: with(file, "/run/pw"), bad: "password in DATABASE_PASSWORD"},
		{env: map[string]string{"DATABASE_URL": "mysql://app:s3cret@db/webui", command: "x"}, bad: "password in DATABASE_URL"},
		{env: with("DATABASE_PASSWORD", "-", file, "/run/pw", command, "x"), bad: command},
		{env: map[string]string{file: "/run/pw"}, bad: "sqlite"},
	} {
		cfg, warnings, err := dburl.FromEnv(lookup(c.env), "data")
		said := fmt.Sprint(warnings, err)
		if cfg.PasswordFile != c.wantFile || cfg.PasswordCommand != c.wantCommand {
			t.Errorf("%v: %q, %q", c.env, cfg.PasswordFile, cfg.PasswordCommand)
		}
		if c.bad == "" && said != "[] <nil>" || !strings.Contains(said, c.bad) || strings.Contains(said, "s3cret") {
			t.Errorf("%v: %s", c.env, said)
		}
	}
}

func TestWhereListsAreRead(t *testing.T) {
	const read, lag = "DATABASE_READ_URL", "DATABASE_READ_LAG"
	base := map[string]string{"DATABASE_URL": "mysql://app@db/webui"}
	for _, c := range []struct {
		env  map[string]string
		host string
		lag  time.Duration
		bad  string // what the error or the warning names
	}{
		{env: map[string]string{}},
		{env: map[string]string{lag: "never"}},
		{env: map[string]string{read: "mysql://app@replica/webui"}, host: "replica", lag: time.Second},
		{env: map[string]string{read: " mysql://app@replica/webui ", lag: "0s"}, host: "replica"},
		{env: map[string]string{read: "mysql://app@replica/webui", lag: "250ms"}, host: "replica", lag: 250 * time.Millisecond},
		{env: map[string]string{read: "mysql://app@replica/webui", lag: "-1s"}, bad: lag},
		{env: map[string]string{read: "mysql://app@replica/webui", lag: "soon"}, bad: lag},
		{env: map[string]string{read: "postgresql://app:s3cret@replica/webui"}, bad: read},
		{env: map[string]string{read: "replica:s3cret"}, bad: read},
		{env: map[string]string{read: "mysql://app@replica/webui", "DATABASE_URL": "sqlite:///webui.db"}, bad: read},
	} {
		env := maps.Clone(base)
		maps.Copy(env, c.env)
		cfg, warnings, err := dburl.FromEnv(lookup(env), "data")
		said := fmt.Sprint(warnings, err)
		if (cfg.Read != nil) != (c.host != "") || cfg.Read != nil && cfg.Read.Host != c.host || cfg.ReadLag != c.lag {
			t.Errorf("%v: %v, %v", c.env, cfg.Read, cfg.ReadLag)
		}
		if c.bad == "" && said != "[] <nil>" || !strings.Contains(said, c.bad) || strings.Contains(said, "s3cret") {
			t.Errorf("%v: %s", c.env, said)
		}
	}
}
