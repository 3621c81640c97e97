package dburl_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
)

func mustParse(t testing.TB, s string) *dburl.URL {
	t.Helper()
	u, err := dburl.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// shows collects every way in which a value is printed by accident.
func shows(v any) []string {
	var out []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%U", "%10.3s", "%-80v",
		"%#q", "%# x"} {
		out = append(out, fmt.Sprintf(verb, v))
	}
	out = append(out, fmt.Sprint(v), fmt.Sprintln(v))
	if b, err := json.Marshal(v); err == nil {
		out = append(out, string(b))
	}
	for _, asJSON := range []bool{true, false} {
		var buf bytes.Buffer
		var h slog.Handler = slog.NewTextHandler(&buf, nil)
		if asJSON {
			h = slog.NewJSONHandler(&buf, nil)
		}
		slog.New(h).Info("m", "v", v)
		out = append(out, buf.String())
	}
	return out
}

const (
	secret    = "S3cr3tXyzzy"
	secretHex = "5333637233745879" // its beginning
)

func assertHidden(t *testing.T, v any) {
	t.Helper()
	for _, s := range shows(v) {
		if strings.Contains(s, secret) || strings.Contains(strings.ToLower(strings.ReplaceAll(s, " ", "")), secretHex) {
			t.Errorf("%T shows the password: %s", v, s)
		}
	}
}

type unexported struct {
	u dburl.URL
	p *dburl.URL
}

func TestNoVerbShowsThePassword(t *testing.T) {
	for _, s := range []string{
		"postgresql://app:" + secret + "@db/webui?sslmode=require",
		"postgresql://app:x@" + secret + "@db/webui", // an @ in the password that was not encoded
		"postgresql://app:x@a/" + secret + "@db/webui",
		"postgresql://app:x@a?" + secret + "=1@db/webui",
		"postgresql://db/webui?user=app&password=" + secret,
		"postgresql://db/webui?sslpassword=" + secret,
		"mysql://app:" + secret + "@db/webui",
		"mysql://db/webui?user=app&passwd=" + secret,
		"sqlite+sqlcipher://:" + secret + "@/webui.db",
	} {
		u := mustParse(t, s)
		for _, v := range []any{u, *u, []*dburl.URL{u}, map[string]dburl.URL{"u": *u}, struct{ U *dburl.URL }{u},
			dburl.Config{URL: u}, &dburl.Config{URL: u}} {
			assertHidden(t, v)
		}
		if !strings.Contains(s, "x@") { // in a field that fmt prints without asking, only what is known to be a password is hidden
			assertHidden(t, unexported{*u, u})
			assertHidden(t, &unexported{*u, u})
			for _, wrong := range []string{"%w", "%p"} {
				assertHidden(t, fmt.Sprintf(wrong, u)+fmt.Sprintf(wrong, *u))
			}
			assertHidden(t, u.Query)
		}
		if strings.Contains(u.Redacted(), secret) || strings.Contains(u.GoString(), secret) {
			t.Errorf("redacted form shows the password: %s", u.Redacted())
		}
		if target, err := u.Postgres(); err == nil {
			assertHidden(t, target)
			assertHidden(t, &target)
		}
		if target, err := u.MySQL(); err == nil {
			assertHidden(t, target)
		}
	}
	u := mustParse(t, "postgresql://app:"+secret+"@db/webui")
	if strings.Contains(u.String(), secret) || !strings.Contains(u.Reveal(), secret) || u.Password() != secret {
		t.Errorf("String %q, Reveal %q", u.String(), u.Reveal())
	}
	for verb, want := range map[string]string{
		"%v": "postgresql://app:***@db/webui", "%s": "postgresql://app:***@db/webui", "%q": `"postgresql://app:***@db/webui"`,
		"%#v": `dburl.Parse("postgresql://app:***@db/webui")`, "%.10s": "postgresql",
	} {
		if got := fmt.Sprintf(verb, u); got != want {
			t.Errorf("%s gives %s, want %s", verb, got, want)
		}
	}
	if got := fmt.Sprint((*dburl.URL)(nil)); got != "<nil>" {
		t.Errorf("a nil URL prints %q", got)
	}
	if b, err := json.Marshal(u); err != nil || string(b) != `"postgresql://app:***@db/webui"` {
		t.Errorf("JSON: %s, %v", b, err)
	}
}

// TestStringDependsOnNothingOfThePassword holds for any password, also for one
// whose letters occur elsewhere in the URL.
func TestStringDependsOnNothingOfThePassword(t *testing.T) {
	u := mustParse(t, "postgresql://app:p@db/webui")
	for _, p := range []string{"", "p", "postgresql", "***", "a/b@c:d?e#f", "\x00\xff", strings.Repeat("long", 1000)} {
		w := u.WithPassword(p)
		if w.String() != u.String() || w.Redacted() != u.String() || fmt.Sprintf("%#v", w) != fmt.Sprintf("%#v", u) {
			t.Errorf("a password of %d bytes is seen in %s", len(p), w)
		}
		if w.Password() != p {
			t.Errorf("password %q became %q", p, w.Password())
		}
	}
}

// malformed URLs, each with the secret where somebody may put it by mistake.
var malformed = []string{
	secret,
	"postgresql://app:" + secret,
	"postgresql://app:" + secret + "/db",
	"postgresql://app:1" + secret + "@db:port/webui",
	"postgresql://app:" + secret + "@db:/webui",
	"postgresql://app:" + secret + "@db:123456789012/webui",
	"postgresql://app:" + secret + "@[::1/webui",
	"postgresql://app:" + secret + "@[::1]x/webui",
	"postgresql://app:" + secret + "@h1:1,h2:x/webui",
	"postgresql://app:" + secret + "@h1:1,,h2/webui",
	"postgresql://app:x@db:" + secret + "/webui",
	"postgresql://app:x@a:" + secret + ":c@db/webui",
	"postgresql://app:x@[" + secret + "/webui",
	"postgresql:" + "//app:" + secret + "@tcp(db:5432)/webui",
	"postgresql:/app:" + secret + "@db/webui",
	"postgresql:app:" + secret + "@db/webui",
	"postgresql//app:" + secret + "@db/webui",
	" postgresql://app:" + secret + "@db/webui",
	`"postgresql://app:` + secret + `@db/webui"`,
	"POSTGRESQL://app:" + secret + "@db/webui",
	"postgre://app:" + secret + "@db/webui",
	"oracle://app:" + secret + "@db/webui",
	"postgresql+nope://app:" + secret + "@db/webui",
	"postgresql-asyncpg://app:" + secret + "@db/webui",
	"jdbc:postgresql://db/webui?user=app&password=" + secret,
	"app:" + secret + "@tcp(db:3306)/webui?parseTime=true",
	"app:" + secret + "@unix(/tmp/mysql.sock)/webui",
	"app:" + secret + "@/webui",
	"app:" + secret + "@db/webui",
	"//app:" + secret + "@db/webui",
	"host=db user=app password=" + secret + " dbname=webui",
	"password=" + secret + " host=db",
	"Server=db;Database=webui;Uid=app;Pwd=" + secret + ";",
	"mysql://app:" + secret + "@tcp(db:3306)/webui",
	"mysql://app:" + secret + "@unix(/tmp/x.sock)/webui",
	"sqlite3://app:" + secret + "@/webui.db",
	"file:" + secret,
	"sqlite:" + secret,
	"/" + secret,
	"://" + secret,
	"postgresql+" + "://app:" + secret + "@db/webui",
}

// refusedURLs are well-formed, and have no meaning.
var refusedURLs = []string{
	"postgresql://app:x@" + secret + "@db/webui",
	"postgresql://app:x@y?" + secret + "=1@db/webui",
	"postgresql://app:x@y/" + secret + "@db/webui",
	"postgresql://app:x@y?z=1&" + secret + "@db=webui",
	"postgresql://app:x?" + secret + "@db:99999/webui",
	"postgresql://app:" + secret + "@db:0/webui",
	"postgresql://app:" + secret + "@db/webui?nope=1",
	"postgresql://app:" + secret + "@db/webui?sslmode=" + secret,
	"postgresql://app:" + secret + "@db/webui?connect_timeout=" + secret,
	"postgresql://app:" + secret + "@db/webui?" + strings.Repeat(secret, 9) + "=1",
	"postgresql://app:" + secret + "%00@db/webui",
	"postgresql://app:" + secret + "%ff@db/webui",
	"postgresql://app:" + secret + "@db/webui%00\x00",
	"postgresql://app:" + secret + "@db/webui?port=" + secret,
	"postgresql://app:" + secret + "@db/webui?host=" + secret + ":x",
	"postgresql://app:" + secret + "@db/webui?application_name=%00",
	"mysql://app:" + secret + "@db/webui?charset=latin1",
	"mysql://app:x@" + secret + "@db/webui",
	"mysql://app:" + secret + "@db/webui?tls=true",
	"mysql://app:" + secret + "@db/webui?ssl_mode=disabled&ssl_ca=/" + secret,
	"mariadb://app:" + secret + "@db/webui?port=" + secret,
	"sqlite://app:" + secret + "@/webui.db",
	"sqlite://:" + secret + "@host/webui.db",
	"sqlite+sqlcipher://:" + secret + "@/webui.db",
	"sqlite:///webui.db?key=" + secret,
}

func TestErrorsHoldNoSecret(t *testing.T) {
	for _, s := range malformed {
		for name, parse := range map[string]func(string) (*dburl.URL, error){"Parse": dburl.Parse, "ParseSyntax": dburl.ParseSyntax} {
			_, err := parse(s)
			if err == nil {
				if name == "Parse" {
					t.Errorf("%s(%q) is no error", name, s)
				}
				continue
			}
			if !errors.Is(err, dberr.ErrInvalid) {
				t.Errorf("%q: code %s", s, dberr.CodeOf(err))
			}
			assertHidden(t, err)
			for e := err; e != nil; e = errors.Unwrap(e) {
				assertHidden(t, e)
			}
		}
		_, warnings, err := dburl.FromEnv(lookup(map[string]string{"DATABASE_URL": s}), "data")
		if err == nil {
			t.Errorf("FromEnv takes %q", s)
		}
		assertHidden(t, err)
		assertHidden(t, warnings)
	}
	for _, s := range refusedURLs {
		u, err := dburl.Parse(s)
		if err != nil {
			t.Errorf("%q: %v", s, err)
			continue
		}
		err = u.Validate()
		if err == nil {
			t.Errorf("%q is valid", s)
			continue
		}
		assertHidden(t, err)
	}
}

func TestHints(t *testing.T) {
	for s, want := range map[string]string{
		"":                            "is empty",
		"  ":                          "is empty",
		" postgresql://u@h/d":         "white space",
		"'postgresql://u@h/d'":        "quotes",
		"jdbc:postgresql://h/d":       "leave out jdbc:",
		"u:p@tcp(h:3306)/d":           "mysql://USER:PASSWORD@HOST:PORT/DATABASE",
		"u:p@unix(/x.sock)/d":         "unix_socket",
		"u:p@(h:3306)/d":              "mysql://USER",
		"mysql://u:p@tcp(h:3306)/d":   "mysql://USER:PASSWORD@HOST:PORT/DATABASE",
		"mysql://u:p@unix(/x.sock)/d": "unix_socket",
		"host=h user=u":               "postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
		"dbname = d":                  "libpq",
		"Server=h;Database=d;":        "ADO or ODBC",
		":memory:":                    "sqlite:///:memory:",
		"webui.db":                    "sqlite:///webui.db",
		"./data/webui.sqlite3":        "three slashes|sqlite:///",
		"/var/lib/webui.db":           "sqlite:////",
		`C:\data\webui.db`:            "sqlite:///",
		"file:webui.db":               "uri=true",
		"sqlite:webui.db":             "three slashes",
		"sqlite:/webui.db":            "three slashes",
		"sqlite3:///webui.db":         "did you mean sqlite://",
		"postgressql://u@h/d":         "did you mean postgresql://",
		"postgre://u@h/d":             "did you mean postgres",
		"PostgreSQL://u@h/d":          "lower case: postgresql://",
		"oracle://u@h/d":              `unknown database "oracle"; the URL must begin with sqlite://, postgresql://, mysql://, mariadb:// or postgres://`,
		"postgresql+psycopg4://h":     `unknown driver "psycopg4" for postgresql; write postgresql:// alone, or one of +psycopg2, +psycopg, +asyncpg, +pg8000`,
		"sqlite+foo:///x":             "+pysqlite, +aiosqlite",
		"mysql+foo://h":               "+pymysql, +mysqldb, +aiomysql",
		"postgresql+://h":             "unknown driver",
		"postgresql-asyncpg://h":      "after a +",
		"postgresql:u@h":              "not a database URL",
		"postgresql:h":                "two slashes",
		"hello":                       "not a database URL",
		"postgresql://u:p@h:x/d":      "%40",
		"postgresql://u:p@[::1/d":     "brackets",
		"postgresql://u:p@h1:1,,h2/d": "one comma",
	} {
		_, err := dburl.Parse(s)
		if err == nil {
			t.Errorf("Parse(%q) is no error", s)
			continue
		}
		ok := false
		for w := range strings.SplitSeq(want, "|") {
			ok = ok || strings.Contains(err.Error(), w)
		}
		if !ok {
			t.Errorf("Parse(%q):\n  %s\n  does not say %q", s, err, want)
		}
	}
}

func TestEveryDriverNameOfSQLAlchemyIsTaken(t *testing.T) {
	for backend, drivers := range map[string]string{
		"sqlite":     "pysqlite aiosqlite",
		"postgresql": "psycopg2 psycopg asyncpg pg8000",
		"mysql":      "pymysql mysqldb aiomysql",
		"mariadb":    "pymysql mysqldb aiomysql",
	} {
		for d := range strings.FieldsSeq(drivers) {
			u := mustParse(t, backend+"+"+d+":///x")
			if u.Backend != backend || u.Driver != d || u.Scheme != backend+"+"+d {
				t.Errorf("%+v", u)
			}
			if err := u.Validate(); err != nil {
				t.Error(err)
			}
		}
	}
	for _, s := range []string{"postgres://u@h/d", "postgres+asyncpg://u@h/d"} {
		u := mustParse(t, s)
		if u.Backend != "postgresql" || u.String() != s {
			t.Errorf("%s: backend %s, text %s", s, u.Backend, u)
		}
	}
}

func TestHosts(t *testing.T) {
	for s, want := range map[string]string{
		"postgresql://h1:1,h2:2/d":         "h1 1 h2 2",
		"postgresql://u:p@h1:1,h2/d":       "h1 1 h2 0",
		"postgresql://u:p@h1,h2/d":         "h1 0 h2 0",
		"postgresql://h1,h2:5/d":           "h1 5 h2 5", // one port at the end is everybody's, as in SQLAlchemy
		"postgresql://[::1]:1,[::2]:2/d":   "::1 1 ::2 2",
		"postgresql://[::1],[::2]/d":       "::1 0 ::2 0",
		"postgresql://h1,[::2]:2/d":        "h1 0 ::2 2",
		"postgresql://[2001:db8::1]:5432/": "2001:db8::1 5432",
		"postgresql:///d":                  "",
	} {
		u := mustParse(t, s)
		var got []string
		for _, h := range u.Hosts() {
			got = append(got, fmt.Sprint(h.Host, " ", h.Port))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", s, got, want)
		}
		if again := mustParse(t, u.Reveal()); !again.Equal(u) || u.Reveal() != s {
			t.Errorf("%s came back as %s", s, u.Reveal())
		}
	}
	if a := (dburl.HostPort{Host: "::1", Port: 5}).Address(); a != "[::1]:5" {
		t.Error(a)
	}
	if a := (dburl.HostPort{Host: "/run/x", Port: 5}); a.Address() != "/run/x" || !a.IsSocket() {
		t.Error(a.Address())
	}
}

func TestDerivedURLsAreCopies(t *testing.T) {
	const text = "postgresql://app:pw@db:5432/webui?sslmode=require&application_name=a"
	u := mustParse(t, text)
	before := u.Reveal()
	for got, want := range map[string]string{
		u.WithDatabase("other").Reveal():              "postgresql://app:pw@db:5432/other?application_name=a&sslmode=require",
		u.WithDatabase("").Reveal():                   "postgresql://app:pw@db:5432/?application_name=a&sslmode=require",
		u.WithPassword("p@ /").Reveal():               "postgresql://app:p%40 %2F@db:5432/webui?application_name=a&sslmode=require",
		u.WithoutPassword().Reveal():                  "postgresql://app@db:5432/webui?application_name=a&sslmode=require",
		u.WithUser("a:b").Reveal():                    "postgresql://a%3Ab:pw@db:5432/webui?application_name=a&sslmode=require",
		u.WithQuery("sslmode").Reveal():               "postgresql://app:pw@db:5432/webui?application_name=a",
		u.WithQuery("sslmode", "").Reveal():           "postgresql://app:pw@db:5432/webui?application_name=a",
		u.WithQuery("host", "a:1", "b:2").Reveal():    "postgresql://app:pw@db:5432/webui?application_name=a&host=a%3A1&host=b%3A2&sslmode=require",
		u.WithQuery("application_name", "b").Reveal(): "postgresql://app:pw@db:5432/webui?application_name=b&sslmode=require",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if u.Reveal() != before || !u.Clone().Equal(u) {
		t.Errorf("the original changed to %s", u.Reveal())
	}
	values := u.Query.All("sslmode")
	values[0] = "disable"
	if u.Query.Get("sslmode") != "require" {
		t.Error("the caller's slice is the URL's own")
	}
	if u.Query.Len() != 2 || u.Query.Keys()[0] != "sslmode" || u.Query.Has("nope") || u.Query.Get("nope") != "" ||
		u.Query.All("nope") != nil {
		t.Errorf("query %v", u.Query.Keys())
	}
	for _, other := range []string{"postgresql://app:pw2@db:5432/webui", "postgresql://app@db:5432/webui",
		"postgresql://db", "postgresql://db/", "postgresql://@db", "postgresql://:@db", "postgresql://db:1"} {
		o := mustParse(t, other)
		for _, another := range []string{text, "postgresql://db2"} {
			if o.Equal(mustParse(t, another)) {
				t.Errorf("%s equals %s", other, another)
			}
		}
		if !o.Equal(mustParse(t, other)) || o.Equal(nil) {
			t.Errorf("%s does not equal itself", other)
		}
	}
}

func TestCreateRefusesWhatCannotBeWritten(t *testing.T) {
	for name, p := range map[string]dburl.Parts{
		"scheme":          {Scheme: "oracle"},
		"driver":          {Scheme: "postgresql+x"},
		"question mark":   {Scheme: "postgresql", Host: "h", Database: "a?b"},
		"host with user":  {Scheme: "postgresql", Host: "u:p@h"},
		"host with port":  {Scheme: "postgresql", Host: "h:5432", Port: 1},
		"single with one": {Scheme: "postgresql", Host: "h:5432"},
		"host with space": {Scheme: "postgresql", Host: "h h"},
		"host with path":  {Scheme: "postgresql", Host: "h/d"},
		"scheme in host":  {Scheme: "postgresql", Host: "https://h"},
		"negative port":   {Scheme: "postgresql", Host: "h", Port: -1},
		"big port":        {Scheme: "postgresql", Host: "h", Port: 65536},
		"list and port":   {Scheme: "postgresql", Host: "h1:1,h2:2", Port: 3},
		"empty in list":   {Scheme: "postgresql", Host: "h1,,h2"},
		"broken password": {Scheme: "postgresql", Host: "h", Password: "\xff"},
		"Go DSN":          {Scheme: "mysql", Host: "tcp(h"},
	} {
		if u, err := dburl.Create(p); !errors.Is(err, dberr.ErrInvalid) {
			t.Errorf("%s: %v, %v", name, u, err)
		}
	}
	for want, p := range map[string]dburl.Parts{
		"postgresql://[::1]:5/d":               {Scheme: "postgresql", Host: "[::1]", Port: 5, Database: "d"},
		"postgresql://h1,h2:5/d":               {Scheme: "postgresql", Host: "h1,h2", Port: 5, Database: "d"},
		"postgresql://h1:5,[::1]:5/d":          {Scheme: "postgresql", Host: "h1,::1", Port: 5, Database: "d"},
		"postgresql://h1:1,h2:2/d":             {Scheme: "postgresql", Host: "h1:1,h2:2", Database: "d"},
		"postgresql://u@%2Frun%2Fpostgres/d":   {Scheme: "postgresql", User: "u", Host: "/run/postgres", Database: "d"},
		"postgresql://u:@h:5/a@b":              {Scheme: "postgresql", User: "u", Host: "h", Port: 5, Database: "a@b"},
		"postgresql://:@h:5/a@b":               {Scheme: "postgresql", Host: "h", Port: 5, Database: "a@b"},
		"sqlite:////data/me@home/50%25/x y.db": {Scheme: "sqlite", Database: "/data/me@home/50%25/x y.db"},
	} {
		u, err := dburl.Create(p)
		if err != nil || u.Reveal() != want {
			t.Errorf("got %v, %v, want %s", u, err, want)
		}
	}
}
