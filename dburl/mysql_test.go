package dburl_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
)

func TestMySQLHosts(t *testing.T) {
	for s, want := range map[string]string{
		"mysql:///d":                 "localhost:3306",
		"mysql://:3307/d":            "localhost:3307",
		"mysql://h/d":                "h:3306",
		"mariadb+mysqldb://h:3307/d": "h:3307",
		"mysql://[::1]:3307/d":       "[::1]:3307",
		"mysql://h1:1,h2/d":          "h1:1 h2:3306",
		"mysql://h1,h2:7/d":          "h1:7 h2:7",
		"mysql:///d?host=h&port=7":   "h:7",
		"mysql://:7/d?host=h":        "h:7",
		"mysql://u:p@localhost/d?unix_socket=/run/my.sock": "socket /run/my.sock",
		"mysql://u@/d?unix_socket=/tmp/mysql.sock":         "socket /tmp/mysql.sock",
		"mysql://u@%2Ftmp%2Fmysql.sock/d":                  "socket /tmp/mysql.sock",
	} {
		target, err := mustParse(t, s).MySQL()
		if err != nil {
			t.Errorf("%s: %v", s, err)
			continue
		}
		var got []string
		for _, h := range target.Hosts {
			got = append(got, h.Address())
		}
		if target.Socket != "" {
			got = append(got, "socket "+target.Socket)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %s, want %s", s, got, want)
		}
	}
}

func TestMySQLTLS(t *testing.T) {
	for query, want := range map[string]dburl.MySQLTLSMode{
		"":                                    dburl.MySQLTLSUnset,
		"ssl_mode=DISABLED":                   dburl.MySQLTLSDisabled,
		"ssl_mode=preferred":                  dburl.MySQLTLSPrefer,
		"ssl_mode=REQUIRED":                   dburl.MySQLTLSRequire,
		"ssl_mode=VERIFY_CA":                  dburl.MySQLTLSVerifyCA,
		"ssl_mode=verify-identity":            dburl.MySQLTLSVerify,
		"ssl_mode=VERIFY_IDENTITY&ssl_ca=/ca": dburl.MySQLTLSVerify,
		"ssl_mode=REQUIRED&ssl_ca=/ca":        dburl.MySQLTLSVerifyCA,
		"ssl_ca=/ca":                          dburl.MySQLTLSVerify,
		"ssl_ca=/ca&ssl_check_hostname=false": dburl.MySQLTLSVerifyCA,
		"ssl_ca=/ca&ssl_verify_cert=false":    dburl.MySQLTLSRequire,
		"ssl_ca=/ca&ssl_verify_cert=none":     dburl.MySQLTLSRequire,
		"ssl_verify_cert=true":                dburl.MySQLTLSVerify,
		"ssl_verify_cert=required&ssl_verify_identity=false": dburl.MySQLTLSVerifyCA,
		"ssl_verify_identity=true":                           dburl.MySQLTLSVerify,
		"ssl_check_hostname=false":                           dburl.MySQLTLSRequire,
		"ssl_cert=/c&ssl_key=/k":                             dburl.MySQLTLSRequire,
		"ssl=true":                                           dburl.MySQLTLSRequire,
		"ssl=true&ssl_ca=/ca":                                dburl.MySQLTLSVerify,
		"ssl=true&ssl_mode=VERIFY_CA":                        dburl.MySQLTLSVerifyCA,
		"ssl_mode=VERIFY_CA&ssl=true":                        dburl.MySQLTLSVerifyCA,
		"ssl=false":                                          dburl.MySQLTLSDisabled,
		"ssl_disabled=true":                                  dburl.MySQLTLSDisabled,
		"ssl_disabled=false":                                 dburl.MySQLTLSUnset,
		"ssl_disabled=true&ssl_mode=DISABLED":                dburl.MySQLTLSDisabled,
	} {
		target, err := mustParse(t, "mysql://u:p@h/d?"+query).MySQL()
		if err != nil || target.TLS.Mode != want {
			t.Errorf("%s: %q, %v, want %q", query, target.TLS.Mode, err, want)
		}
	}
	for _, query := range []string{
		"ssl_cert=/c", "ssl_key=/k", "ssl=false&ssl_ca=/ca", "ssl=true&ssl_disabled=true", "ssl=true&ssl_mode=PREFERRED", "ssl_mode=DISABLED&ssl_check_hostname=true",
		"ssl_mode=PREFERRED&ssl_ca=/ca", "ssl_mode=VERIFY_CA&ssl=false", "ssl_mode=VERIFY_CA&ssl_verify_cert=false", "ssl_mode=VERIFY_CA&ssl_check_hostname=true",
		"ssl_mode=VERIFY_IDENTITY&ssl_check_hostname=false", "ssl_check_hostname=true&ssl_verify_cert=false", "ssl_check_hostname=true&ssl_verify_identity=false",
		"ssl_mode=x", "ssl=require", "ssl_verify_cert=optional", "ssl_disabled=x", "ssl_check_hostname=x",
	} {
		if target, err := mustParse(t, "mysql://u:p@h/d?"+query).MySQL(); !errors.Is(err, dberr.ErrInvalid) {
			t.Errorf("%s: %q, %v", query, target.TLS.Mode, err)
		}
	}
}

func TestMySQLArguments(t *testing.T) {
	got, err := mustParse(t,
		"mysql+pymysql://u:p@h/d?charset=utf8mb4&use_unicode=1&connect_timeout=1&read_timeout=2&write_timeout=3&local_infile=1"+
			"&init_command=SET%20time_zone%3D%27%2B00%3A00%27&compress=true&program_name=larder&max_allowed_packet=67108864&user=u2&passwd=p2&db=d2").MySQL()
	if err != nil {
		t.Fatal(err)
	}
	if got.ConnectTimeout != time.Second || got.ReadTimeout != 2*time.Second || got.WriteTimeout != 3*time.Second ||
		!got.LocalInfile || !got.Compress ||
		got.InitCommand != "SET time_zone='+00:00'" || got.ProgramName != "larder" || got.MaxAllowedPacket != 64<<20 ||
		got.User != "u2" || got.Password() != "p2" || got.Database != "d2" {
		t.Errorf("%+v", got)
	}
	if got, err := mustParse(t, "mysql://u:@h/d").MySQL(); err != nil || got.HasPassword() || got.Password() != "" {
		t.Errorf("an empty password is one: %v", err)
	}
}

func TestMySQLRefusals(t *testing.T) {
	for query, want := range map[string]string{
		"nope=1":                        "unknown argument nope for mysql",
		"charst=utf8mb4":                "did you mean charset?",
		"charset=utf8":                  "three bytes",
		"charset=utf8mb3":               "three bytes",
		"charset=latin1":                "utf8mb4",
		"use_unicode=0":                 "use_unicode must be true",
		"connect_timeout=abc":           "connect_timeout must be a whole number",
		"connect_timeout=0":             "from 1",
		"load_balance_hosts=yes":        "load_balance_hosts must be one of disable, random",
		"read_timeout=-1":               "read_timeout",
		"local_infile=x":                "true or false",
		"unix_socket=mysql.sock":        "absolute path",
		"program_name=a,b":              "comma",
		"max_allowed_packet=16M":        "whole number",
		"init_command=a&init_command=b": "2 times",
		"read_default_file=/my.cnf":     "option files are not read",
		"sql_mode=ANSI":                 "strict",
		"collation=utf8mb4_bin":         "collation is refused",
		"client_flag=0":                 "client_flag is refused",
		"parseTime=true":                "Go DSN",
		"tls=skip-verify":               "ssl_mode",
		"timeout=5s":                    "connect_timeout",
		"sslmode=require":               "ssl_mode",
		"sslrootcert=/x":                "ssl_ca",
		"cursorclass=x":                 "Python",
		"port=x":                        "port",
		"host=a:1":                      "IPv6",
		"pool_recycle=1":                "DATABASE_POOL_",
	} {
		_, err := mustParse(t, "mysql://u:p@h/d?"+query).MySQL()
		if !errors.Is(err, dberr.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n  %v\n  does not say %q", query, err, want)
		}
	}
	for s, want := range map[string]string{
		"mysql://u:p@ss@h/d":              "%40",
		"mysql://u:p@h:0/d":               "from 1 to 65535",
		"mysql://u:p@h:70000/d":           "from 1 to 65535",
		"mysql://u:p%00@h/d":              "NUL",
		"mysql://u@%2Fa,h/d":              "socket",
		"mysql://u@%2Fa/d?unix_socket=/b": "written once",
		"mariadb://u@h1,,h2/d":            "is empty",
		"sqlite:///x":                     "not a mysql or mariadb URL",
		"mariadb://u@h/d?nope=1":          "for mariadb",
	} {
		_, err := mustParse(t, s).MySQL()
		if !errors.Is(err, dberr.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n  %v\n  does not say %q", s, err, want)
		}
	}
}
