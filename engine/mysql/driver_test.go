package mysql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/drivertest"
	"github.com/larder-db/larder/internal/testdb"
)

func parse(t testing.TB, s string) *dburl.URL {
	t.Helper()
	u, err := dburl.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func mustOpen(t testing.TB, u *dburl.URL, o driver.OpenOptions) *driver.Database {
	t.Helper()
	db, err := Driver{}.Open(t.Context(), u, o)
	if err != nil {
		t.Fatalf("%v (%v)", err, errors.Unwrap(err))
	}
	t.Cleanup(func() { db.Writer.Close() })
	return db
}

// flavours runs fn on MySQL and on MariaDB.
func flavours(t *testing.T, fn func(t *testing.T, u *dburl.URL)) {
	for _, name := range []string{testdb.MySQL, testdb.MariaDB} {
		t.Run(name, func(t *testing.T) { fn(t, parse(t, testdb.New(t, name).URL)) })
	}
}

func TestConnections(t *testing.T) {
	for _, name := range []string{testdb.MySQL, testdb.MariaDB} {
		t.Run(name, func(t *testing.T) { drivertest.Connections(t, Driver{}, testdb.New(t, name).URL) })
	}
}

// What a command of the URL sets does not change what texts and instants mean.
func TestTheCommandOfTheURL(t *testing.T) {
	flavours(t, func(t *testing.T, u *dburl.URL) {
		for _, command := range []string{"SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'",
			"SET NAMES latin1", "SET time_zone = '+09:00'",
			"SET SESSION sql_mode = ''"} {
			db := mustOpen(t, u.WithQuery("init_command", command), driver.OpenOptions{})
			var got string
			row := db.Writer.QueryRowContext(t.Context(),
				`SELECT CONCAT_WS(' ', "a\\b", 'é', HEX('é'), 1 || 0, @@SESSION.time_zone, FROM_UNIXTIME(0), @@SESSION.sql_mode LIKE '%STRICT%')`)
			if err := row.Scan(&got); err != nil || got != `a\b é C3A9 1 +00:00 1970-01-01 00:00:00 1` {
				t.Errorf("%s: %q %v", command, got, err)
			}
		}
	})
}

func TestSettings(t *testing.T) {
	flavours(t, func(t *testing.T, u *dburl.URL) {
		db := mustOpen(t, u.WithQuery("init_command", "SET @mine = 'yes'"), driver.OpenOptions{})
		for i := range 3 {
			conn, err := db.Reader.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			get := func(text string) string {
				t.Helper()
				var s string
				if err := conn.QueryRowContext(t.Context(), text).Scan(&s); err != nil {
					t.Fatalf("%s: %v", text, err)
				}
				return s
			}
			collation, isolation := "utf8mb4_0900_bin", "@@transaction_isolation"
			if db.Dialect.Engine() == dburl.MariaDB {
				collation, isolation = "utf8mb4_nopad_bin", "@@tx_isolation"
			}
			for text, want := range map[string]string{
				"SELECT @@time_zone": "+00:00", "SELECT @@collation_connection": collation, "SELECT @@character_set_client": "utf8mb4", "SELECT @@character_set_results": "utf8mb4",
				"SELECT " + isolation: "READ-COMMITTED", "SELECT @@foreign_key_checks": "1", "SELECT @mine": "yes",
			} {
				if got := get(text); got != want {
					t.Errorf("connection %d: %s is %s, want %s", i, text, got, want)
				}
			}
			for _, mode := range []string{"STRICT_ALL_TABLES", "STRICT_TRANS_TABLES", "NO_ZERO_DATE",
				"ERROR_FOR_DIVISION_BY_ZERO", "NO_ENGINE_SUBSTITUTION"} {
				if !strings.Contains(get("SELECT @@sql_mode"), mode) {
					t.Errorf("connection %d: the SQL mode lacks %s: %s", i, mode, get("SELECT @@sql_mode"))
				}
			}
			if _, err := conn.ExecContext(t.Context(), "SELECT 1; SELECT 2"); err == nil {
				t.Error("two statements are taken in one text")
			}
		}
		if _, err := db.Writer.Exec("CREATE TABLE s (v varchar(3), n tinyint)"); err != nil {
			t.Fatal(err)
		}
		for text, want := range map[string]dberr.Code{"INSERT INTO s (v) VALUES ('abcd')": dberr.TooLarge,
			"INSERT INTO s (n) VALUES (1000)": dberr.TooLarge, "INSERT INTO s (n) VALUES ('x')": dberr.Invalid} {
			_, err := db.Writer.Exec(text)
			if f := (classifier{}).Classify(err); f.Code != want {
				t.Errorf("%s: %v is %+v", text, err, f)
			}
		}
	})
}

// What the server has set for everybody does not change what statements do.
func TestSettingsOfTheServerDoNotCount(t *testing.T) {
	for _, engine := range []string{testdb.MySQL, testdb.MariaDB} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			srv := testdb.Private(t, engine)
			u := parse(t, srv.NewDatabase(t))
			plain := mustOpen(t, u, driver.OpenOptions{})
			for _, text := range []string{
				"sql_safe_updates = 1", "sql_select_limit = 1", "completion_type = 'RELEASE'", "unique_checks = 0", "div_precision_increment = 0",
				"sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'", "foreign_key_checks = 0", "autocommit = 0", "time_zone = '+09:00'",
			} {
				if _, err := plain.Writer.ExecContext(t.Context(), "SET GLOBAL "+text); err != nil {
					t.Fatal(err)
				}
			}
			db := mustOpen(t, u, driver.OpenOptions{})
			for _, text := range []string{"CREATE TABLE t (n INT)", `INSERT INTO t VALUES (1), (2), (NULLIF("x", 'x'))`,
				"UPDATE t SET n = n + 1"} {
				if _, err := db.Writer.ExecContext(t.Context(), text); err != nil {
					t.Fatalf("%s: %v", text, err)
				}
			}
			var got string
			row := db.Reader.QueryRowContext(t.Context(),
				"SELECT CONCAT(COUNT(*), ' ', SUM(n), ' ', 1 / 3) FROM (SELECT n FROM t) AS s")
			if err := row.Scan(&got); err != nil || got != "3 5 0.3333" {
				t.Errorf("read %q: %v", got, err)
			}
			rows, err := db.Reader.QueryContext(t.Context(), "SELECT n FROM t")
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			n := 0
			for rows.Next() {
				n++
			}
			if err := rows.Err(); err != nil || n != 3 {
				t.Errorf("%d rows: %v", n, err)
			}
		})
	}
}

// What listens may be something else than what the URL says.
func TestAnotherServerIsNamed(t *testing.T) {
	there, err := dburl.Parse(testdb.New(t, testdb.PostgreSQL).URL)
	if err != nil {
		t.Fatal(err)
	}
	u := parse(t, "mysql://u@"+there.Hosts()[0].Address()+"/x?connect_timeout=1")
	_, err = Driver{}.Open(t.Context(), u, driver.OpenOptions{})
	if dberr.CodeOf(err) != dberr.Invalid ||
		!strings.Contains(err.Error(), "is a PostgreSQL server, and no MySQL or MariaDB server; correct the scheme or the port") {
		t.Errorf("%v", err)
	}
}

func TestStatementsStayPreparedInTransactions(t *testing.T) {
	flavours(t, func(t *testing.T, u *dburl.URL) {
		count := func(db *driver.Database) (n int) {
			t.Helper()
			var name string
			if err := db.Writer.QueryRow("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'").Scan(&name, &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		run := func(db *driver.Database) int {
			t.Helper()
			db.Writer.SetMaxOpenConns(1)
			if _, err := db.Writer.Exec("CREATE TABLE IF NOT EXISTS p (id int PRIMARY KEY)"); err != nil {
				t.Fatal(err)
			}
			before := count(db)
			for i := range 10 {
				tx, err := db.Writer.Begin()
				if err != nil {
					t.Fatal(err)
				}
				if _, err := tx.Exec("REPLACE INTO p (id) VALUES (?)", i); err != nil {
					t.Fatal(err)
				}
				if err := tx.Commit(); err != nil {
					t.Fatal(err)
				}
			}
			return count(db) - before
		}
		if n := run(mustOpen(t, u, driver.OpenOptions{})); n != 2 {
			t.Errorf("prepared %d times, want 2: once as it came, once to be kept", n)
		}
		if n := run(mustOpen(t, u, driver.OpenOptions{PreparedStatements: "off"})); n != 10 {
			t.Errorf("prepared %d times, want 10", n)
		}
	})
}

func TestPacketLimit(t *testing.T) {
	flavours(t, func(t *testing.T, u *dburl.URL) {
		db := mustOpen(t, u, driver.OpenOptions{})
		limit := db.Dialect.Limits().Packet
		if warned := len(db.Warnings) > 0 &&
			strings.Contains(db.Warnings[0], "max_allowed_packet"); warned != (limit < 64<<20) || limit < 1<<20 {
			t.Errorf("limit %d, warnings %q", limit, db.Warnings)
		}
		small := mustOpen(t, u.WithQuery("max_allowed_packet", "1048576"), driver.OpenOptions{})
		if _, err := small.Writer.Exec("CREATE TABLE big (v longtext)"); err != nil {
			t.Fatal(err)
		}
		_, err := small.Writer.Exec("INSERT INTO big (v) VALUES ('" + strings.Repeat("x", 2<<20) + "')")
		if f := (classifier{}).Classify(err); f.Code != dberr.TooLarge || !f.Unsent {
			t.Errorf("%v is %+v", err, f)
		}
	})
}

func TestSeveralHostsAndFlavours(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := l.Addr().String()
	l.Close()
	flavours(t, func(t *testing.T, u *dburl.URL) {
		live := u.Hosts()[0].Address()
		mustOpen(t, parse(t, strings.Replace(u.Reveal(), live, dead+","+live, 1)), driver.OpenOptions{})
		_, err := Driver{}.Open(t.Context(), parse(t, strings.Replace(u.Reveal(), live, dead, 1)), driver.OpenOptions{})
		if dberr.CodeOf(err) != dberr.Unavailable || !strings.Contains(err.Error(), dead) {
			t.Errorf("%v (%v)", err, errors.Unwrap(err))
		}
		// What the server is, it says itself.
		other := map[string]string{dburl.MySQL: dburl.MariaDB, dburl.MariaDB: dburl.MySQL}[u.Backend]
		db := mustOpen(t, parse(t, strings.Replace(u.Reveal(), u.Backend+"://", other+"://", 1)), driver.OpenOptions{})
		if db.Dialect.Engine() != u.Backend {
			t.Errorf("a %s server by a %s URL is taken for %s", u.Backend, other, db.Dialect.Engine())
		}
		for _, o := range []driver.OpenOptions{{Schema: "x"}, {PreparedStatements: "sometimes"}} {
			if _, err := (Driver{}).Open(t.Context(), u, o); dberr.CodeOf(err) != dberr.Invalid {
				t.Errorf("%+v: %v", o, err)
			}
		}
		if _, err := (Driver{}).
			Open(t.Context(), u.WithDatabase(""), driver.OpenOptions{}); dberr.CodeOf(err) != dberr.Invalid {
			t.Errorf("no database: %v", err)
		}
		db = mustOpen(t, u, driver.OpenOptions{Password: func(context.Context) (string, error) { return u.Password(), nil }})
		if err := db.Writer.Ping(); err != nil {
			t.Error(err)
		}
	})
}

// A server that has TLS is used with it when it is asked for, and its
// certificate, which nobody has signed, is refused when it is checked.
func TestTLS(t *testing.T) {
	u := parse(t, testdb.New(t, testdb.MySQL).URL)
	cipher := func(db *driver.Database) string {
		t.Helper()
		var name, v string
		if err := db.Writer.QueryRow("SHOW SESSION STATUS LIKE 'Ssl_cipher'").Scan(&name, &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	required, err := Driver{}.Open(t.Context(), u.WithQuery("ssl_mode", "REQUIRED"), driver.OpenOptions{})
	if dberr.CodeOf(err) == dberr.Unsupported {
		t.Log("the server has no TLS:", err)
		if got := cipher(mustOpen(t, u.WithQuery("ssl_mode", "PREFERRED"), driver.OpenOptions{})); got != "" {
			t.Errorf("cipher %q", got)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer required.Writer.Close()
	if got := cipher(required); got == "" {
		t.Error("REQUIRED, and not encrypted")
	}
	if got := cipher(mustOpen(t, u.WithQuery("ssl_mode", "PREFERRED"), driver.OpenOptions{})); got == "" {
		t.Error("PREFERRED, and not encrypted")
	}
	if got := cipher(mustOpen(t, u, driver.OpenOptions{})); got != "" {
		t.Errorf("a connection to this machine is encrypted although nobody asked: %s", got)
	}
	for _, mode := range []string{"VERIFY_CA", "VERIFY_IDENTITY"} {
		_, err := Driver{}.Open(t.Context(), u.WithQuery("ssl_mode", mode), driver.OpenOptions{})
		if dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("%s: %v (%v)", mode, err, errors.Unwrap(err))
		}
	}
}

func TestTLSSettings(t *testing.T) {
	for _, c := range []struct {
		mode     dburl.MySQLTLSMode
		host     string
		on, back bool
	}{
		{dburl.MySQLTLSUnset, "localhost", false, false}, {dburl.MySQLTLSUnset, "127.0.0.1", false, false}, {dburl.MySQLTLSUnset, "::1", false, false}, {dburl.MySQLTLSUnset, "", false, false},
		{dburl.MySQLTLSUnset, "db", true, true}, {dburl.MySQLTLSUnset, "10.0.0.1", true, true}, {dburl.MySQLTLSPrefer, "127.0.0.1", true, true},
		{dburl.MySQLTLSDisabled, "db", false, false}, {dburl.MySQLTLSRequire, "db", true, false}, {dburl.MySQLTLSVerifyCA, "db", true, false}, {dburl.MySQLTLSVerify, "db", true, false},
	} {
		cfg, back := (&tlsSettings{mode: c.mode}).forHost(c.host)
		if (cfg != nil) != c.on || back != c.back {
			t.Errorf("%s to %q: %v, %v", c.mode, c.host, cfg != nil, back)
		}
		if c.mode == dburl.MySQLTLSVerify && (cfg.InsecureSkipVerify || cfg.ServerName != "db") {
			t.Errorf("%s does not check the name", c.mode)
		}
	}
	for _, bad := range []dburl.MySQLTLS{{CA: "/no/such/file"}, {Cert: "/no/such/file", Key: "/no/such/file"}} {
		if _, err := readTLS(bad); dberr.CodeOf(err) != dberr.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestVersions(t *testing.T) {
	for v, want := range map[string]int{"8.0.19": 80019, "10.11.19": 101119, "9.7.4": 90704, "12.0": 120000, "": 0,
		"x.y": 0, "10.6.100": 100699} {
		if got := versionNumber(v); got != want {
			t.Errorf("%q is %d, want %d", v, got, want)
		}
	}
}

func TestLockNames(t *testing.T) {
	seen := map[string]string{}
	for _, db := range []string{"a", "A", strings.Repeat("d", 64)} {
		for _, name := range []string{"", "migrate", "Migrate", "migrate ", strings.Repeat("ä", 500)} {
			k := lockName(db, name)
			if len(k) > 64 {
				t.Errorf("%q is too long", k)
			}
			if prev, dup := seen[strings.ToLower(k)]; dup {
				t.Errorf("%s and %s/%s have one name", prev, db, name)
			}
			seen[strings.ToLower(k)] = db + "/" + name
		}
	}
}

func TestClassify(t *testing.T) {
	for number, want := range map[uint16]dberr.Code{
		1062: dberr.AlreadyExists, 1586: dberr.AlreadyExists, 1451: dberr.ForeignKey, 1452: dberr.ForeignKey, 1048: dberr.NotNull, 1364: dberr.NotNull, 3819: dberr.Check, 4025: dberr.Check,
		1205: dberr.Busy, 1213: dberr.Conflict, 1020: dberr.Conflict, 3572: dberr.Busy, 1290: dberr.ReadOnly, 1792: dberr.ReadOnly, 2006: dberr.Unavailable, 2013: dberr.Unavailable,
		1927: dberr.Unavailable, 4031: dberr.Unavailable, 1153: dberr.TooLarge, 1406: dberr.TooLarge, 1264: dberr.TooLarge, 1146: dberr.SchemaMismatch, 1054: dberr.SchemaMismatch,
		1040: dberr.Busy, 1045: dberr.Invalid, 1044: dberr.Invalid, 1049: dberr.NotFound, 1698: dberr.Invalid, 1064: dberr.Invalid, 3024: dberr.Timeout, 1969: dberr.Timeout, 1: dberr.Internal,
	} {
		f := classifier{}.Classify(fmt.Errorf("wrapped: %w", &mysql.MySQLError{Number: number, Message: "secret"}))
		if f.Code != want || f.Native != fmt.Sprint(number) || strings.Contains(f.Detail, "secret") {
			t.Errorf("%d is %+v, want %s", number, f, want)
		}
	}
	for _, err := range []error{mysql.ErrInvalidConn, io.EOF, net.ErrClosed, mysql.ErrMalformPkt} {
		if f := (classifier{}).Classify(err); f.Code != dberr.Unavailable || f.Unsent || !f.Broken {
			t.Errorf("%v is %+v", err, f)
		}
	}
}

func TestConstraintNamesComeFromFixedForms(t *testing.T) {
	for _, c := range []struct {
		number uint16
		msg    string
		want   string
	}{
		{1062, "Duplicate entry 'ada@example.com' for key 'auth.email'", "email"},
		{1062, "Duplicate entry 'a' for key 'b.c' for key 'PRIMARY'", "PRIMARY"},
		{1062, "Duplicate entry '' for key 'tag.PRIMARY'", "PRIMARY"},
		{1062, "Duplicate entry 'cut off in the mid", ""},
		{1451, "Cannot delete or update a parent row: a foreign key constraint fails (`db`.`child`, CONSTRAINT `child_parent` FOREIGN KEY (`p`) REFERENCES `parent` (`id`))", "child_parent"},
		{3819, "Check constraint 'child_n' is violated.", "child_n"},
		{4025, "CONSTRAINT `child_n` failed for `db`.`child`", "child_n"},
		{1048, "Column 'title' cannot be null", "title"},
		{1364, "Field 'title' doesn't have a default value", "title"},
		{1406, "Data too long for column 'title' at row 1", "title"},
		{1264, "Out of range value for column 'n' at row 1", "n"},
		{1146, "Table 'db.x' doesn't exist", ""},
	} {
		if got := constraintOf(c.number, c.msg); got != c.want {
			t.Errorf("%d %s: %q, want %q", c.number, c.msg, got, c.want)
		}
	}
}

// A server that lets connections in and then says nothing.
func TestAServerThatSaysNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	begin := time.Now()
	_, err = Driver{}.Open(t.Context(), parse(t, "mysql://u:s3cret@"+l.Addr().String()+"/x?connect_timeout=1"),
		driver.OpenOptions{})
	if dberr.CodeOf(err) != dberr.Unavailable || !strings.Contains(err.Error(), l.Addr().String()) ||
		strings.Contains(err.Error(), "s3cret") || time.Since(begin) > 5*time.Second {
		t.Errorf("after %s: %v (%v)", time.Since(begin), err, errors.Unwrap(err))
	}
}
