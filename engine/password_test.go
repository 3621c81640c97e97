package engine_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-db/larder/credential"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
)

// changing is a user whose password changes.
type changing struct {
	t     *testing.T
	admin *engine.Engine
	url   *dburl.URL // of the user, without a password
	file  string
}

// newChanging makes a user of a server of its own: that of PostgreSQL which the
// tests share trusts everybody.
func newChanging(t *testing.T, name string) *changing {
	t.Helper()
	server := testdb.Private(t, name)
	c := &changing{t: t, file: filepath.Join(t.TempDir(), "password")}
	address := server.NewDatabase(t)
	c.admin = enginetest.Open(t, address, engine.Options{})
	u, err := dburl.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	c.url = u.WithUser("changing").WithoutPassword()
	if name != testdb.PostgreSQL {
		c.sql("CREATE USER changing IDENTIFIED BY 'pw-0'")
		c.sql("GRANT ALL ON *.* TO changing")
	} else {
		c.sql("CREATE ROLE changing LOGIN PASSWORD 'pw-0'")
		hba := c.text("SHOW hba_file")
		rules, err := os.ReadFile(hba)
		if err != nil {
			t.Fatal(err)
		}
		rules = append([]byte("host all changing all scram-sha-256\n"), rules...)
		if err := os.WriteFile(hba, rules, 0o600); err != nil {
			t.Fatal(err)
		}
		c.sql("SELECT pg_reload_conf()")
	}
	c.write("pw-0")
	return c
}

func (c *changing) sql(text string) {
	c.t.Helper()
	if _, err := c.admin.Exec(c.t.Context(), engine.Statement{SQL: text}); err != nil {
		c.t.Fatal(text, err)
	}
}

func (c *changing) text(query string) (s string) {
	c.t.Helper()
	rows, err := c.admin.Query(c.t.Context(), engine.Statement{SQL: query})
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() || rows.Scan(&s) != nil {
		c.t.Fatal(query, rows.Err())
	}
	return s
}

// write puts a password where the user's connections look for it.
func (c *changing) write(password string) {
	c.t.Helper()
	part := c.file + ".new"
	if err := os.WriteFile(part, []byte(password+"\n"), 0o600); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Rename(part, c.file); err != nil {
		c.t.Fatal(err)
	}
}

// open opens an engine that makes a connection for each statement.
func (c *changing) open() (*engine.Engine, error) {
	o := enginetestOptions()
	o.Password, o.Pool = credential.File(c.file), &dburl.PoolSettings{Size: 0, MaxOverflow: -1, Timeout: time.Minute}
	return engine.OpenURL(c.t.Context(), c.url, o)
}

// A password that is changed in the server first and in its file a little later
// is noticed by nobody who opens connections meanwhile.
func TestPasswordsChangeUnderLoad(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) {
		t.Parallel()
		c := newChanging(t, name)
		eng, err := c.open()
		if err != nil {
			t.Fatal(err)
		}
		defer eng.Close()
		var (
			all  sync.WaitGroup
			stop atomic.Bool
			done atomic.Int64
		)
		for range 4 {
			all.Go(func() {
				for !stop.Load() {
					if _, err := eng.Exec(t.Context(), engine.Statement{SQL: "SELECT 1"}); err != nil {
						t.Error(err)
						return
					}
					done.Add(1)
				}
			})
		}
		for i := range 20 {
			password := "pw-" + strconv.Itoa(i+1)
			if name == testdb.PostgreSQL {
				c.sql("ALTER ROLE changing PASSWORD '" + password + "'")
			} else {
				c.sql("ALTER USER changing IDENTIFIED BY '" + password + "'")
			}
			time.Sleep(50 * time.Millisecond)
			c.write(password)
			time.Sleep(50 * time.Millisecond)
		}
		stop.Store(true)
		all.Wait()
		t.Logf("%d connections over 20 changes", done.Load())
	})
}

// A password that stays wrong is an error with a sentence and without the
// password: soon at the beginning, and after some patience later.
func TestPasswordsThatStayWrong(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) {
		t.Parallel()
		c := newChanging(t, name)
		eng, err := c.open()
		if err != nil {
			t.Fatal(err)
		}
		defer eng.Close()
		refused := func(err error) {
			t.Helper()
			if dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), "changing") ||
				strings.Contains(err.Error(), "wr0ng") {
				t.Errorf("%v", err)
			}
		}
		c.write("wr0ng")
		if other, err := c.open(); err == nil {
			other.Close()
			t.Error("it lets a wrong password in")
		} else {
			refused(err)
		}
		_, err = eng.Exec(t.Context(), engine.Statement{SQL: "SELECT 1"})
		refused(err)
		if err := os.Remove(c.file); err != nil {
			t.Fatal(err)
		}
		_, err = eng.Exec(t.Context(), engine.Statement{SQL: "SELECT 1"})
		if dberr.CodeOf(err) != dberr.Unavailable || !strings.Contains(err.Error(), c.file) {
			t.Errorf("without the file: %v", err)
		}
		c.write("pw-0")
		if _, err := eng.Exec(t.Context(), engine.Statement{SQL: "SELECT 1"}); err != nil {
			t.Errorf("it does not recover: %v", err)
		}
	})
}
