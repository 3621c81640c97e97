package postgres

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

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

func setting(t testing.TB, db *driver.Database, text string) string {
	t.Helper()
	var s string
	if err := db.Reader.QueryRowContext(t.Context(), text).Scan(&s); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

func TestConnections(t *testing.T) {
	drivertest.Connections(t, Driver{}, testdb.New(t, testdb.PostgreSQL).URL)
}

func TestSettings(t *testing.T) {
	u := parse(t, testdb.New(t, testdb.PostgreSQL).URL)
	db := mustOpen(t, u, driver.OpenOptions{})
	if _, err := db.Writer.Exec(`CREATE SCHEMA "my app"`); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"TimeZone": "UTC", "application_name": "larder", "client_encoding": "UTF8"} {
		if got := setting(t, db, "SELECT current_setting('"+name+"')"); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	named := mustOpen(t, u.WithQuery("application_name", "mine"), driver.OpenOptions{Schema: "my app"})
	if got := setting(t, named,
		"SELECT current_setting('application_name') || ' ' || current_schema()"); got != "mine my app" {
		t.Errorf("settings %q", got)
	}
}

// A pool whose connections get a password of their own each time.
func TestPasswordIsAskedForAtEachConnection(t *testing.T) {
	u := parse(t, testdb.New(t, testdb.PostgreSQL).URL)
	var mu sync.Mutex
	asked := 0
	ask := func(context.Context) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		asked++
		return fmt.Sprintf("token-%d", asked), nil
	}
	db := mustOpen(t, u, driver.OpenOptions{Password: ask})
	for range 3 {
		conn, err := db.Writer.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	if asked != 4 { // one for the first look at the server
		t.Errorf("asked %d times, want 4", asked)
	}
	_, err := Driver{}.Open(t.Context(), u,
		driver.OpenOptions{Password: func(context.Context) (string, error) { return "", errors.New("s3cret") }})
	if dberr.CodeOf(err) != dberr.Unavailable || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%v", err)
	}
}

func TestStatementModes(t *testing.T) {
	u := parse(t, testdb.New(t, testdb.PostgreSQL).URL)
	prepared := func(db *driver.Database) string {
		t.Helper()
		db.Writer.SetMaxOpenConns(1)
		for range 3 {
			var n int
			if err := db.Writer.QueryRowContext(t.Context(), "SELECT 1 + $1::int", 1).Scan(&n); err != nil || n != 2 {
				t.Fatalf("%d, %v", n, err)
			}
		}
		return setting(t, db, "SELECT (count(*) > 0)::text FROM pg_prepared_statements WHERE statement LIKE 'SELECT 1 + %'")
	}
	for mode, want := range map[string]string{"": "true", "auto": "true", "on": "true", "cache_statement": "true",
		"off": "false", "exec": "false", "cache_describe": "false", "describe_exec": "false", "simple_protocol": "false"} {
		if got := prepared(mustOpen(t, u, driver.OpenOptions{PreparedStatements: mode})); got != want {
			t.Errorf("mode %q keeps prepared statements: %s, want %s", mode, got, want)
		}
	}
	if got := prepared(mustOpen(t, u.WithQuery("prepared_statements", "off"), driver.OpenOptions{})); got != "false" {
		t.Error("the URL's mode does not count")
	}
	if _, err := (Driver{}).
		Open(t.Context(), u, driver.OpenOptions{PreparedStatements: "sometimes"}); dberr.CodeOf(err) != dberr.Invalid {
		t.Errorf("%v", err)
	}
}

// relay passes bytes on and may change the first ones that the server sends,
// until it has seen the message that gives the backend's number.
func relay(t *testing.T, target string, change func([]byte)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				client.Close()
				continue
			}
			wg.Go(func() {
				defer server.Close()
				_, _ = io.Copy(server, client)
			})
			wg.Go(func() {
				defer client.Close()
				buf := make([]byte, 64<<10)
				for {
					n, err := server.Read(buf)
					change(buf[:n])
					if _, werr := client.Write(buf[:n]); werr != nil || err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return l.Addr().String()
}

// A pooler invents the process number that it tells its clients.
func TestAPoolerIsFoundOut(t *testing.T) {
	raw := testdb.New(t, testdb.PostgreSQL).URL
	target := parse(t, raw).Hosts()[0].Address()
	addr := relay(t, target, func(b []byte) {
		for i := 0; i+13 <= len(b); i++ {
			if b[i] == 'K' && binary.BigEndian.Uint32(b[i+1:]) == 12 { // BackendKeyData
				binary.BigEndian.PutUint32(b[i+5:], 4242)
				return
			}
		}
	})
	through := parse(t, strings.Replace(raw, target, addr, 1))
	db := mustOpen(t, through, driver.OpenOptions{})
	if len(db.Warnings) != 1 || !strings.Contains(db.Warnings[0], addr) ||
		!strings.Contains(db.Warnings[0], "prepared_statements=on") {
		t.Errorf("warnings %q", db.Warnings)
	}
	db.Writer.SetMaxOpenConns(1)
	for range 3 {
		var n int
		if err := db.Writer.QueryRowContext(t.Context(), "SELECT 2 + $1::int", 1).Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	if got := setting(t, db, "SELECT count(*)::text FROM pg_prepared_statements"); got != "0" {
		t.Errorf("%s statements are prepared behind a pooler", got)
	}
	// The lock is a transaction's there, and excludes all the same.
	release, err := db.Locker.Lock(t.Context(), db, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := db.Locker.Lock(ctx, db, "a", nil); dberr.CodeOf(err) != dberr.Busy {
		t.Errorf("%v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	again, err := db.Locker.Lock(t.Context(), db, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := again(); err != nil {
		t.Error(err)
	}
	if on := mustOpen(t, through, driver.OpenOptions{PreparedStatements: "on"}); len(on.Warnings) != 0 {
		t.Errorf("warnings %q", on.Warnings)
	}
}

func TestSeveralHosts(t *testing.T) {
	raw := testdb.New(t, testdb.PostgreSQL).URL
	live := parse(t, raw).Hosts()[0].Address()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := l.Addr().String()
	l.Close()
	both := strings.Replace(raw, live, dead+","+live, 1)
	for _, attrs := range []string{"", "read-write", "primary", "any", "prefer-standby"} {
		mustOpen(t, parse(t, both).WithQuery("target_session_attrs", attrs), driver.OpenOptions{})
	}
	for _, u := range []*dburl.URL{parse(t, both).WithQuery("target_session_attrs", "standby"),
		parse(t, strings.Replace(raw, live, dead, 1))} {
		_, err := Driver{}.Open(t.Context(), u, driver.OpenOptions{})
		if dberr.CodeOf(err) != dberr.Unavailable || !strings.Contains(err.Error(), dead) {
			t.Errorf("%v (%v)", err, errors.Unwrap(err))
		}
	}
}

func TestClassify(t *testing.T) {
	for state, want := range map[string]dberr.Code{
		"23505": dberr.AlreadyExists, "23503": dberr.ForeignKey, "23502": dberr.NotNull, "23514": dberr.Check, "23P01": dberr.AlreadyExists,
		"40001": dberr.Conflict, "40P01": dberr.Conflict, "40003": dberr.Conflict, "55P03": dberr.Busy, "57P01": dberr.Unavailable, "57P03": dberr.Unavailable,
		"08006": dberr.Unavailable, "08000": dberr.Unavailable, "53300": dberr.Busy, "53100": dberr.Full, "25006": dberr.ReadOnly, "42P01": dberr.SchemaMismatch,
		"42703": dberr.SchemaMismatch, "42601": dberr.Invalid, "22001": dberr.TooLarge, "22003": dberr.TooLarge, "22P02": dberr.Invalid, "54000": dberr.TooLarge,
		"54001": dberr.TooLarge, "0A000": dberr.Unsupported, "57014": dberr.Timeout, "XX000": dberr.Internal, "99999": dberr.Internal, "": dberr.Internal, "42501": dberr.Invalid,
	} {
		err := error(&pgconn.PgError{Code: state, ConstraintName: "c", Message: "secret", Detail: "secret"})
		f := classifier{}.Classify(fmt.Errorf("wrapped: %w", err))
		if f.Code != want || f.Native != state || f.Constraint != "c" || strings.Contains(f.Detail, "secret") {
			t.Errorf("%s is %+v, want %s", state, f, want)
		}
		if lost := want == dberr.Conflict; lost != f.TxLost && want != dberr.Timeout {
			t.Errorf("%s loses the transaction: %v", state, f.TxLost)
		}
		if want == dberr.Unavailable && !f.Broken {
			t.Errorf("%s leaves the connection in use", state)
		}
	}
	for state, detail := range states {
		if len(state) != 5 || detail.Code == "" {
			t.Errorf("state %q: %+v", state, detail)
		}
	}
	plan := classifier{}.Classify(&pgconn.PgError{Code: "0A000", Routine: "RevalidateCachedQuery"})
	if plan.Code != dberr.Conflict || !plan.Unsent {
		t.Errorf("a plan that changed is %+v", plan)
	}
	if f := (classifier{}).Classify(&pgconn.PgError{Code: "23505", SeverityUnlocalized: "FATAL"}); !f.Broken {
		t.Error("a fatal error leaves the connection in use")
	}
	if f := (classifier{}).Classify(&pgconn.PgError{Code: "23502", TableName: "chat",
		ColumnName: "title"}); f.Constraint != "chat.title" {
		t.Errorf("%+v", f)
	}
	// pgx calls a connection that was lost after sending "conn closed" and safe.
	if f := (classifier{}).Classify(pgconn.ErrConnClosed); f.Code != dberr.Unavailable || f.Unsent {
		t.Errorf("a closed connection is %+v", f)
	}
	for _, err := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
		&net.OpError{Op: "read", Err: errors.New("x")}} {
		if f := (classifier{}).Classify(err); f.Code != dberr.Unavailable || f.Unsent || !f.Broken {
			t.Errorf("%v is %+v", err, f)
		}
	}
}

func TestCopyText(t *testing.T) {
	var id [16]byte
	id[0] = 0xab
	for _, c := range []struct {
		v    any
		want string
	}{
		{nil, `\N`}, {"", ""}, {`\N`, `\\N`}, {"a\tb\nc\rd\\e", `a\tb\nc\rd\\e`}, {"ä🐍", "ä🐍"}, {[]byte{0, 255}, `\\x00ff`}, {[]byte(nil), `\N`}, {[]byte{}, `\\x`},
		{true, "t"}, {false, "f"}, {int(-1), "-1"}, {int64(1 << 62), "4611686018427387904"}, {int32(7), "7"}, {1.5, "1.5"}, {1e300, "1e+300"},
		{time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.FixedZone("x", 3600)), "2026-01-02 02:04:05.678901Z"},
		{id, "ab000000000000000000000000000000"}, {sql.NullString{}, `\N`}, {sql.NullInt64{Int64: 3, Valid: true}, "3"},
	} {
		got, err := appendCopyValue(nil, c.v)
		if err != nil || string(got) != c.want {
			t.Errorf("%v is %q, %v, want %q", c.v, got, err, c.want)
		}
	}
	for _, v := range []any{struct{}{}, make(chan int), time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if _, err := appendCopyValue(nil, v); dberr.CodeOf(err) != dberr.Invalid {
			t.Errorf("%v: %v", v, err)
		}
	}
}

func TestCopyKeepsEveryType(t *testing.T) {
	db := mustOpen(t, parse(t, testdb.New(t, testdb.PostgreSQL).URL), driver.OpenOptions{})
	if _, err := db.Writer.Exec(`CREATE TABLE every (t text, j json, jb jsonb, n numeric(40,20), f float8, b bytea, ok boolean, at timestamp, atz timestamptz, d date, u uuid, i bigint)`); err != nil {
		t.Fatal(err)
	}
	row := []any{"x\ty\\N\nä🐍'\"", `{"a": "\u00e4\\n", "b": 1.0}`, `{"b":1,"a":2}`,
		"12345678901234567890.12345678901234567890", 0.1, []byte("\x00\x01\\"), true,
		time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC), time.Date(2026, 1, 2, 3, 4, 5, 0,
			time.FixedZone("x", 7200)), "2026-11-23", "550e8400-e29b-41d4-a716-446655440000", int64(-1 << 63)}
	columns := []string{"t", "j", "jb", "n", "f", "b", "ok", "at", "atz", "d", "u", "i"}
	conn, err := db.Writer.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	big := slices.Clone(row)
	big[0] = strings.Repeat("0123456789\\\n", 200_000) // larger than any buffer
	n, err := db.Dialect.(driver.BulkLoader).
		CopyIn(t.Context(), conn, "every", columns, func(yield func([]any, error) bool) {
			_ = yield(row, nil) && yield(make([]any, len(columns)), nil) && yield(big, nil)
		})
	if err != nil || n != 3 {
		t.Fatalf("%d, %v", n, err)
	}
	var same, same2, length int
	var text string
	err = db.Writer.QueryRow(`SELECT count(*) FILTER (WHERE t IS NULL AND i IS NULL), count(*) FILTER (WHERE n = 12345678901234567890.12345678901234567890 AND f = 0.1::float8 AND b = '\x00015c'
		AND ok AND at = '2026-01-02 03:04:05.678901' AND atz = '2026-01-02 01:04:05Z' AND d = '2026-11-23' AND u = '550e8400-e29b-41d4-a716-446655440000' AND i = -9223372036854775808
		AND j::text = '{"a": "\u00e4\\n", "b": 1.0}'), max(length(t)), min(t) FROM every`).Scan(&same, &same2, &length, &text)
	if err != nil || same != 1 || same2 != 2 || length != len(big[0].(string)) {
		t.Errorf("%d empty, %d equal, longest %d, %v", same, same2, length, err)
	}
}

func TestRevokedCertificates(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCRLSign | x509.KeyUsageCertSign, SubjectKeyId: []byte{1}, NotAfter: time.Now().Add(time.Hour)}
	list, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now(), NextUpdate: time.Now().Add(time.Hour),
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: big.NewInt(77),
			RevocationTime: time.Now()}}}, ca, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "crl.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: list}), 0o600); err != nil {
		t.Fatal(err)
	}
	revoked, err := readRevoked(file)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseRevocationList(list)
	if err != nil {
		t.Fatal(err)
	}
	if !revoked[revokedKey(parsed.RawIssuer, big.NewInt(77))] || revoked[revokedKey(parsed.RawIssuer, big.NewInt(78))] ||
		revoked[revokedKey([]byte("other"), big.NewInt(77))] {
		t.Errorf("revoked: %d entries", len(revoked))
	}
	if err := os.WriteFile(file, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{file, file + ".missing"} {
		if _, err := readRevoked(f); err == nil {
			t.Errorf("%s is read", f)
		}
	}
	_, err = Driver{}.Open(t.Context(),
		parse(t, "postgresql://u@127.0.0.1:1/x?sslmode=verify-ca&sslrootcert="+file+"&sslcrl="+file), driver.OpenOptions{})
	if dberr.CodeOf(err) != dberr.Invalid {
		t.Errorf("%v", err)
	}
}

func TestWhatMayChangeTheSchema(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "SELECT 1": false, "a": false, "INSERT INTO t VALUES (1)": false, "SELECT dro": false,
		"ALTER TABLE t ADD x int": true, "alter table t add x int": true, "SELECT 1; Drop TABLE t": true,
		"CREATE OR REPLACE VIEW v AS SELECT 1": true, "rollback": true, "ROLLBACK TO SAVEPOINT a": true,
	} {
		if got := mayChangeSchema(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// A role that gets a schema of its own name later, or a search path, finds the
// tables that are there, wherever they stand in the path; two places are an error.
func TestLooksAlongTheSearchPath(t *testing.T) {
	u := parse(t, testdb.New(t, testdb.PostgreSQL).URL)
	admin := mustOpen(t, u, driver.OpenOptions{})
	for _, s := range []string{"CREATE TABLE mark (id int)", "CREATE SCHEMA first", "CREATE SCHEMA last",
		"CREATE TABLE last.other (id int)"} {
		if _, err := admin.Writer.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	along := func(path string) *dburl.URL { return u.WithQuery("options", "-csearch_path="+path) }
	for _, c := range []struct {
		path string
		look []string
		want string // current_schema()
	}{
		{"first,public,last", nil, "first"},
		{"first,public,last", []string{"mark"}, "public"},
		{"first,public,last", []string{"nothing", "other"}, "last"},
		{"first,public,last", []string{"nothing"}, "first"},
		{"public,first", []string{"mark"}, "public"},
		{"first,nowhere", []string{"mark"}, "first"},
	} {
		db := mustOpen(t, along(c.path), driver.OpenOptions{LookFor: c.look})
		var at, whole string
		if err := db.Writer.QueryRow("SELECT current_schema(), array_to_string(current_schemas(false), ',')").
			Scan(&at, &whole); err != nil || at != c.want {
			t.Errorf("along %s for %v: it works in %s, %v", c.path, c.look, at, err)
		}
		if n := strings.Count(c.path, ","); n == 2 && strings.Count(whole, ",") != n {
			t.Errorf("the path is %s", whole)
		}
	}
	_, err := Driver{}.Open(t.Context(), along("first,public,last"),
		driver.OpenOptions{LookFor: []string{"mark", "other"}})
	if dberr.CodeOf(err) != dberr.SchemaMismatch || !strings.Contains(err.Error(), "schemas public and last;") {
		t.Errorf("two places: %v", err)
	}
	db := mustOpen(t, along("first,public,last"), driver.OpenOptions{LookFor: []string{"mark", "other"}, Schema: "last"})
	var at string
	if err := db.Writer.QueryRow("SELECT current_schema()").Scan(&at); err != nil || at != "last" {
		t.Errorf("a schema that is named: %s, %v", at, err)
	}
}

// A database that is opened to be read only is looked at as the URL asks: its
// own setting must not decide what the server is.
func TestReadOnlyWithTargetSessionAttrs(t *testing.T) {
	u := parse(t, testdb.New(t, testdb.PostgreSQL).URL)
	for attrs, fits := range map[string]bool{"read-write": true, "primary": true, "any": true, "prefer-standby": true,
		"read-only": false, "standby": false} {
		for _, hosts := range []string{u.Host + ":" + strconv.Itoa(u.Port),
			fmt.Sprintf("%s:%d,%s:%d", u.Host, u.Port, u.Host, u.Port)} {
			at := parse(t, strings.Replace(u.Reveal(), u.Host+":"+strconv.Itoa(u.Port), hosts, 1)).
				WithQuery("target_session_attrs", attrs)
			db, err := Driver{}.Open(t.Context(), at, driver.OpenOptions{ReadOnly: true})
			if (err == nil) != fits {
				t.Errorf("%s at %s: %v", attrs, hosts, err)
			}
			if err != nil {
				continue
			}
			for range 3 {
				if _, err := db.Writer.Exec("CREATE TABLE written (id int)"); (classifier{}).Classify(err).Code != dberr.ReadOnly {
					t.Errorf("%s: a write gives %v", attrs, err)
				}
			}
			db.Writer.Close()
		}
	}
}

func TestNoTLSIsSaid(t *testing.T) {
	u := parse(t, testdb.New(t, testdb.PostgreSQL).URL)
	for _, mode := range []string{"require", "verify-full"} {
		_, err := Driver{}.Open(t.Context(), u.WithQuery("sslmode", mode), driver.OpenOptions{})
		if dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), "has no TLS") ||
			!strings.Contains(err.Error(), "sslmode=disable") {
			t.Errorf("%s: %v", mode, err)
		}
	}
}

// What listens may be something else than what the URL says, whatever the URL
// says about TLS. A server without TLS is not what keeps a stranger out.
func TestAnotherServerIsNamed(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	for address, is := range map[string]string{
		parse(t, strings.Replace(testdb.New(t, testdb.MySQL).URL, "mysql://", "postgresql://", 1)).
			Hosts()[0].Address(): "a MySQL or MariaDB server",
		strings.TrimPrefix(web.URL, "http://"): "a web server",
	} {
		for _, mode := range []string{"disable", "prefer", "require"} {
			u := parse(t, "postgresql://u@"+address+"/x?connect_timeout=2&sslmode="+mode)
			_, err := Driver{}.Open(t.Context(), u, driver.OpenOptions{})
			if dberr.CodeOf(err) != dberr.Invalid ||
				!strings.Contains(err.Error(), "is "+is+", and no PostgreSQL server; correct the scheme or the port") {
				t.Errorf("%s, sslmode=%s: %v", is, mode, err)
			}
		}
	}
	u := parse(t, testdb.New(t, testdb.PostgreSQL).URL)
	missing := *u
	missing.Database = "no_such_database"
	_, err := Driver{}.Open(t.Context(), missing.WithQuery("sslmode", "prefer"), driver.OpenOptions{})
	if err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("%v", err)
	}
}
