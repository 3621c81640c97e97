package dburl_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
)

func FuzzParse(f *testing.F) {
	for _, name := range []string{"url-cases.json", "sqlalchemy.json"} {
		if name == "url-cases.json" {
			for _, c := range readJSON[caseFile](f, name).Cases {
				f.Add(c.URL)
			}
			continue
		}
		for _, c := range readJSON[struct{ URLs []urlCase }](f, name).URLs {
			f.Add(c.URL)
		}
	}
	for _, s := range append(append([]string{}, malformed...), refusedURLs...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := dburl.ParseSyntax(s)
		v, err2 := dburl.Parse(s)
		if err != nil {
			if err2 == nil {
				t.Fatalf("Parse takes what ParseSyntax does not: %q", s)
			}
			if dberr.CodeOf(err) != dberr.Invalid || dberr.CodeOf(err2) != dberr.Invalid {
				t.Fatalf("codes %s, %s", dberr.CodeOf(err), dberr.CodeOf(err2))
			}
			return
		}
		if err2 == nil && !u.Equal(v) {
			t.Fatalf("%q: Parse and ParseSyntax differ", s)
		}
		again, err := dburl.ParseSyntax(u.Reveal())
		if err != nil || !again.Equal(u) {
			t.Fatalf("%q: %q does not come back: %v", s, u.Reveal(), err)
		}
		hidden, err := dburl.ParseSyntax(u.String())
		if err != nil || hidden.String() != u.String() || hidden.HasPassword() != u.HasPassword() {
			t.Fatalf("%q: %q does not come back: %v", s, u.String(), err)
		}
		// The redacted forms are the same for any other password.
		if u.HasPassword() {
			other := u.WithPassword("another")
			if other.String() != u.String() || fmt.Sprintf("%+v %#v", other, other) != fmt.Sprintf("%+v %#v", u, u) {
				t.Fatalf("%q: %q depends on the password", s, u.String())
			}
		}
		if err2 != nil {
			return
		}
		if problem := v.Validate(); problem != nil && v.HasPassword() {
			other := v.WithPassword("another")
			if e := other.Validate(); e != nil && e.Error() != problem.Error() &&
				!strings.Contains(problem.Error(), "password") {
				t.Fatalf("%q: the error depends on the password: %v", s, problem)
			}
		}
	})
}

func FuzzRedact(f *testing.F) {
	for _, s := range append(append([]string{}, malformed...), refusedURLs...) {
		f.Add("x "+s+" y", secret)
	}
	f.Fuzz(func(t *testing.T, text, password string) {
		once := dburl.Redact(text)
		if twice := dburl.Redact(once); twice != once {
			t.Fatalf("%q: redacted %q, twice %q", text, once, twice)
		}
		// A URL that Larder wrote is found in any text before and after it.
		u, err := dburl.Create(dburl.Parts{Scheme: "postgresql", User: "u", Password: password + "Zqx", Host: "h",
			Database: "d"})
		if err != nil {
			return
		}
		line := strings.Map(func(r rune) rune { return map[bool]rune{true: ' ', false: r}[r == '\n'] }, text)
		for _, s := range []string{u.Reveal(), line + " " + u.Reveal(), u.Reveal() + " " + text} {
			if got := dburl.Redact(s); strings.Contains(got, "Zqx") && !strings.Contains(text, "Zqx") {
				t.Fatalf("%q: %q", s, got)
			}
		}
	})
}

func FuzzFromEnv(f *testing.F) {
	f.Add("postgresql", "u", "p", "h", "5432", "d", "x")
	f.Add("mysql", "a:b", "@/:?#", "::1", "1", "d?a=b", "/data")
	f.Fuzz(func(t *testing.T, kind, user, password, host, port, name, dir string) {
		env := map[string]string{"DATABASE_TYPE": kind, "DATABASE_USER": user, "DATABASE_PASSWORD": password,
			"DATABASE_HOST": host, "DATABASE_PORT": port, "DATABASE_NAME": name}
		cfg, _, err := dburl.FromEnv(lookup(env), dir)
		if err != nil {
			if dberr.CodeOf(err) != dberr.Invalid {
				t.Fatalf("code %s", dberr.CodeOf(err))
			}
			return
		}
		again, err := dburl.Parse(cfg.URL.Reveal())
		if err != nil || !again.Equal(cfg.URL) {
			t.Fatalf("%q does not come back: %v", cfg.URL.Reveal(), err)
		}
		// The password decides nothing but the password.
		env["DATABASE_PASSWORD"] = "plain"
		if password == "" || strings.TrimSpace(password) == "" || cfg.URL.Backend == dburl.SQLite {
			return
		}
		plain, _, err := dburl.FromEnv(lookup(env), dir)
		if err != nil {
			return
		}
		if plain.URL.Redacted() != cfg.URL.Redacted() || plain.URL.Host != cfg.URL.Host {
			t.Fatalf("the password changed %v into %v", plain.URL, cfg.URL)
		}
	})
}

// TestAnyTextComesBack: whatever is put into the parts is what comes out of the
// text that is made of them.
func TestAnyTextComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := dburl.Parts{
			Scheme:   rapid.SampledFrom([]string{"postgresql", "postgres+asyncpg", "mysql", "mariadb+pymysql"}).Draw(t, "scheme"),
			User:     rapid.String().Draw(t, "user"),
			Password: rapid.String().Draw(t, "password"),
			Host:     rapid.SampledFrom([]string{"", "db", "::1", "[2001:db8::1]", "h1,h2", "h1,::1", "/run/p q", "10.0.0.1"}).Draw(t, "host"),
			Port:     rapid.SampledFrom([]int{0, 1, 5432, 65535}).Draw(t, "port"),
			Database: rapid.String().Draw(t, "database"),
			Query:    map[string][]string{rapid.String().Draw(t, "name"): {rapid.StringN(1, 9, -1).Draw(t, "value"), "x"}},
		}
		u, err := dburl.Create(p)
		if err != nil {
			if strings.Contains(p.Database, "?") {
				return
			}
			t.Fatalf("%+v: %v", p, err)
		}
		v, err := dburl.Parse(u.Reveal())
		if err != nil || !v.Equal(u) {
			t.Fatalf("%q: %v", u.Reveal(), err)
		}
		if v.User != p.User || v.Password() != p.Password || v.Database != p.Database {
			t.Fatalf("%q: %q %q %q", u.Reveal(), v.User, v.Password(), v.Database)
		}
		for name, values := range p.Query {
			if got := v.Query.All(name); len(got) != 2 || got[0] != values[0] {
				t.Fatalf("%q: %q is %q", u.Reveal(), name, got)
			}
		}
		if p.Host != "" && p.Host[0] != '/' {
			want := strings.Split(strings.Trim(p.Host, "[]"), ",")
			for i, h := range v.Hosts() {
				if h.Host != want[i] || h.Port != p.Port {
					t.Fatalf("%q: %v", u.Reveal(), v.Hosts())
				}
			}
		}
		if strings.Contains(u.String(), "***") != v.HasPassword() && !strings.Contains(p.User+p.Database, "***") {
			t.Fatalf("%q", u.String())
		}
	})
}
