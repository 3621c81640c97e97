package dburl_test

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
)

// parsed is what make_url gives for a URL, or the error it raises.
type parsed struct {
	Error      string                `json:"error"`
	Drivername string                `json:"drivername"`
	Backend    string                `json:"backend"`
	Driver     *string               `json:"driver_named"`
	User       *string               `json:"username"`
	Password   *string               `json:"password"`
	Host       *string               `json:"host"`
	Port       *int                  `json:"port"`
	Database   *string               `json:"database"`
	Query      map[string]textOrList `json:"query"`
	Hidden     string                `json:"rendered_hidden"`
	Full       string                `json:"rendered_full"`
}

type textOrList []string

func (l *textOrList) UnmarshalJSON(b []byte) error {
	if b[0] == '[' {
		return json.Unmarshal(b, (*[]string)(l))
	}
	var s string
	err := json.Unmarshal(b, &s)
	*l = textOrList{s}
	return err
}

type urlCase struct {
	URL      string `json:"url"`
	Expected parsed `json:"expected"`
	Driver   *struct {
		Error  string         `json:"error"`
		Driver string         `json:"driver"`
		Args   []string       `json:"args"`
		Kwargs map[string]any `json:"kwargs"`
	} `json:"driver_arguments"`
}

type caseFile struct {
	Cases        []urlCase `json:"cases"`
	CreateEngine []struct {
		URL    string `json:"url"`
		Result string `json:"create_engine"`
	} `json:"create_engine"`
	DefaultPools []struct {
		URL         string   `json:"url"`
		Pool        string   `json:"pool"`
		Size        *int     `json:"size"`
		MaxOverflow *int     `json:"max_overflow"`
		Timeout     *float64 `json:"timeout"`
	} `json:"default_pools"`
	Env struct {
		Cases []envCase `json:"cases"`
	} `json:"open_webui_env"`
}

type envCase struct {
	Env     map[string]string `json:"env"`
	DataDir string            `json:"data_dir"`
	URL     string            `json:"expected_url"`
	Parse   parsed            `json:"expected_parse"`
	Safe    *struct {
		Note     string  `json:"note"`
		Password *string `json:"password"`
		Full     *string `json:"rendered_full"`
	} `json:"safe_expectation"`
}

func readJSON[T any](t testing.TB, name string) T {
	t.Helper()
	var v T
	b, err := os.ReadFile("testdata/" + name)
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// check compares u with what make_url gave.
func (p parsed) check(t *testing.T, u *dburl.URL) {
	t.Helper()
	got := parsed{Drivername: u.Scheme, Hidden: u.String(), Full: u.Reveal(), Backend: p.Backend, Driver: p.Driver}
	if u.HasUser() {
		got.User = &u.User
	}
	if u.HasPassword() {
		got.Password = new(u.Password())
	}
	if u.Host != "" {
		got.Host = &u.Host
	}
	if u.HasPort() {
		got.Port = &u.Port
	}
	if u.HasDatabase() {
		got.Database = &u.Database
	}
	got.Query = map[string]textOrList{}
	for _, k := range u.Query.Keys() {
		got.Query[k] = u.Query.All(k)
	}
	if diff := cmp.Diff(p, got); diff != "" {
		t.Errorf("differs from make_url (-want +got):\n%s", diff)
	}
	if p.Driver != nil && *p.Driver != u.Driver || p.Driver == nil && p.Backend != "" && u.Driver != "" {
		t.Errorf("driver %q", u.Driver)
	}
	if p.Backend != "" && p.Backend != "postgres" && u.Backend != p.Backend {
		t.Errorf("backend %q, want %q", u.Backend, p.Backend)
	}
	again, err := dburl.ParseSyntax(u.Reveal())
	if err != nil || !again.Equal(u) {
		t.Errorf("%q does not come back: %v", u.Reveal(), err)
	}
}

// ours are backends that Parse takes.
func ours(scheme string) bool {
	name, _, _ := strings.Cut(scheme, "+")
	switch name {
	case "sqlite", "postgresql", "postgres", "mysql", "mariadb":
		return true
	}
	return false
}

// listWithPorts is the one form that SQLAlchemy has an error for and libpq and
// Larder do not: each of several hosts with its port.
func listWithPorts(s string) bool {
	_, rest, _ := strings.Cut(s, "://")
	if i := strings.LastIndex(rest, "@"); i >= 0 {
		rest = rest[i+1:]
	}
	rest, _, _ = strings.Cut(rest, "/")
	for item := range strings.SplitSeq(rest, ",") {
		_, port, ok := strings.Cut(item, ":")
		if _, err := strconv.Atoi(port); ok && err != nil {
			return false
		}
	}
	return strings.Contains(rest, ",")
}

func checkCase(t *testing.T, c urlCase) {
	u, err := dburl.ParseSyntax(c.URL)
	if c.Expected.Error != "" {
		if listWithPorts(c.URL) {
			return
		}
		_, err2 := dburl.Parse(c.URL)
		for _, err := range []error{err, err2} {
			if !errors.Is(err, dberr.ErrInvalid) {
				t.Errorf("want an invalid error, got %v", err)
			}
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	c.Expected.check(t, u)
	v, err := dburl.Parse(c.URL)
	if err != nil {
		if ours(c.Expected.Drivername) {
			t.Errorf("Parse: %v", err)
		}
		return
	}
	if !ours(c.Expected.Drivername) || !v.Equal(u) {
		t.Errorf("Parse and ParseSyntax disagree: %v, %v", v, u)
	}
}

func TestEveryURLIsReadAsMakeURLReadsIt(t *testing.T) {
	for _, name := range []string{"url-cases.json", "sqlalchemy.json"} {
		var cases []urlCase
		if name == "url-cases.json" {
			cases = readJSON[caseFile](t, name).Cases
		} else {
			cases = readJSON[struct{ URLs []urlCase }](t, name).URLs
		}
		if len(cases) < 50 {
			t.Fatalf("%s has %d rows", name, len(cases))
		}
		for _, c := range cases {
			t.Run(c.URL, func(t *testing.T) { checkCase(t, c) })
		}
	}
}

func TestCreateRendersAsURLCreateDoes(t *testing.T) {
	type row struct {
		Parts struct {
			Scheme, User, Password, Host, Database string
			Port                                   int
			Query                                  map[string]textOrList
		}
		Hidden string `json:"rendered_hidden"`
		Full   string `json:"rendered_full"`
	}
	for _, c := range readJSON[struct{ Create []row }](t, "sqlalchemy.json").Create {
		p := dburl.Parts{Scheme: c.Parts.Scheme, User: c.Parts.User, Password: c.Parts.Password, Host: c.Parts.Host,
			Port: c.Parts.Port, Database: c.Parts.Database, Query: map[string][]string{}}
		for k, v := range c.Parts.Query {
			p.Query[k] = v
		}
		u, err := dburl.Create(p)
		if err != nil {
			t.Errorf("%s: %v", c.Hidden, err)
			continue
		}
		if u.String() != c.Hidden || u.Reveal() != c.Full {
			t.Errorf("got %q and %q, want %q and %q", u.String(), u.Reveal(), c.Hidden, c.Full)
		}
		if u.Password() != c.Parts.Password || u.User != c.Parts.User || u.Database != c.Parts.Database {
			t.Errorf("%s: a part changed", c.Hidden)
		}
	}
}

// refusedHere are arguments that a Python driver takes and Larder, by name, does
// not: ignoring one would change what the operator asked for.
var refusedHere = []string{"read_default_file", "isolation_level", "bogus", "sslmode", "ssl_capath", "client_flag",
	"sql_mode", "collation", "autocommit"}

// TestTargetsHoldTheArgumentsOfTheDrivers compares with what SQLAlchemy hands to
// psycopg, PyMySQL and pysqlite for the same URL.
func TestTargetsHoldTheArgumentsOfTheDrivers(t *testing.T) {
	compared := 0
	for _, c := range readJSON[caseFile](t, "url-cases.json").Cases {
		if c.Driver == nil || c.Expected.Error != "" {
			continue
		}
		t.Run(c.URL, func(t *testing.T) {
			u, err := dburl.Parse(c.URL)
			if err != nil {
				t.Fatal(err)
			}
			err = u.Validate()
			if c.Driver.Error != "" {
				if err == nil {
					t.Errorf("SQLAlchemy refuses this (%s)", c.Driver.Error)
				}
				return
			}
			if err != nil {
				for _, name := range refusedHere {
					if u.Query.Has(name) && strings.Contains(err.Error(), name) {
						return
					}
				}
				t.Fatal(err)
			}
			compared++
			switch u.Backend {
			case dburl.SQLite:
				target, err := u.SQLite()
				if err != nil {
					t.Fatal(err)
				}
				checkSQLite(t, target, c.Driver.Args[0], c.Driver.Kwargs)
			case dburl.PostgreSQL:
				target, err := u.Postgres()
				if err != nil {
					t.Fatal(err)
				}
				checkPostgres(t, target, c.Driver.Kwargs)
			default:
				target, err := u.MySQL()
				if err != nil {
					t.Fatal(err)
				}
				checkMySQL(t, target, c.Driver.Kwargs)
			}
		})
	}
	if compared < 30 {
		t.Errorf("only %d rows were compared", compared)
	}
}

func checkSQLite(t *testing.T, got dburl.SQLiteTarget, path string, kwargs map[string]any) {
	t.Helper()
	path = strings.TrimPrefix(path, "<cwd>/")
	want := dburl.SQLiteTarget{Path: path}
	if path == ":memory:" {
		want = dburl.SQLiteTarget{Memory: true}
	}
	if file, ok := strings.CutPrefix(path, "file:"); ok {
		file, params, _ := strings.Cut(file, "?")
		want = dburl.SQLiteTarget{Path: file, ReadOnly: strings.Contains(params, "mode=ro"), Memory: strings.Contains(params, "mode=memory") || file == ":memory:",
			NoLock: strings.Contains(params, "nolock=1"), MustExist: strings.HasSuffix(params, "mode=rw")}
		if want.Memory {
			want.Path = ""
		}
	}
	if got.Path != want.Path || got.Memory != want.Memory || got.ReadOnly != want.ReadOnly || got.NoLock != want.NoLock ||
		got.MustExist != want.MustExist {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if s, ok := kwargs["timeout"].(float64); ok && (got.Timeout == nil || got.Timeout.Seconds() != s) {
		t.Errorf("timeout %v, want %v s", got.Timeout, s)
	}
}

func asText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		return v
	}
	return reflect.TypeOf(v).String()
}

func checkPostgres(t *testing.T, got dburl.PostgresTarget, kw map[string]any) {
	t.Helper()
	var hosts []dburl.HostPort
	if kw["host"] != nil {
		ports := strings.Split(asText(kw["port"]), ",")
		for i, h := range strings.Split(asText(kw["host"]), ",") {
			port := ports[0]
			if len(ports) > 1 {
				port = ports[i]
			}
			if port == "" {
				port = "5432"
			}
			n, _ := strconv.Atoi(port)
			hosts = append(hosts, dburl.HostPort{Host: strings.ReplaceAll(h, "%2F", "/"), Port: n})
		}
	}
	if diff := cmp.Diff(hosts, got.Hosts); diff != "" {
		t.Errorf("hosts (-want +got):\n%s", diff)
	}
	mode := asText(kw["sslmode"])
	if mode == "" {
		mode = asText(kw["ssl"])
	}
	timeout, _ := strconv.Atoi(asText(kw["connect_timeout"]))
	want := []any{asText(kw["user"]), asText(kw["password"]), asText(kw["dbname"]), mode, asText(kw["sslrootcert"]),
		asText(kw["sslcert"]), asText(kw["sslkey"]),
		asText(kw["options"]), asText(kw["application_name"]), asText(kw["target_session_attrs"]), time.Duration(timeout) * time.Second}
	have := []any{got.User, got.Password(), got.Database, got.TLS.Mode, got.TLS.RootCert, got.TLS.Cert, got.TLS.Key,
		got.Options, got.ApplicationName, got.TargetSessionAttrs, got.ConnectTimeout}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	if kw["pgbouncer"] == "true" && got.Statements != dburl.StatementsExec {
		t.Errorf("pgbouncer=true gives the mode %q", got.Statements)
	}
}

func checkMySQL(t *testing.T, got dburl.MySQLTarget, kw map[string]any) {
	t.Helper()
	var hosts []dburl.HostPort
	if socket := asText(kw["unix_socket"]); socket == "" {
		host, port := asText(kw["host"]), asText(kw["port"])
		if host == "" {
			host = "localhost"
		}
		if port == "" {
			port = "3306"
		}
		n, _ := strconv.Atoi(port)
		for h := range strings.SplitSeq(host, ",") {
			hosts = append(hosts, dburl.HostPort{Host: h, Port: n})
		}
	}
	if diff := cmp.Diff(hosts, got.Hosts); diff != "" {
		t.Errorf("hosts (-want +got):\n%s", diff)
	}
	ssl, _ := kw["ssl"].(map[string]any)
	seconds := func(name string) time.Duration {
		f, _ := kw[name].(float64)
		return time.Duration(f) * time.Second
	}
	infile, _ := kw["local_infile"].(bool)
	want := []any{asText(kw["unix_socket"]), asText(kw["user"]), asText(kw["password"]), asText(kw["database"]),
		asText(ssl["ca"]), asText(ssl["cert"]), asText(ssl["key"]),
		asText(kw["init_command"]), infile, seconds("connect_timeout"), seconds("read_timeout"), seconds("write_timeout")}
	have := []any{got.Socket, got.User, got.Password(), got.Database, got.TLS.CA, got.TLS.Cert, got.TLS.Key,
		got.InitCommand, got.LocalInfile, got.ConnectTimeout, got.ReadTimeout, got.WriteTimeout}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	if ssl != nil && ssl["check_hostname"] == false && ssl["ca"] != nil && got.TLS.Mode != dburl.MySQLTLSVerifyCA {
		t.Errorf("TLS mode %q", got.TLS.Mode)
	}
}

func TestWhatCreateEngineRefusesIsRefused(t *testing.T) {
	for _, c := range readJSON[caseFile](t, "url-cases.json").CreateEngine {
		u, err := dburl.Parse(c.URL)
		if err == nil {
			err = u.Validate()
		}
		// Two improvements: postgres:// is taken, unknown arguments are not.
		refused := !strings.HasPrefix(c.Result, "ok") && !strings.HasPrefix(c.URL, "postgres://") ||
			strings.Contains(c.URL, "bogus")
		if (err != nil) != refused {
			t.Errorf("%s: %v; SQLAlchemy: %s", c.URL, err, c.Result)
		}
	}
}

func TestTheDefaultPoolIsSQLAlchemys(t *testing.T) {
	seen := false
	for _, c := range readJSON[caseFile](t, "url-cases.json").DefaultPools {
		if c.Pool != "QueuePool" {
			continue
		}
		seen = true
		p := dburl.DefaultPool()
		if p.Size != *c.Size || p.MaxOverflow != *c.MaxOverflow || p.Timeout.Seconds() != *c.Timeout {
			t.Errorf("%+v differs from %+v", p, c)
		}
	}
	if !seen {
		t.Error("no QueuePool in the file")
	}
}

func TestTheEnvironmentsOfOpenWebUI(t *testing.T) {
	cases := readJSON[caseFile](t, "url-cases.json").Env.Cases
	if len(cases) < 10 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		name, _ := json.Marshal(c.Env)
		t.Run(string(name), func(t *testing.T) {
			cfg, _, err := dburl.FromEnv(lookup(c.Env), c.DataDir)
			if c.Safe != nil && (c.Safe.Full != nil || c.Safe.Password != nil) {
				if err != nil {
					t.Fatal(err)
				}
				if c.Safe.Full != nil && cfg.URL.Reveal() != *c.Safe.Full {
					t.Errorf("got %s, want %s", cfg.URL.Reveal(), *c.Safe.Full)
				}
				if c.Safe.Password != nil && cfg.URL.Password() != *c.Safe.Password {
					t.Errorf("the password changed to %q", cfg.URL.Password())
				}
				return
			}
			if c.Parse.Error != "" {
				if !errors.Is(err, dberr.ErrInvalid) {
					t.Errorf("want an error, got %v, %v", cfg.URL, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			c.Parse.check(t, cfg.URL)
		})
	}
}

func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}
}
