package dburl

import (
	"slices"
	"strings"
)

const (
	portRange  = "the port must be a number from 1 to 65535"
	portNumber = "the port must be a number; a : / ? # or @ in a password is written percent-encoded (%3A %2F %3F %23 %40)"
	badHost    = "the host is not readable: brackets enclose one IPv6 address, and between several hosts there is one comma"
)

// Parse reads a database URL, such as
//
//	sqlite:///data/webui.db                  a path relative to the working directory
//	sqlite:////var/lib/webui.db              an absolute path
//	postgresql+asyncpg://app:pw@db:5432/webui?sslmode=require
//	mysql://app:p%40ss@[2001:db8::1]/webui
//
// The backend must be sqlite, postgresql (or postgres), mysql or mariadb, with
// any driver name that SQLAlchemy has for it, and Parse says what is wrong with
// something else: a Go DSN, a libpq string, a bare path. Query arguments are
// not judged here; [URL.Validate] does that. Errors have the code invalid and
// never hold a part of s that could be a secret.
func Parse(s string) (*URL, error) { return ParseFor(s) }

// ParseFor is [Parse] for a program that opens further backends, each of which is
// a scheme with any driver behind it: engine.Open asks it for those of
// Options.Drivers. Errors are those of Parse.
func ParseFor(s string, backends ...string) (*URL, error) {
	u, problem := parse(s)
	if u == nil && problem == "" {
		return nil, invalid(hint(s))
	}
	if scheme, _, ok := cutScheme(s); ok {
		name, _ := splitScheme(scheme)
		if _, ours := backendOf(name); ours || !slices.Contains(backends, name) {
			if p := checkScheme(scheme); p != "" {
				return nil, invalid(p)
			}
		}
	}
	if problem != "" {
		return nil, invalid(problem)
	}
	return u, nil
}

// ParseSyntax reads a URL as [Parse] does, with any backend and driver. Errors are
// those of Parse.
func ParseSyntax(s string) (*URL, error) {
	u, problem := parse(s)
	if problem != "" {
		return nil, invalid(problem)
	}
	if u == nil {
		return nil, invalid(hint(s))
	}
	return u, nil
}

// parse returns the URL, or the problem with it, or neither when s does not
// begin as a URL does.
func parse(s string) (*URL, string) {
	scheme, rest, ok := cutScheme(s)
	if !ok {
		return nil, ""
	}
	u := &URL{Scheme: scheme}
	u.Backend, u.Driver = splitScheme(scheme)

	if user, password, after, ok := cutUser(rest); ok {
		u.User, u.hasUser = unquote(user), true
		if password != nil {
			p := unquote(*password)
			u.password = &p
		}
		rest = after
	}

	authority := rest
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		authority, rest = rest[:i], rest[i:]
	} else {
		rest = ""
	}
	if problem := u.setAuthority(authority); problem != "" {
		return nil, problem
	}

	path, query, hasQuery := strings.Cut(rest, "?")
	if path != "" {
		u.Database, u.hasDatabase = path[1:], true
	}
	if hasQuery {
		u.Query = parseQuery(query)
		u.stray = strings.Contains(query, "@")
	}
	return u, ""
}

// cutScheme splits at "://" when what stands before it can be a scheme.
func cutScheme(s string) (scheme, rest string, ok bool) {
	scheme, rest, ok = strings.Cut(s, "://")
	if !ok || scheme == "" {
		return "", "", false
	}
	for i := range len(scheme) {
		if c := scheme[i]; c != '+' && (!unreserved(c) || c == '.' || c == '-' || c == '~') {
			return "", "", false
		}
	}
	return scheme, rest, true
}

// cutUser splits user and password off. The user ends at the first : or /, and
// the first @ after it ends the password; without a password the last @ before
// that point ends the user.
func cutUser(rest string) (user string, password *string, after string, ok bool) {
	end := strings.IndexAny(rest, ":/")
	if end < 0 {
		end = len(rest)
	}
	if end < len(rest) && rest[end] == ':' {
		if at := strings.IndexByte(rest[end:], '@'); at >= 0 {
			p := rest[end+1 : end+at]
			return rest[:end], &p, rest[end+at+1:], true
		}
	}
	if at := strings.LastIndexByte(rest[:end], '@'); at >= 0 {
		return rest[:at], nil, rest[at+1:], true
	}
	return "", nil, rest, false
}

// setAuthority reads host, host:port, [v6]:port and lists of them.
func (u *URL) setAuthority(a string) string {
	if strings.Contains(a, "(") {
		return goDSN
	}
	if last := strings.LastIndexByte(a, ','); last >= 0 && strings.ContainsAny(a[:last], ":[") ||
		strings.Contains(a, ",[") {
		// Every host has its own port, or none: the list stays one text.
		for item := range strings.SplitSeq(a, ",") {
			if host, _, _, problem := splitHostPort(item); problem != "" {
				return problem
			} else if host == "" {
				return badHost
			}
		}
		u.Host = a
		return ""
	}
	var problem string
	u.Host, u.Port, u.hasPort, problem = splitHostPort(a)
	return problem
}

// splitHostPort splits "host:port", "[v6]:port" and those without a port. The
// port is a number, but not held to its range here.
func splitHostPort(s string) (host string, port int, has bool, problem string) {
	var text string
	if v6, ok := strings.CutPrefix(s, "["); ok {
		host, text, ok = strings.Cut(v6, "]")
		if !ok || host == "" || strings.ContainsAny(host, "[,") {
			return "", 0, false, badHost
		}
		if text, has = strings.CutPrefix(text, ":"); !has && text != "" {
			return "", 0, false, badHost
		}
	} else {
		host, text, has = strings.Cut(s, ":")
		if strings.ContainsAny(host, "[]") {
			return "", 0, false, badHost
		}
	}
	if !has {
		return host, 0, false, ""
	}
	port, ok := parsePort(strings.TrimSpace(text)) // make_url takes white space here
	if !ok {
		return "", 0, false, portNumber
	}
	return host, port, true, ""
}

func parsePort(s string) (int, bool) {
	if s == "" || len(s) > 9 {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}
