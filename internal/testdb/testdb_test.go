package testdb_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/internal/testdb/server"
)

// open connects to a test's database with the bare driver.
func open(t *testing.T, engine, url string) *sql.DB {
	t.Helper()
	var db *sql.DB
	var err error
	if engine == testdb.SQLite {
		db, err = sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:///"))
	} else {
		var e server.Endpoint
		if e, err = server.Parse(engine, url); err == nil {
			db, err = e.Open("")
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func exec1(t *testing.T, db *sql.DB, stmt string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), stmt); err != nil {
		t.Fatalf("%s: %v", stmt, err)
	}
}

func text(t *testing.T, db *sql.DB, ask string) (s string) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), ask).Scan(&s); err != nil {
		t.Fatalf("%s: %v", ask, err)
	}
	return s
}

func TestEach(t *testing.T) {
	var ran []string
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		ran = append(ran, db.Engine)
		if filepath.Base(t.Name()) != db.Engine {
			t.Errorf("subtest of %s is called %s", db.Engine, t.Name())
		}
		title := map[string]string{"sqlite": "SQLite ", "postgresql": "PostgreSQL ", "mysql": "MySQL ",
			"mariadb": "MariaDB "}[db.Engine]
		if !strings.HasPrefix(db.Version, title) || len(db.Version) < len(title)+3 {
			t.Errorf("version %q of %s", db.Version, db.Engine)
		}
		if !strings.HasPrefix(db.URL, db.Engine+"://") {
			t.Errorf("URL %s of %s", db.URL, db.Engine)
		}
		a := open(t, db.Engine, db.URL)
		exec1(t, a, "CREATE TABLE only_here (id INTEGER)")
		other := testdb.New(t, db.Engine)
		if other.URL == db.URL {
			t.Fatal("two databases have one URL")
		}
		b := open(t, db.Engine, other.URL)
		exec1(t, b, "CREATE TABLE only_here (id INTEGER)")
		exec1(t, a, "INSERT INTO only_here VALUES (1)")
		if n := text(t, b, "SELECT count(*) FROM only_here"); n != "0" {
			t.Errorf("a row of one database is seen in the other")
		}
	})
	if !slices.Equal(ran, testdb.Engines()) {
		t.Errorf("ran on %v of %v", ran, testdb.Engines())
	}
}

// The server keeps its makers' collation, the database has the binary one.
func TestCollations(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		h := open(t, db.Engine, db.URL)
		switch db.Engine {
		case testdb.PostgreSQL:
			if got := text(t, h, "SELECT current_setting('server_encoding') || ' ' || datcollate FROM pg_database WHERE datname = current_database()"); got != "UTF8 C" {
				t.Errorf("encoding and collation %s", got)
			}
		case testdb.MySQL, testdb.MariaDB:
			want := map[string]string{testdb.MySQL: "utf8mb4_0900_bin", testdb.MariaDB: "utf8mb4_nopad_bin"}[db.Engine]
			if got := text(t, h, "SELECT @@collation_database"); got != want {
				t.Errorf("the database has %s, want %s", got, want)
			}
			if got := text(t, h, "SELECT @@global.collation_server"); strings.HasSuffix(got, "_bin") {
				t.Errorf("the server has %s, which hides DDL without a collation", got)
			}
		}
	})
}

func TestDropped(t *testing.T) {
	for _, e := range testdb.Engines() {
		if e == testdb.SQLite {
			continue
		}
		t.Run(e, func(t *testing.T) {
			keeps := testdb.New(t, e) // keeps the server, to be asked afterwards
			var gone testdb.DB
			t.Run("user", func(t *testing.T) {
				gone = testdb.New(t, e)
				h := open(t, e, gone.URL)
				exec1(t, h, "CREATE TABLE held (id INTEGER)")
				// A transaction that a broken test leaves open must not keep the database.
				tx, err := h.BeginTx(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := tx.ExecContext(t.Context(), "INSERT INTO held VALUES (1)"); err != nil {
					t.Fatal(err)
				}
				conn, err := h.Conn(context.WithoutCancel(t.Context()))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := conn.ExecContext(context.WithoutCancel(t.Context()), "BEGIN"); err != nil {
					t.Fatal(err)
				}
				if _, err := conn.ExecContext(context.WithoutCancel(t.Context()), "INSERT INTO held VALUES (2)"); err != nil {
					t.Fatal(err)
				}
			})
			name := gone.URL[strings.LastIndexByte(gone.URL, '/')+1:]
			name, _, _ = strings.Cut(name, "?")
			ask := "SELECT count(*) FROM information_schema.schemata WHERE schema_name = '" + name + "'"
			if e == testdb.PostgreSQL {
				ask = "SELECT count(*) FROM pg_database WHERE datname = '" + name + "'"
			}
			if n := text(t, open(t, e, keeps.URL), ask); n != "0" {
				t.Errorf("the database %s is still there", name)
			}
		})
	}
}

func TestMemory(t *testing.T) {
	if !slices.Contains(testdb.Engines(), testdb.SQLite) {
		return
	}
	if db := testdb.Memory(t); db.URL != "sqlite:///:memory:" || db.Engine != testdb.SQLite {
		t.Errorf("%+v", db)
	}
}

func TestEngines(t *testing.T) {
	for _, c := range []struct{ only, skip, want string }{
		{"", "", "sqlite postgresql mysql mariadb"},
		{"mysql,sqlite", "", "sqlite mysql"},
		{"", "mysql", "sqlite postgresql mariadb"},
		{"mysql", "mysql", ""},
		{"sqlite", "mysql, mariadb", "sqlite"},
	} {
		t.Setenv("TESTDB_ENGINES", c.only)
		t.Setenv("TESTDB_SKIP", c.skip)
		if got := strings.Join(testdb.Engines(), " "); got != c.want {
			t.Errorf("TESTDB_ENGINES=%q TESTDB_SKIP=%q: %q, want %q", c.only, c.skip, got, c.want)
		}
	}
}

// again runs one test of this program in a process of its own.
func again(t *testing.T, test string, env ...string) (output string, ok bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0], "-test.v", "-test.run", "^"+test+"$")
	c.Env = append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	return string(out), err == nil
}

func TestLeftOut(t *testing.T) {
	out, ok := again(t, "TestEach", "TESTDB_ENGINES=sqlite,mysql", "TESTDB_SKIP=mysql")
	if !ok {
		t.Errorf("a named engine fails the test:\n%s", out)
	}
	if !strings.Contains(out, "TestEach does not run on MySQL: TESTDB_SKIP=mysql") {
		t.Errorf("nothing says that MySQL was left out:\n%s", out)
	}
	if strings.Contains(out, "TestEach/mysql") || !strings.Contains(out, "PASS: TestEach/sqlite") {
		t.Errorf("not just MySQL was left out:\n%s", out)
	}
}

// A machine without the server, and without a way to get it.
func TestMissingServer(t *testing.T) {
	empty := t.TempDir()
	env := []string{"TESTDB_ENGINES=sqlite,mariadb", "LARDER_TESTDB_FETCH=mariadb",
		"LARDER_TESTDB_CACHE=" + filepath.Join(empty, "cache"),
		"LARDER_TESTDB_RUN=" + filepath.Join(empty, "run"), "PATH=" + empty, "TEST_MARIADB_URL="}
	out, ok := again(t, "TestEach", env...)
	if ok {
		t.Errorf("a missing server passes:\n%s", out)
	}
	for _, want := range []string{"FAIL: TestEach/mariadb", "PASS: TestEach/sqlite", "TEST_MARIADB_URL", "MARIADBD",
		"compose.yaml", "TESTDB_SKIP=mariadb"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if out, ok := again(t, "TestEach", append(env, "TESTDB_SKIP=mariadb")...); !ok {
		t.Errorf("a missing server that was named fails:\n%s", out)
	}
}

func TestPrivate(t *testing.T) {
	for _, e := range testdb.Engines() {
		if e == testdb.SQLite {
			continue
		}
		t.Run(e, func(t *testing.T) {
			s := testdb.Private(t, e)
			port := s.Port()
			url := s.NewDatabase(t)
			db := open(t, e, url)
			exec1(t, db, "CREATE TABLE kept (id INTEGER)")
			exec1(t, db, "INSERT INTO kept VALUES (1)")
			rows := func(want string) {
				t.Helper()
				if s.Port() != port {
					t.Fatalf("the port moved from %d to %d", port, s.Port())
				}
				if got := text(t, open(t, e, url), "SELECT count(*) FROM kept"); got != want {
					t.Fatalf("%s rows, want %s", got, want)
				}
			}
			refused := func() {
				t.Helper()
				if err := open(t, e, url).PingContext(t.Context()); err == nil {
					t.Fatal("a stopped server answers")
				}
			}
			for n, end := range []func() error{s.Kill, func() error { return s.Stop(t.Context()) }, s.Kill} {
				if err := s.Start(t.Context()); err == nil {
					t.Fatal("a running server was started")
				}
				if err := end(); err != nil {
					t.Fatal(err)
				}
				refused()
				if err := s.Start(t.Context()); err != nil {
					t.Fatal(err)
				}
				rows(fmt.Sprint(n + 1))
				exec1(t, open(t, e, url), "INSERT INTO kept VALUES (1)")
			}

			warm := open(t, e, url)
			text(t, warm, "SELECT 1")
			if err := s.Pause(); err != nil {
				t.Fatal(err)
			}
			short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			var one int
			if err := warm.QueryRowContext(short, "SELECT 1").Scan(&one); err == nil {
				t.Error("a paused server answers")
			}
			if err := s.Resume(); err != nil {
				t.Fatal(err)
			}
			rows("4")
			if err := s.Resume(); err != nil {
				t.Errorf("resume of a running server: %v", err)
			}
		})
	}
}

// A private server that was killed, or paused, is cleaned up all the same.
func TestPrivateEndsBroken(t *testing.T) {
	for _, e := range testdb.Engines() {
		if e == testdb.SQLite {
			continue
		}
		for how, broken := range map[string]func(*testdb.Server) error{"killed": (*testdb.Server).Kill, "paused": (*testdb.Server).Pause} {
			t.Run(e+"/"+how, func(t *testing.T) {
				var dir string
				t.Run("use", func(t *testing.T) {
					s := testdb.Private(t, e)
					ask := "SELECT @@datadir"
					if e == testdb.PostgreSQL {
						ask = "SHOW data_directory"
					}
					dir = filepath.Dir(filepath.Clean(text(t, open(t, e, s.NewDatabase(t)), ask)))
					if err := broken(s); err != nil {
						t.Fatal(err)
					}
				})
				for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
					if _, err := os.Stat(dir); err != nil {
						return
					}
					if time.Now().After(deadline) {
						t.Fatalf("%s is still there", dir)
					}
				}
			})
		}
	}
}

func TestClient(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		script := "CREATE TABLE said (word VARCHAR(20));\nINSERT INTO said VALUES ('grüß 🦉');\nINSERT INTO said VALUES ('two');\n"
		c := testdb.Client(t, db)
		c.Stdin = strings.NewReader(script)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		h := open(t, db.Engine, db.URL)
		if got := text(t, h, "SELECT max(word) FROM said WHERE word <> 'two'"); got != "grüß 🦉" {
			t.Errorf("the word came as %q", got)
		}
		c = testdb.Client(t, db)
		c.Stdin = strings.NewReader("INSERT INTO no_such_table VALUES (1);\nDELETE FROM said;\n")
		var errs bytes.Buffer
		c.Stderr = &errs
		if err := c.Run(); err == nil {
			t.Error("a wrong statement ends with status 0")
		}
		if !strings.Contains(errs.String(), "no_such_table") {
			t.Errorf("the shell does not say what is wrong: %s", errs.String())
		}
		if n := text(t, h, "SELECT count(*) FROM said"); n != "2" {
			t.Error("the shell went on after an error")
		}
	})
}
