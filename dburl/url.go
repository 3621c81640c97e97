package dburl

import (
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/dberr"
)

// URL is a database URL in its parts. Treat it as a value: read the fields,
// derive with the With methods, which return copies. The zero value is not
// useful; get one from [Parse], [Create] or [FromEnv].
//
// A URL prints with its password hidden, whatever the verb.
type URL struct {
	Scheme   string // as written: "postgresql+asyncpg"
	Backend  string // "sqlite", "postgresql", "mysql" or "mariadb"; "postgres" is "postgresql"
	Driver   string // what follows the + of the scheme, "" when there is none
	User     string // decoded; "" when there is none
	Host     string // as written, without the brackets of an IPv6 address; several hosts are one text with commas; "" when there is none
	Port     int    // of Host, or of all hosts; 0 when there is none, or when the hosts have ports of their own
	Database string // as written, not decoded: a name, a path, or ":memory:"; "" when there is none
	Query    Query  // the arguments after the ?

	password    *string // behind a pointer: fmt prints an address where it cannot call Format
	hasUser     bool    // "//@host" has an empty user, "//host" has none
	hasPort     bool
	hasDatabase bool // "//host/" has an empty database, "//host" has none
	stray       bool // the query held an unencoded @: the end of a password may be in it
}

// Password returns the decoded password, "" when there is none.
func (u *URL) Password() string {
	if u.password == nil {
		return ""
	}
	return *u.password
}

// HasPassword reports whether a password was given, an empty one too.
func (u *URL) HasPassword() bool { return u.password != nil }

// HasUser reports whether a user was given, an empty one too.
func (u *URL) HasUser() bool { return u.hasUser || u.User != "" }

// HasPort reports whether a port was given.
func (u *URL) HasPort() bool { return u.hasPort || u.Port != 0 }

// HasDatabase reports whether a database was given, an empty one too.
func (u *URL) HasDatabase() bool { return u.hasDatabase || u.Database != "" }

// HostPort is where a server listens.
type HostPort struct {
	Host string // a name, an IP address without brackets, or the absolute path of a unix socket (MySQL) or of its directory (PostgreSQL)
	Port int    // 0 when none was given
}

// IsSocket reports whether Host is a path.
func (h HostPort) IsSocket() bool { return strings.HasPrefix(h.Host, "/") }

// Address is host:port as net.Dial takes it, with brackets where they are
// needed; for a socket it is the path.
func (h HostPort) Address() string {
	if h.IsSocket() {
		return h.Host
	}
	return net.JoinHostPort(h.Host, strconv.Itoa(h.Port))
}

// Hosts returns the hosts before the database, in the order written; nil when
// there is none. One port at the end without others (h1,h2:5433) is every
// host's port, as SQLAlchemy passes it on; otherwise a host without a port has
// Port 0. Hosts in query arguments are in [PostgresTarget] only.
func (u *URL) Hosts() []HostPort {
	if u.Host == "" {
		return nil
	}
	if !strings.Contains(u.Host, ",") {
		return []HostPort{{u.Host, u.Port}}
	}
	var hosts []HostPort
	for item := range strings.SplitSeq(u.Host, ",") {
		host, port, _, _ := splitHostPort(item) // ports were checked when Host was made
		if port == 0 {
			port = u.Port
		}
		hosts = append(hosts, HostPort{host, port})
	}
	return hosts
}

// Equal reports whether both name the same things in the same words: every
// part is equal, the order of query arguments apart.
func (u *URL) Equal(o *URL) bool {
	if u == nil || o == nil {
		return u == o
	}
	return u.Scheme == o.Scheme && u.User == o.User && u.HasUser() == o.HasUser() &&
		u.Password() == o.Password() && u.HasPassword() == o.HasPassword() &&
		u.Host == o.Host && u.Port == o.Port && u.HasPort() == o.HasPort() &&
		u.Database == o.Database && u.HasDatabase() == o.HasDatabase() && u.Query.equal(o.Query)
}

// Clone returns a copy that shares nothing with u.
func (u *URL) Clone() *URL {
	c := *u
	c.Query = u.Query.clone()
	return &c
}

// As returns a copy that is read as a URL of another backend: an engine that
// takes the arguments of another one reads them by u.As(dburl.PostgreSQL).Postgres().
func (u *URL) As(backend string) *URL {
	c := u.Clone()
	c.Backend = backend
	return c
}

// WithDatabase returns a copy for another database or file.
func (u *URL) WithDatabase(name string) *URL {
	c := u.Clone()
	c.Database, c.hasDatabase = name, true
	return c
}

// WithUser returns a copy for another user, with the same password.
func (u *URL) WithUser(user string) *URL {
	c := u.Clone()
	c.User, c.hasUser = user, true
	return c
}

// WithPassword returns a copy with another password.
func (u *URL) WithPassword(password string) *URL {
	c := u.Clone()
	c.password, c.hasUser = &password, true
	return c
}

// WithoutPassword returns a copy that has no password.
func (u *URL) WithoutPassword() *URL {
	c := u.Clone()
	c.password = nil
	return c
}

// WithQuery returns a copy in which the argument has exactly these values. No
// value, or blank ones, remove it.
func (u *URL) WithQuery(name string, values ...string) *URL {
	c := u.Clone()
	c.Query = u.Query.with(name, values)
	return c
}

// Validate reports whether an engine can make something of u: what [URL.SQLite],
// [URL.Postgres] or [URL.MySQL], whichever applies, has to say.
func (u *URL) Validate() error {
	var err error
	switch u.Backend {
	case SQLite:
		_, err = u.SQLite()
	case PostgreSQL:
		_, err = u.Postgres()
	case MySQL, MariaDB:
		_, err = u.MySQL()
	default:
		err = invalid(unknownBackend(u.Backend))
	}
	return err
}

// Parts are what [Create] makes a URL of: plain text, nothing encoded. An empty
// field is absent.
type Parts struct {
	Scheme   string              // "postgresql", "mysql+pymysql", "sqlite"
	User     string              //
	Password string              //
	Host     string              // a name, an address (IPv6 with or without brackets), several with commas, or the directory of a unix socket
	Port     int                 // for all hosts
	Database string              // a name, or the path of a file
	Query    map[string][]string // arguments
}

// Create makes a URL of its parts. Whatever the user and the password hold, they
// do not change another part, and [URL.Reveal] can be parsed again. Parts that
// have no spelling in this grammar, such as a ? in the name of a database, are
// refused.
func Create(p Parts) (*URL, error) {
	var problem string
	if p.Host, p.Port, problem = hostText(p.Host, p.Port); problem != "" {
		return nil, invalid(problem)
	}
	return create(p)
}

// create is Create for a host as URL.Host has it.
func create(p Parts) (*URL, error) {
	if problem := checkScheme(p.Scheme); problem != "" {
		return nil, invalid(problem)
	}
	u := &URL{Scheme: p.Scheme, User: p.User, Host: p.Host, Port: p.Port, Database: p.Database}
	u.Backend, u.Driver = splitScheme(p.Scheme)
	u.hasUser = p.User != "" || p.Password != ""
	u.hasDatabase = p.Database != ""
	if p.Password != "" {
		u.password = &p.Password
	}
	if p.Port < 0 || p.Port > 65535 {
		return nil, invalid(portRange)
	}
	for _, name := range sortedKeys(p.Query) {
		u.Query = u.Query.with(name, p.Query[name])
	}
	if strings.Contains(p.Database, "?") {
		return nil, invalid("the name of a database or file in a URL cannot hold a ?")
	}
	if !u.rereads() && u.password == nil {
		// An @ in the database would be taken for the end of the user, unless a
		// password, if only an empty one, ends before it.
		empty := ""
		u.password, u.hasUser = &empty, true
	}
	if !u.rereads() {
		return nil, invalid("these parts cannot be written as a database URL; check host and database for characters that a URL gives a meaning to, and all for bytes that are not UTF-8")
	}
	return u, nil
}

func (u *URL) rereads() bool {
	again, err := ParseSyntax(u.Reveal())
	return err == nil && again.Equal(u)
}

// hostText brings a host and the port of all hosts into the form that URL.Host
// and URL.Port have.
func hostText(host string, port int) (text string, rest int, problem string) {
	const refused = "a host in a database URL is a name, an address, or the path of a unix socket; user, password, port and database have places of their own"
	switch {
	case host == "":
		return "", port, ""
	case strings.HasPrefix(host, "/"):
		return quote(host, ""), port, ""
	case strings.ContainsAny(host, "/?@# \t\r\n\\\x00("):
		return "", 0, refused
	}
	items := strings.Split(host, ",")
	bracketed := false
	for i, item := range items {
		bare := strings.TrimSuffix(strings.TrimPrefix(item, "["), "]")
		if bareIPv6(bare) {
			items[i] = bare
			if len(items) > 1 {
				items[i], bracketed = "["+bare+"]", true
			}
			continue
		}
		name, _, has, problem := splitHostPort(item)
		if name == "" || problem != "" || has && len(items) == 1 {
			return "", 0, refused
		}
		if has && port != 0 {
			return "", 0, "hosts with ports of their own take no further port"
		}
	}
	if bracketed && port != 0 {
		// In a list with brackets each host has its own port.
		for i := range items {
			items[i] += ":" + strconv.Itoa(port)
		}
		port = 0
	}
	return strings.Join(items, ","), port, ""
}

func splitScheme(scheme string) (backendName, driver string) {
	name, driver, _ := strings.Cut(scheme, "+")
	if b, ok := backendOf(name); ok {
		name = b.name
	}
	return name, driver
}

func sortedKeys(m map[string][]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

const op = "database URL"

func invalid(msg string) error { return dberr.New(dberr.Invalid, op, msg) }
