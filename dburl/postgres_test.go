package dburl_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
)

func TestPostgresHosts(t *testing.T) {
	for s, want := range map[string]string{
		"postgresql:///d":                                 "",
		"postgresql://h/d":                                "h:5432",
		"postgresql://:6432/d":                            ":6432",
		"postgresql:///d?port=6432":                       ":6432",
		"postgresql://h:1/d":                              "h:1",
		"postgresql://[::1]/d":                            "[::1]:5432",
		"postgresql://[fe80::1%25eth0]/d":                 "[fe80::1%eth0]:5432",
		"postgresql://[fe80::1%eth0]/d":                   "[fe80::1%eth0]:5432",
		"postgresql://h1:1,h2:2/d":                        "h1:1 h2:2",
		"postgresql://h1:1,h2/d":                          "h1:1 h2:5432",
		"postgresql://h1,h2/d":                            "h1:5432 h2:5432",
		"postgresql://h1,h2:9/d":                          "h1:9 h2:9",
		"postgresql://[::1]:1,[::2]:2/d":                  "[::1]:1 [::2]:2",
		"postgresql:///d?host=h1:1&host=h2:2&host=h3":     "h1:1 h2:2 h3:5432",
		"postgresql:///d?host=h1,h2&port=1,2":             "h1:1 h2:2",
		"postgresql:///d?host=h1,h2&port=1,":              "h1:1 h2:5432",
		"postgresql:///d?host=h1,h2&port=9":               "h1:9 h2:9",
		"postgresql:///d?host=h1,h2":                      "h1:5432 h2:5432",
		"postgresql:///d?host=h1:1,h2:2":                  "h1:1 h2:2",
		"postgresql:///d?host=h:1":                        "h:1",
		"postgresql:///d?host=[::1]:1":                    "[::1]:1",
		"postgresql:///d?host=::1":                        "[::1]:5432",
		"postgresql://:7/d?host=h":                        "h:7",
		"postgresql://other:7/d?host=h":                   "h:7", // the argument wins, the port stays
		"postgresql://other:7/d?host=h&port=8":            "h:8",
		"postgresql://u@/d?host=/var/run/postgresql":      "/var/run/postgresql 5432",
		"postgresql://u@/d?host=/tmp/a:b&port=5433":       "/tmp/a:b 5433",
		"postgresql://u@:5433/d?host=/tmp":                "/tmp 5433",
		"postgresql:///d?host=/tmp&host=h:1":              "/tmp 5432 h:1",
		"postgresql://%2Fvar%2Frun%2Fpostgresql/d":        "/var/run/postgresql 5432",
		"postgresql://%2fvar%2frun:5433/d":                "/var/run 5433",
		"postgresql://user:pass@/dbname?host=HostA,HostB": "HostA:5432 HostB:5432",
		"postgresql://h1:1,%2Ftmp/d":                      "h1:1 /tmp 5432",
	} {
		target, err := mustParse(t, s).Postgres()
		if err != nil {
			t.Errorf("%s: %v", s, err)
			continue
		}
		var got []string
		for _, h := range target.Hosts {
			if h.IsSocket() {
				got = append(got, fmt.Sprint(h.Host, " ", h.Port))
			} else {
				got = append(got, h.Address())
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %s, want %s", s, got, want)
		}
	}
}

func TestPostgresArguments(t *testing.T) {
	target := func(query string) dburl.PostgresTarget {
		t.Helper()
		got, err := mustParse(t, "postgresql://u:p@h/d?"+query).Postgres()
		if err != nil {
			t.Errorf("%s: %v", query, err)
		}
		return got
	}
	for query, want := range map[string]string{
		"":                              "",
		"sslmode=verify-full":           "verify-full",
		"ssl=require":                   "require",
		"ssl=true":                      "require",
		"ssl=1":                         "require",
		"ssl=false":                     "disable",
		"ssl=verify-ca&sslrootcert=/ca": "verify-ca",
		"sslmode=require&ssl=true":      "require",
		"ssl=true&sslmode=require":      "require",
		"sslmode=":                      "",
	} {
		if got := target(query).TLS.Mode; got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	for query, want := range map[string]dburl.StatementMode{
		"":                                  dburl.StatementsAuto,
		"prepared_statements=auto":          dburl.StatementsAuto,
		"prepared_statements=on":            dburl.StatementsPrepared,
		"prepared_statements=off":           dburl.StatementsExec,
		"default_query_exec_mode=exec":      dburl.StatementsExec,
		"prepared_statements=describe_exec": dburl.StatementsUncached,
		"pgbouncer=true":                    dburl.StatementsExec,
		"pgbouncer=false":                   dburl.StatementsAuto,
		"prepared_statement_cache_size=0":   dburl.StatementsExec,
		"statement_cache_size=0":            dburl.StatementsExec,
		"statement_cache_size=100":          dburl.StatementsAuto,
		"prepare_threshold=None":            dburl.StatementsExec,
		"prepare_threshold=5":               dburl.StatementsAuto,
		"pgbouncer=true&statement_cache_size=0&prepared_statements=auto": dburl.StatementsExec,
		"default_query_exec_mode=simple_protocol":                        dburl.StatementsSimple,
		"default_query_exec_mode=cache_describe":                         dburl.StatementsDescribe,
	} {
		if got := target(query).Statements; got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	got := target("sslmode=verify-full&sslrootcert=/ca&sslcert=/c&sslkey=/k&sslcrl=/crl&options=-csearch_path%3Da,b&fallback_application_name=fb" +
		"&connect_timeout=7&target_session_attrs=read-write&keepalives_idle=30&keepalives_interval=5&keepalives_count=3&tcp_user_timeout=1500" +
		"&statement_cache_capacity=64&client_encoding=utf-8&gssencmode=disable&load_balance_hosts=disable&user=u2&password=p2&dbname=d2")
	if got.TLS != (dburl.PostgresTLS{Mode: "verify-full", RootCert: "/ca", Cert: "/c", Key: "/k", CRL: "/crl"}) {
		t.Errorf("%+v", got.TLS)
	}
	if got.Options != "-csearch_path=a,b" || got.ApplicationName != "fb" || got.ConnectTimeout != 7*time.Second ||
		got.TargetSessionAttrs != "read-write" ||
		got.TCPUserTimeout != 1500*time.Millisecond || got.StatementCache != 64 || got.User != "u2" ||
		got.Password() != "p2" || got.Database != "d2" {
		t.Errorf("%+v", got)
	}
	if got.RandomHosts || !target("load_balance_hosts=random").RandomHosts {
		t.Error("load_balance_hosts")
	}
	if k := got.KeepAlive; !k.Enable || k.Idle != 30*time.Second || k.Interval != 5*time.Second || k.Count != 3 {
		t.Errorf("%+v", k)
	}
	if target("keepalives=0").KeepAlive.Enable || !target("").KeepAlive.Enable ||
		target("timeout=1.5").ConnectTimeout != 1500*time.Millisecond {
		t.Error("keepalives, timeout")
	}
	if got := target("application_name=a&fallback_application_name=b").ApplicationName; got != "a" {
		t.Error(got)
	}
	if got, err := mustParse(t, "postgresql://u:@h/d").Postgres(); err != nil || got.HasPassword() {
		t.Errorf("an empty password is one: %v", err)
	}
}

func TestPostgresRefusals(t *testing.T) {
	for query, want := range map[string]string{
		"nope=1":                                "unknown argument nope for postgresql",
		"sslmod=require":                        "did you mean sslmode?",
		"sslroot_cert=x":                        "did you mean sslrootcert?",
		"aplication_name=x":                     "did you mean application_name?",
		"sslmode=requir":                        "sslmode must be one of disable, allow, prefer, require, verify-ca, verify-full",
		"sslmode=require%23frag":                "sslmode must be one of",
		"ssl=perhaps":                           "ssl must be true, false or one of",
		"sslmode=verify-full&ssl=require":       "in agreement",
		"sslmode=require&sslmode=disable":       "2 times",
		"sslcert=/c":                            "given together",
		"sslkey=/k":                             "given together",
		"sslmode=disable&sslrootcert=/ca":       "contradicts",
		"sslcrl=/crl":                           "sslrootcert",
		"connect_timeout=abc":                   "connect_timeout must be a whole number",
		"connect_timeout=-1":                    "connect_timeout",
		"connect_timeout=1.5":                   "whole number",
		"target_session_attrs=any-old":          "target_session_attrs must be one of",
		"load_balance_hosts=yes":                "load_balance_hosts must be one of disable, random",
		"keepalives=perhaps":                    "true or false",
		"keepalives_count=1001":                 "keepalives_count",
		"tcp_user_timeout=x":                    "milliseconds",
		"client_encoding=latin1":                "utf8",
		"gssencmode=require":                    "gssencmode must be one of",
		"channel_binding=x":                     "channel_binding must be one of",
		"prepared_statements=maybe":             "auto, on, off",
		"prepared_statements=on&pgbouncer=true": "in agreement",
		"prepare_threshold=x":                   "none or a whole number",
		"statement_cache_size=-1":               "statement_cache_size must be",
		"application_name=a%00b":                "NUL",
		"host=a,b&port=1,2,3":                   "as many ports as hosts",
		"host=a&port=1,2":                       "as many ports as hosts",
		"host=a&host=b&port=1&port=2":           "in one way",
		"host=a:1&port=1":                       "IPv6",
		"port=0":                                "port",
		"port=x":                                "port",
		"port=65536":                            "from 1 to 65535",
		"host=a:x":                              "host:port",
		"host=a,,b":                             "host",
		"host=/tmp/%2Ca&port=1":                 "",
		"host=a/b":                              "no host name has",
		"async_fallback=true":                   "async_fallback is refused",
		"command_timeout=5":                     "statement_timeout",
		"statement_timeout=5":                   "options=-c",
		"search_path=x":                         "options=-c search_path",
		"krbsrvname=x":                          "Kerberos",
		"hostaddr=1.2.3.4":                      "hostaddr is refused",
		"replication=database":                  "replication",
		"charset=utf8":                          "MySQL",
		"pool_size=5":                           "DATABASE_POOL_",
		"user=%FF":                              "",
	} {
		_, err := mustParse(t, "postgresql://u:p@h/d?"+query).Postgres()
		if want == "" {
			continue
		}
		if !errors.Is(err, dberr.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n  %v\n  does not say %q", query, err, want)
		}
	}
	for s, want := range map[string]string{
		"postgresql://u:p@ss@h/d":          "%40",
		"postgresql://u:p@h:0/d":           "from 1 to 65535",
		"postgresql://u:p@h:65536/d":       "from 1 to 65535",
		"postgresql://u:p@h1:1,h2:65536/d": "from 1 to 65535",
		"postgresql://u:p%00@h/d":          "password holds a NUL",
		"postgresql://u%00:p@h/d":          "user holds a NUL",
		"postgresql://u:p@h/d\x00e":        "database holds a NUL",
		"postgresql://u:%ff@h/d":           "UTF-8",
		"postgresql://u:p@h/\xff":          "UTF-8",
		"postgresql://u:p@a b/d":           "no host name has",
		"postgresql://u:p@h1,,h2/d":        "is empty",
		"postgresql://u:p@[1:2]/d":         "IPv6",
		"postgresql://u:p@%2Ftmp%zz/d":     "percent-encoded",
		"mysql://u:p@h/d":                  "not a postgresql URL",
	} {
		_, err := mustParse(t, s).Postgres()
		if !errors.Is(err, dberr.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n  %v\n  does not say %q", s, err, want)
		}
	}
}

// clearPG removes the variables that pgx reads.
func clearPG(t *testing.T) {
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "PG") {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	t.Setenv("PGPASSFILE", filepath.Join(t.TempDir(), "none"))
}

func TestConnStringIsReadByPgxAsMeant(t *testing.T) {
	clearPG(t)
	target, err := mustParse(t,
		"postgresql://u:p@h1:1,[::2]:2/d?sslmode=require&connect_timeout=7&application_name=a%20'b'%5C&options=-c%20x%3Dy"+
			"&target_session_attrs=read-write&pgbouncer=true&statement_cache_capacity=9&channel_binding=disable&direct_tls=1").Postgres()
	if err != nil {
		t.Fatal(err)
	}
	c, err := pgx.ParseConfig(target.ConnString())
	if err != nil {
		t.Fatal(err)
	}
	if c.Host != "h1" || c.Port != 1 || len(c.Fallbacks) != 1 || c.Fallbacks[0].Host != "::2" ||
		c.Fallbacks[0].Port != 2 || c.TLSConfig == nil {
		t.Errorf("hosts: %s:%d, %d more", c.Host, c.Port, len(c.Fallbacks))
	}
	if c.User != "u" || c.Password != "p" || c.Database != "d" || c.ConnectTimeout != 7*time.Second ||
		c.RuntimeParams["application_name"] != `a 'b'\` ||
		c.RuntimeParams["options"] != "-c x=y" || c.DefaultQueryExecMode != pgx.QueryExecModeExec ||
		c.StatementCacheCapacity != 9 ||
		c.ValidateConnect == nil || c.ChannelBinding != "disable" || c.SSLNegotiation != "direct" ||
		len(c.RuntimeParams) != 2 {
		t.Errorf("%+v", c.RuntimeParams)
	}
	for _, mode := range []dburl.StatementMode{dburl.StatementsPrepared, dburl.StatementsDescribe,
		dburl.StatementsUncached, dburl.StatementsExec, dburl.StatementsSimple} {
		target.Statements = mode
		c, err := pgx.ParseConfig(target.ConnString())
		if err != nil || strings.ReplaceAll(c.DefaultQueryExecMode.String(), " ", "_") != string(mode) {
			t.Errorf("mode %q is %v, %v", mode, c, err)
		}
	}
	short := dburl.PostgresTarget{ConnectTimeout: 300 * time.Millisecond}
	if c, err := pgx.ParseConfig(short.ConnString()); err != nil || c.ConnectTimeout != time.Second {
		t.Errorf("a short timeout became none: %v", err)
	}
}

// TestNothingEscapesFromTheConnString gives pgx any text in any place.
func TestNothingEscapesFromTheConnString(t *testing.T) {
	clearPG(t)
	text := rapid.StringOfN(rapid.Rune().Filter(func(r rune) bool { return r != 0 && r != '\uFFFD' }), 1, 20, -1)
	rapid.Check(t, func(t *rapid.T) {
		user, password, database, name := text.Draw(t, "user"), text.Draw(t, "password"), text.Draw(t, "database"),
			text.Draw(t, "name")
		u, err := dburl.Create(dburl.Parts{Scheme: "postgresql", User: user, Password: password, Host: "h", Port: 5,
			Database: "d"})
		if err != nil {
			t.Fatal(err)
		}
		target, err := u.WithDatabase(database).WithQuery("application_name", name).Postgres()
		if err != nil {
			if _, tail, ok := strings.Cut(database, "@"); ok && strings.Contains(tail, "/") {
				return // looks like the end of a password
			}
			t.Fatal(err)
		}
		c, err := pgx.ParseConfig(target.ConnString())
		if err != nil {
			t.Fatal(err)
		}
		if c.User != user || c.Password != password || c.Database != database ||
			c.RuntimeParams["application_name"] != name || c.Host != "h" || c.Port != 5 || len(c.RuntimeParams) != 1 {
			t.Fatalf("%q", target.ConnString())
		}
	})
}
