package dburl

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// argument is what a query argument of one backend means: set stores the value,
// returning what the value must be when it is not that.
type argument[T any] struct {
	set  func(t *T, value string) (mustBe string)
	many bool // may be repeated; set is called for each value
}

// Reasons that several arguments share.
const (
	pythonOnly    = "it configures a Python driver and has no meaning here; leave it out"
	larderSets    = "Larder sets this itself on every connection; leave it out"
	noKerberos    = "Kerberos (GSSAPI) is not supported; use a password, a client certificate, or another method of pg_hba.conf"
	optionFile    = "option files are not read; write the settings into the URL"
	goDSNArgument = "it is a parameter of a Go DSN, which Larder sets itself; leave it out"
)

// readArguments stores all query arguments of u in t, or says which one is
// unknown, refused, given twice or not valid. It never repeats a value.
func readArguments[T any](u *URL, table map[string]argument[T], refused map[string]string, t *T) error {
	for _, name := range u.Query.Keys() {
		if why, ok := refused[name]; ok {
			return invalid("the argument " + name + " is refused: " + why)
		}
		a, ok := table[name]
		if !ok {
			return invalid(unknownArgument(u, name, table))
		}
		values := u.Query.All(name)
		if len(values) > 1 && !a.many {
			return invalid("the argument " + name + " is given " + strconv.Itoa(len(values)) + " times; give it once")
		}
		for _, v := range values {
			if strings.IndexByte(v, 0) >= 0 {
				return invalid("the argument " + name + " holds a NUL character")
			}
			if mustBe := a.set(t, v); mustBe != "" {
				return invalid("the argument " + name + " must be " + mustBe)
			}
		}
	}
	return nil
}

func unknownArgument[T any](u *URL, name string, table map[string]argument[T]) string {
	if u.stray || !plainName(name) {
		// The name may be the tail of a password.
		return "the URL has an argument that is not known to " + u.Backend +
			"; a ?, & or @ that belongs to the password is written percent-encoded (%3F %26 %40)"
	}
	s := "unknown argument " + name + " for " + u.Backend
	known := slices.Sorted(maps.Keys(table)) // a map's order must not choose between equals
	if near := nearest(name, known); near != "" {
		return s + "; did you mean " + near + "?"
	}
	return s + "; leave it out, or use one of " + strings.Join(known, ", ")
}

// checkText refuses what no server takes in a name or password: NUL, which
// would end it early, and what is not UTF-8.
func checkText(what, s string) error {
	if strings.IndexByte(s, 0) >= 0 {
		return invalid("the " + what + " holds a NUL character")
	}
	if replaceInvalid(s) != s {
		return invalid("the " + what + " holds bytes that are not UTF-8; percent-encode its UTF-8 form")
	}
	return nil
}

// checkServer checks the parts that every server has.
func (u *URL) checkServer() error {
	if u.Port < 0 || u.Port > 65535 || u.Port == 0 && u.hasPort {
		return invalid(portRange)
	}
	_, tail, _ := strings.Cut(u.Database, "@")
	if strings.Contains(u.Host, "@") || u.password != nil && strings.Contains(tail, "/") {
		return invalid("there is an @ too many before the host: an @ in the password is written %40")
	}
	for _, text := range [][2]string{{"user", u.User}, {"password", u.Password()}, {"name of the database", u.Database}} {
		if err := checkText(text[0], text[1]); err != nil {
			return err
		}
	}
	if strings.ContainsRune(u.User+u.Password(), '\uFFFD') { // what bytes that were not UTF-8 are decoded to
		return invalid("the user or password holds bytes that are not UTF-8; percent-encode its UTF-8 form")
	}
	return nil
}

// checkHosts checks hosts, wherever they came from, and gives those without a
// port the default one.
func checkHosts(hosts []HostPort, defaultPort int) error {
	for i, h := range hosts {
		if h.Port == 0 {
			hosts[i].Port = defaultPort
		}
		if h.Port < 0 || h.Port > 65535 {
			return invalid(portRange)
		}
		if h.IsSocket() {
			if strings.ContainsAny(h.Host, "\x00,") {
				return invalid("the path of a socket cannot hold a comma or NUL")
			}
			continue
		}
		if h.Host == "" && len(hosts) > 1 {
			return invalid("a host in the list of hosts is empty")
		}
		if strings.ContainsAny(h.Host, "@/\\ \t\r\n\x00?#") {
			return invalid("a host holds a character that no host name has; an @, / or : in the password is written percent-encoded (%40 %2F %3A)")
		}
		host, ok := cleanAddress(h.Host)
		if !ok {
			return invalid("a host with colons must be an IPv6 address, in brackets")
		}
		hosts[i].Host = host
	}
	return nil
}

func oneOf(words ...string) func(string) (string, string) {
	list := strings.Join(words, ", ")
	return func(v string) (value, mustBe string) {
		for _, w := range words {
			if v == w {
				return w, ""
			}
		}
		return "", "one of " + list
	}
}

// readBalance reads libpq's load_balance_hosts: whether the hosts are tried in an
// order that is random.
func readBalance(v string) (random bool, mustBe string) {
	v, mustBe = oneOf("disable", "random")(v)
	return v == "random", mustBe
}

// readBool takes the words that SQLAlchemy takes.
func readBool(v string) (value bool, mustBe string) {
	switch strings.ToLower(strings.TrimSpace(v)) {
	case "true", "yes", "on", "y", "t", "1":
		return true, ""
	case "false", "no", "off", "n", "f", "0":
		return false, ""
	}
	return false, "true or false"
}

func readInt(v string, low, high int64) (value int64, mustBe string) {
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < low || n > high {
		return 0, "a whole number from " + strconv.FormatInt(low, 10) + " to " + strconv.FormatInt(high, 10)
	}
	return n, ""
}

// maxSeconds is a year, the longest timeout that drivers take.
const maxSeconds = 31536000

func readSeconds(v string, low int64) (value time.Duration, mustBe string) {
	n, mustBe := readInt(v, low, maxSeconds)
	if mustBe != "" {
		return 0, mustBe + " (seconds)"
	}
	return time.Duration(n) * time.Second, ""
}

// readDecimalSeconds takes fractions too, as pysqlite and asyncpg do.
func readDecimalSeconds(v string) (value time.Duration, mustBe string) {
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || !(f >= 0 && f <= maxSeconds) { // NaN is refused by the comparison
		return 0, "a number of seconds from 0 to " + strconv.Itoa(maxSeconds)
	}
	return time.Duration(f * float64(time.Second)), ""
}

// agree sets *to, or reports a contradiction with what an earlier argument set.
func agree[V comparable](to *V, v V, other string) (mustBe string) {
	var zero V
	if *to != zero && *to != v {
		return "in agreement with " + other + ", or left out"
	}
	*to = v
	return ""
}
