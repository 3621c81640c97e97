package dburl

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
)

// mask stands where a password was. It says nothing about its length.
const mask = "***"

// String is the URL as SQLAlchemy renders it with the password hidden:
// user and password encoded, host and database as written, arguments sorted by
// name. Arguments that are passwords are hidden too.
//
// It trusts the parse. Where the password was written with an unencoded @, what
// follows that @ was read as the host; [URL.Redacted] hides that as well, and
// is what fmt, JSON and slog show.
func (u URL) String() string { return u.render(u.userinfo(mask), hideSecret) }

// Reveal is the full text, password included, for handing on to a program that
// needs it. [Parse] reads it back to an equal URL, unless a database with a ?
// was put in by [URL.WithDatabase].
func (u URL) Reveal() string {
	return u.render(u.userinfo(quoteUser(u.Password())), func(_, v string) string { return quotePlus(v) })
}

// Redacted is [URL.String] for logs: where an unencoded @ suggests that the
// password did not end where it was read to end, everything up to the last @ is
// hidden.
func (u URL) Redacted() string {
	s := u.String()
	if u.password == nil || !u.ambiguous() {
		return s
	}
	if u.stray {
		// The tail of the password may be in a name or value of the arguments,
		// where the parts cannot be told apart any more.
		return u.Scheme + "://" + quoteUser(u.User) + ":" + mask + "@" + mask
	}
	return u.Scheme + "://" + quoteUser(u.User) + ":" + mask + s[strings.LastIndexByte(s, '@'):]
}

// ambiguous reports an @ behind the one that ended the user or password.
func (u *URL) ambiguous() bool {
	return u.stray || strings.Contains(u.Host, "@") || strings.Contains(u.Database, "@")
}

func (u *URL) userinfo(password string) string {
	if !u.hasUser && u.User == "" {
		return ""
	}
	s := quoteUser(u.User)
	if u.password != nil {
		s += ":" + password
	}
	return s + "@"
}

func (u *URL) render(userinfo string, shown func(name, value string) string) string {
	var b strings.Builder
	b.WriteString(u.Scheme + "://" + userinfo)
	if strings.Contains(u.Host, ":") && !strings.Contains(u.Host, ",") {
		b.WriteString("[" + u.Host + "]")
	} else {
		b.WriteString(u.Host)
	}
	if u.HasPort() {
		b.WriteString(":" + strconv.Itoa(u.Port))
	}
	if u.HasDatabase() {
		b.WriteString("/" + u.Database)
	}
	if u.Query.Len() > 0 {
		b.WriteString("?" + u.Query.encode(shown))
	}
	return b.String()
}

// hideSecret renders the value of a query argument, unless it is a password.
func hideSecret(name, value string) string {
	switch strings.ToLower(name) {
	case "password", "passwd", "pwd", "pass", "sslpassword", "ssl_password", "passphrase":
		return mask
	}
	return quotePlus(value)
}

// Format prints the redacted form with every verb and flag, %#v included.
func (u URL) Format(f fmt.State, verb rune) {
	s := u.Redacted()
	if verb == 'v' && f.Flag('#') {
		s = u.GoString()
	}
	fmt.Fprintf(f, strings.Replace(fmt.FormatString(f, verb), "#v", "v", 1), s)
}

// GoString is a call that would make the redacted URL.
func (u URL) GoString() string { return "dburl.Parse(" + strconv.Quote(u.Redacted()) + ")" }

// MarshalText gives the redacted form, so that a URL in JSON, XML or a log
// shows no password. There is no UnmarshalText: what was redacted does not
// come back.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.Redacted()), nil }

// LogValue gives slog the redacted form.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.Redacted()) }
