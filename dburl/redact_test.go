package dburl_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/dburl"
)

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"": "",
		"nothing to hide: a@b, http://host:8080/path": "nothing to hide: a@b, http://host:8080/path",
		"dial postgres://db:5432/webui: refused":      "dial postgres://db:5432/webui: refused",
		"dial postgres://[::1]:5432/webui failed":     "dial postgres://[::1]:5432/webui failed",
		"dial postgres://u@[2001:db8::1]:5432/webui":  "dial postgres://u@[2001:db8::1]:5432/webui",
		"dial postgres://u@db:5432/webui":             "dial postgres://u@db:5432/webui",
		"sqlite:////data/me@home/a:b.db":              "sqlite:////data/me@home/a:b.db",

		"a postgresql://app:pw@db:5432/webui b":                "a postgresql://app:***@db:5432/webui b",
		"postgresql+asyncpg://app:p%40ss@db/webui":             "postgresql+asyncpg://app:***@db/webui",
		"postgresql://app:p@ss@db/webui":                       "postgresql://app:***@db/webui",
		"postgresql://app:p/ss?x#y@db/webui":                   "postgresql://app:***@db/webui",
		"postgresql://app:with space@db/webui and so on":       "postgresql://app:***@db/webui and so on",
		"postgresql://my app:1 2 3@db/webui":                   "postgresql://my app:***@db/webui",
		"postgresql://app:12/34@db/webui":                      "postgresql://app:***@db/webui",
		"postgresql://app:@db/webui":                           "postgresql://app:***@db/webui",
		"postgresql://:pw@db/webui":                            "postgresql://:***@db/webui",
		"postgresql://app:pw@[::1]:5432/webui":                 "postgresql://app:***@[::1]:5432/webui",
		"postgresql://app:pw":                                  "postgresql://app:***",
		"postgresql://app:pw/webui":                            "postgresql://app:***",
		"url=\"mysql://root:pw@db/x\" other='mysql://b:c@d/e'": "url=\"mysql://root:***@db/x\" other='mysql://b:***@d/e'",
		"mysql://a:b@c/d\nmysql://e:f@g/h":                     "mysql://a:***@c/d\nmysql://e:***@g/h",
		"postgresql://db/x?user=a&password=pw&sslmode=require": "postgresql://db/x?user=a&password=***&sslmode=require",

		"invalid DSN root:pw@tcp(db:3306)/x?parseTime=true": "invalid DSN root:***@tcp(db:3306)/x?parseTime=true",
		"root:p@:w@unix(/tmp/s)/x":                          "root:***@unix(/tmp/s)/x",
		"root:pw@(db)/x":                                    "root:***@(db)/x",
		"root@tcp(db)/x":                                    "root@tcp(db)/x",
		"mysql://root:pw@tcp(db:3306)/x":                    "mysql://root:***@tcp(db:3306)/x",

		"cannot parse `host=db user=a password=pw dbname=x`": "cannot parse `host=db user=a password=*** dbname=x`",
		`password='it\'s a pw' user=a`:                       "password=*** user=a",
		"sslpassword=pw x":                                   "sslpassword=*** x",
		"DATABASE_PASSWORD=pw":                               "DATABASE_PASSWORD=***",
		"Uid=a;Pwd=pw;Database=x":                            "Uid=a;Pwd=***;Database=x",
		"password authentication failed for user \"a\"":      "password authentication failed for user \"a\"",
	} {
		got := dburl.Redact(in)
		if got != want {
			t.Errorf("Redact(%q)\n got %q\nwant %q", in, got, want)
		}
		if again := dburl.Redact(got); again != got {
			t.Errorf("redacted twice, %q is %q", got, again)
		}
	}
}

func TestRedactHidesEverySecretOfTheCorpus(t *testing.T) {
	for _, s := range append(append([]string{}, malformed...), refusedURLs...) {
		if !strings.Contains(s, ":"+secret) && !strings.Contains(s, "assword="+secret) &&
			!strings.Contains(s, "Pwd="+secret) ||
			!strings.Contains(s, "://") && !strings.Contains(s, "@tcp(") && !strings.Contains(s, "@unix(") &&
				!strings.Contains(s, "=") {
			continue // without any mark of a URL there is nothing to find
		}
		if strings.Contains(s, "@db:"+secret) {
			continue // in the place of a port
		}
		for _, text := range []string{s, "cannot open " + s + ": no route", "[" + s + "]"} {
			if got := dburl.Redact(text); strings.Contains(got, ":"+secret) ||
				strings.Contains(got, "="+secret) && strings.Contains(s, "assword=") {
				t.Errorf("Redact(%q) = %q", text, got)
			}
		}
	}
}
