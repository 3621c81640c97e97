package dburl

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// StatementMode is how statements reach a PostgreSQL server, in pgx's words.
type StatementMode string

// Statement modes. Behind a pooler in transaction mode that does not know
// prepared statements, only the last two work.
const (
	StatementsAuto     StatementMode = ""                // the engine's default: prepared once per connection, and kept
	StatementsPrepared StatementMode = "cache_statement" // prepared once per connection, and kept
	StatementsDescribe StatementMode = "cache_describe"  // the description is kept, the statement is not
	StatementsUncached StatementMode = "describe_exec"   // described each time
	StatementsExec     StatementMode = "exec"            // one round trip, nothing prepared
	StatementsSimple   StatementMode = "simple_protocol" // the simple query protocol
)

// ParseStatementMode reads "auto", "on", "off" or a mode of pgx. "off" is
// [StatementsExec]. ok is false for anything else.
func ParseStatementMode(s string) (mode StatementMode, ok bool) {
	switch m := StatementMode(s); m {
	case "auto":
		return StatementsAuto, true
	case "on":
		return StatementsPrepared, true
	case "off":
		return StatementsExec, true
	case StatementsPrepared, StatementsDescribe, StatementsUncached, StatementsExec, StatementsSimple:
		return m, true
	}
	return "", false
}

// PostgresTLS holds libpq's TLS parameters.
type PostgresTLS struct {
	Mode     string // "disable", "allow", "prefer", "require", "verify-ca", "verify-full"; "" is libpq's default, prefer
	RootCert string // file of the authorities' certificates, or "system"; with it, require checks like verify-ca
	Cert     string // file of the client's certificate; with Key
	Key      string // file of its key
	CRL      string // file of revoked certificates. pgx cannot check it: an engine does, or refuses
}

// PostgresTarget is what a postgresql URL asks for. It holds the password
// behind a pointer: printed, it shows an address.
type PostgresTarget struct {
	Hosts    []HostPort // in the order to try, but for RandomHosts; a Host that is a path is the directory of a unix socket; none, or one with a port only, leaves the host to libpq's defaults
	User     string     // "" leaves it to libpq's default
	Database string     // "" leaves it to libpq's default, the user's name
	TLS      PostgresTLS

	RandomHosts bool // each connection tries the hosts in an order of its own

	ApplicationName    string
	Options            string        // libpq's options: "-c search_path=app"
	ConnectTimeout     time.Duration // for one host; 0 is none
	TargetSessionAttrs string        // "any", "read-write", "read-only", "primary", "standby", "prefer-standby"; "" is any

	Statements     StatementMode
	StatementCache int                 // statements kept per connection, 0 is the driver's default
	KeepAlive      net.KeepAliveConfig // for a net.Dialer; zero durations are the system's
	TCPUserTimeout time.Duration       // how long sent data may stay unacknowledged; 0 is the system's

	password  *string
	fallback  string
	keywords  [][2]string // passed to pgx as they are
	sslSecret *string
}

// Password returns the password, "" when there is none.
func (t PostgresTarget) Password() string {
	if t.password == nil {
		return ""
	}
	return *t.password
}

// HasPassword reports whether the URL has a password that is not empty.
func (t PostgresTarget) HasPassword() bool { return t.Password() != "" }

// pgArguments are libpq's keywords, the spellings of SQLAlchemy's drivers that
// mean the same, and pgx's own.
var pgArguments = map[string]argument[PostgresTarget]{
	"host":     {set: func(*PostgresTarget, string) string { return "" }, many: true}, // read by pgHosts
	"port":     {set: func(*PostgresTarget, string) string { return "" }, many: true},
	"user":     {set: func(t *PostgresTarget, v string) string { t.User = v; return "" }},
	"password": {set: func(t *PostgresTarget, v string) string { t.password = &v; return "" }},
	"dbname":   {set: func(t *PostgresTarget, v string) string { t.Database = v; return "" }},
	"database": {set: func(t *PostgresTarget, v string) string { t.Database = v; return "" }},

	"sslmode": {set: func(t *PostgresTarget, v string) string {
		v, m := oneOf("disable", "allow", "prefer", "require", "verify-ca", "verify-full")(v)
		if m != "" {
			return m
		}
		return agree(&t.TLS.Mode, v, "ssl")
	}},
	"ssl": {set: func(t *PostgresTarget, v string) string { // asyncpg's name, which Open WebUI takes too
		if on, m := readBool(v); m == "" {
			v = "disable"
			if on {
				v = "require"
			}
		}
		v, m := oneOf("disable", "allow", "prefer", "require", "verify-ca", "verify-full")(v)
		if m != "" {
			return "true, false or " + m
		}
		return agree(&t.TLS.Mode, v, "sslmode")
	}},
	"sslrootcert":     {set: func(t *PostgresTarget, v string) string { t.TLS.RootCert = v; return "" }},
	"sslcert":         {set: func(t *PostgresTarget, v string) string { t.TLS.Cert = v; return "" }},
	"sslkey":          {set: func(t *PostgresTarget, v string) string { t.TLS.Key = v; return "" }},
	"sslcrl":          {set: func(t *PostgresTarget, v string) string { t.TLS.CRL = v; return "" }},
	"sslpassword":     {set: func(t *PostgresTarget, v string) string { t.sslSecret = &v; return "" }},
	"sslcertmode":     keyword("sslcertmode", oneOf("disable", "allow", "require")),
	"sslsni":          keyword("sslsni", oneOf("0", "1")),
	"sslnegotiation":  keyword("sslnegotiation", oneOf("postgres", "direct")),
	"channel_binding": keyword("channel_binding", oneOf("disable", "prefer", "require")),
	"require_auth":    keyword("require_auth", anyText),
	"direct_tls": {set: func(t *PostgresTarget, v string) string { // asyncpg
		on, m := readBool(v)
		if on {
			t.keywords = append(t.keywords, [2]string{"sslnegotiation", "direct"})
		}
		return m
	}},
	"gssencmode": {set: func(_ *PostgresTarget, v string) (m string) { _, m = oneOf("disable", "prefer")(v); return }},
	"load_balance_hosts": {set: func(t *PostgresTarget, v string) (m string) {
		t.RandomHosts, m = readBalance(v)
		return m
	}},

	"passfile":             keyword("passfile", anyText),
	"service":              keyword("service", anyText),
	"servicefile":          keyword("servicefile", anyText),
	"min_protocol_version": keyword("min_protocol_version", oneOf("3.0", "3.2", "latest")),
	"max_protocol_version": keyword("max_protocol_version", oneOf("3.0", "3.2", "latest")),

	"options":                   {set: func(t *PostgresTarget, v string) string { t.Options = v; return "" }},
	"application_name":          {set: func(t *PostgresTarget, v string) string { t.ApplicationName = v; return "" }},
	"fallback_application_name": {set: func(t *PostgresTarget, v string) string { t.fallback = v; return "" }},
	"target_session_attrs": {set: func(t *PostgresTarget, v string) (m string) {
		t.TargetSessionAttrs, m = oneOf("any", "read-write", "read-only", "primary", "standby", "prefer-standby")(v)
		return
	}},
	"client_encoding": {set: func(_ *PostgresTarget, v string) string {
		switch strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(v, "-", ""), "_", "")) {
		case "utf8", "unicode", "auto":
			return ""
		}
		return "utf8: all text is UTF-8"
	}},

	"connect_timeout": {set: func(t *PostgresTarget, v string) (m string) { t.ConnectTimeout, m = readSeconds(v, 0); return }},
	"timeout":         {set: func(t *PostgresTarget, v string) (m string) { t.ConnectTimeout, m = readDecimalSeconds(v); return }}, // asyncpg, pg8000
	"keepalives": {set: func(t *PostgresTarget, v string) (m string) {
		t.KeepAlive.Enable, m = readBool(v)
		return
	}},
	"keepalives_idle":     {set: func(t *PostgresTarget, v string) (m string) { t.KeepAlive.Idle, m = readSeconds(v, 0); return }},
	"keepalives_interval": {set: func(t *PostgresTarget, v string) (m string) { t.KeepAlive.Interval, m = readSeconds(v, 0); return }},
	"keepalives_count": {set: func(t *PostgresTarget, v string) string {
		n, m := readInt(v, 0, 1000)
		t.KeepAlive.Count = int(n)
		return m
	}},
	"tcp_user_timeout": {set: func(t *PostgresTarget, v string) string {
		n, m := readInt(v, 0, maxSeconds*1000)
		if m != "" {
			return m + " (milliseconds)"
		}
		t.TCPUserTimeout = time.Duration(n) * time.Millisecond
		return ""
	}},

	"prepared_statements":     {set: setStatements},
	"default_query_exec_mode": {set: setStatements},
	"prepare_threshold": {set: func(t *PostgresTarget, v string) string { // psycopg: none switches it off
		if strings.EqualFold(v, "none") {
			return t.agreeStatements(StatementsExec)
		}
		_, m := readInt(v, 0, 1<<31-1)
		if m != "" {
			return "none or " + m
		}
		return ""
	}},
	"pgbouncer": {set: func(t *PostgresTarget, v string) string { // Prisma's word, in the URLs that hosters show
		on, m := readBool(v)
		if m == "" && on {
			m = t.agreeStatements(StatementsExec)
		}
		return m
	}},
	"prepared_statement_cache_size": {set: setStatementCache}, // SQLAlchemy's asyncpg dialect
	"statement_cache_size":          {set: setStatementCache}, // asyncpg
	"statement_cache_capacity":      {set: setStatementCache}, // pgx
}

// pgRefused are arguments that are known and not taken, and why.
var pgRefused = map[string]string{
	"command_timeout":                     "a limit for statements is set on the server: options=-c statement_timeout=MILLISECONDS",
	"hostaddr":                            "write the address as the host; with sslmode=verify-full the certificate must name it",
	"replication":                         "replication connections do not run SQL statements",
	"requirepeer":                         "the peer of a socket is not checked by the Go driver; protect the directory of the socket instead",
	"sslcompression":                      "TLS compression is insecure and was removed from PostgreSQL; leave it out",
	"sslcrldir":                           "write one file of revoked certificates as sslcrl",
	"ssl_min_protocol_version":            "connections use TLS 1.2 or newer; leave it out",
	"ssl_max_protocol_version":            "connections use the newest TLS that both sides know; leave it out",
	"krbsrvname":                          noKerberos,
	"krbspn":                              noKerberos,
	"gsslib":                              noKerberos,
	"gssdelegation":                       noKerberos,
	"description_cache_capacity":          "use statement_cache_capacity",
	"async_fallback":                      pythonOnly,
	"prepared_statement_name_func":        pythonOnly,
	"max_cached_statement_lifetime":       pythonOnly,
	"max_cacheable_statement_size":        pythonOnly,
	"server_settings":                     "write settings of the server as options=-c NAME=VALUE",
	"executemany_mode":                    pythonOnly,
	"executemany_batch_page_size":         pythonOnly,
	"use_native_hstore":                   pythonOnly,
	"connection_factory":                  pythonOnly,
	"cursor_factory":                      pythonOnly,
	"autocommit":                          pythonOnly,
	"search_path":                         "write it as options=-c search_path=NAME, or set DATABASE_SCHEMA",
	"statement_timeout":                   asOption,
	"lock_timeout":                        asOption,
	"idle_in_transaction_session_timeout": asOption,
	"timezone":                            larderSets,
	"charset":                             "it is an argument of MySQL; all text is UTF-8 here, leave it out",
	"pool_max_conns":                      poolVariables,
	"pool_min_conns":                      poolVariables,
	"pool_size":                           poolVariables,
	"max_overflow":                        poolVariables,
	"connection_limit":                    poolVariables,
	"pool_timeout":                        poolVariables,
	"schema":                              "set DATABASE_SCHEMA instead",
}

const (
	asOption      = "a setting of the server is written options=-c NAME=VALUE"
	poolVariables = "the pool is set by the DATABASE_POOL_* variables"
)

func anyText(v string) (string, string) { return v, "" }

// keyword passes an argument on to pgx under the same name.
func keyword(name string, check func(string) (string, string)) argument[PostgresTarget] {
	return argument[PostgresTarget]{set: func(t *PostgresTarget, v string) string {
		v, m := check(v)
		t.keywords = append(t.keywords, [2]string{name, v})
		return m
	}}
}

func (t *PostgresTarget) agreeStatements(m StatementMode) string {
	return agree(&t.Statements, m, "the other argument about prepared statements")
}

func setStatements(t *PostgresTarget, v string) string {
	m, ok := ParseStatementMode(v)
	if !ok {
		return "auto, on, off, cache_statement, cache_describe, describe_exec, exec or simple_protocol"
	}
	if m == StatementsAuto {
		return ""
	}
	return t.agreeStatements(m)
}

// setStatementCache: no cache is what asyncpg's users write for a pooler.
func setStatementCache(t *PostgresTarget, v string) string {
	n, m := readInt(v, 0, 1<<20)
	switch {
	case m != "":
		return m
	case n == 0:
		return t.agreeStatements(StatementsExec)
	}
	t.StatementCache = int(n)
	return ""
}

// Postgres gives the meaning of a postgresql URL, or says what is wrong with
// it. As in SQLAlchemy and libpq, host, port, user, password and dbname among
// the arguments win over those before the ?. The arguments are libpq's, with
//
//	ssl                             sslmode, or true (require) or false (disable)
//	timeout                         connect_timeout, with fractions
//	prepared_statements             auto, on, off (for poolers), or a mode of pgx
//	default_query_exec_mode         the same
//	pgbouncer=true                  prepared_statements=off, like the next two
//	statement_cache_size=0          also prepared_statement_cache_size=0
//	prepare_threshold=none
//
// Those of libpq that cannot be kept, and those that only a Python driver
// understands, are refused by name.
func (u *URL) Postgres() (PostgresTarget, error) {
	t := PostgresTarget{
		User:      u.User,
		Database:  u.Database,
		password:  u.password,
		KeepAlive: net.KeepAliveConfig{Enable: true},
	}
	if u.Backend != PostgreSQL {
		return PostgresTarget{}, invalid("this is a " + u.Backend + " URL, not a postgresql URL")
	}
	if err := u.checkServer(); err != nil {
		return PostgresTarget{}, err
	}
	if err := readArguments(u, pgArguments, pgRefused, &t); err != nil {
		return PostgresTarget{}, err
	}
	hosts, err := u.pgHosts()
	if err == nil {
		err = checkHosts(hosts, 5432)
	}
	switch {
	case err != nil:
	case (t.TLS.Cert == "") != (t.TLS.Key == ""):
		err = invalid("sslcert and sslkey are given together")
	case t.TLS.Mode == "disable" && (t.TLS.RootCert != "" || t.TLS.CRL != ""):
		err = invalid("sslmode=disable contradicts sslrootcert and sslcrl; leave out one or the other")
	case t.TLS.CRL != "" && t.TLS.RootCert == "":
		err = invalid("sslcrl needs sslrootcert, because revocation is checked together with the authority")
	}
	if err != nil {
		return PostgresTarget{}, err
	}
	t.Hosts = hosts
	if t.ApplicationName == "" {
		t.ApplicationName = t.fallback
	}
	if !t.HasPassword() {
		t.password = nil // an empty password is none: ask the password file
	}
	return t, nil
}

const hostForm = "the argument host is a host, or host:port, or an IPv6 address in brackets, " +
	"or the absolute path of a directory"

// pgHosts reads the hosts, from the arguments if they are there. A port alone
// is the port of libpq's default host, which has no name here.
func (u *URL) pgHosts() ([]HostPort, error) {
	hosts := u.Hosts()
	if hosts == nil && u.HasPort() {
		hosts = []HostPort{{"", u.Port}}
	}
	own := u.Port == 0 && strings.Contains(u.Host, ",") && strings.Contains(u.Host, ":")
	for i, h := range hosts {
		if strings.HasPrefix(strings.ToLower(h.Host), "%2f") {
			path, err := url.PathUnescape(h.Host)
			if err != nil {
				return nil, invalid("the host is a path that is not percent-encoded correctly")
			}
			hosts[i].Host = path
		}
	}
	names, ports := u.Query.All("host"), u.Query.All("port")
	if len(names) > 0 {
		var err error
		if hosts, own, err = u.hostArguments(names, len(ports) > 0); err != nil {
			return nil, err
		}
	}
	switch {
	case len(ports) == 0:
		return hosts, nil
	case own:
		return nil, invalid("hosts with ports are written in one way: host=h1,h2&port=p1,p2 or host=h1:p1&host=h2:p2")
	}
	return withPorts(hosts, ports)
}

// hostArguments reads the arguments called host. It reports whether they have
// ports of their own; with arguments called port, what looks like one is not.
func (u *URL) hostArguments(names []string, ports bool) (hosts []HostPort, own bool, err error) {
	own = len(names) > 1 // a repeated host is host:port each time
	if len(names) == 1 {
		names = strings.Split(names[0], ",")
	}
	for _, name := range names {
		h := HostPort{Host: name}
		if !ports && !strings.HasPrefix(name, "/") && !bareIPv6(name) {
			host, port, has, problem := splitHostPort(name)
			if problem != "" || host == "" || has && port == 0 {
				return nil, false, invalid(hostForm)
			}
			h, own = HostPort{host, port}, own || has
		}
		hosts = append(hosts, h)
	}
	for i := range hosts {
		if !own {
			hosts[i].Port = u.Port // ?host=/run/postgresql beside a port before the ?
		}
	}
	return hosts, own, nil
}

// withPorts gives the hosts the ports of the arguments called port.
func withPorts(hosts []HostPort, ports []string) ([]HostPort, error) {
	if len(ports) == 1 {
		ports = strings.Split(ports[0], ",")
	}
	if len(hosts) == 0 {
		hosts = []HostPort{{}}
	}
	if len(ports) != 1 && len(ports) != len(hosts) {
		return nil, invalid("there are as many ports as hosts, or one port for all")
	}
	for i := range hosts {
		text := ports[0]
		if len(ports) > 1 {
			text = ports[i]
		}
		hosts[i].Port = 0
		if text == "" {
			continue // the default
		}
		n, ok := parsePort(text)
		if !ok || n == 0 {
			return nil, invalid("the argument port is a number from 1 to 65535, or such numbers with commas")
		}
		hosts[i].Port = n
	}
	return hosts, nil
}

func bareIPv6(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is6()
}

// cleanAddress returns the host for a dialer: a zone in an IPv6 address may be
// written %25eth0, as in other URLs.
func cleanAddress(host string) (string, bool) {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if !strings.Contains(host, ":") {
		return host, true
	}
	if address, zone, ok := strings.Cut(host, "%25"); ok && zone != "" {
		host = address + "%" + zone
	}
	return host, bareIPv6(host)
}

// ConnString is the target as a libpq keyword/value string for pgx.ParseConfig.
// It holds the password: never print it. Not in it, because pgx does not know
// them: KeepAlive and TCPUserTimeout, for the dialer. A CRL is in it as sslcrl
// though pgx does not know that either: a server refuses the name, so that
// nobody connects without the check; who does the check takes it out again.
func (t PostgresTarget) ConnString() string {
	var b strings.Builder
	add := func(name, value string) {
		if value == "" {
			return
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(name + "='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'")
	}
	if len(t.Hosts) > 0 {
		hosts, ports := make([]string, len(t.Hosts)), make([]string, len(t.Hosts))
		for i, h := range t.Hosts {
			hosts[i], ports[i] = h.Host, strconv.Itoa(h.Port)
		}
		add("host", strings.Join(hosts, ","))
		add("port", strings.Join(ports, ","))
	}
	add("user", t.User)
	add("password", t.Password())
	add("dbname", t.Database)
	add("sslmode", t.TLS.Mode)
	add("sslrootcert", t.TLS.RootCert)
	add("sslcert", t.TLS.Cert)
	add("sslkey", t.TLS.Key)
	add("sslcrl", t.TLS.CRL)
	if t.sslSecret != nil {
		add("sslpassword", *t.sslSecret)
	}
	add("application_name", t.ApplicationName)
	add("options", t.Options)
	if t.ConnectTimeout > 0 {
		// Whole seconds are all that pgx reads; up, so that it is not cut to none.
		add("connect_timeout", strconv.FormatInt(int64((t.ConnectTimeout+time.Second-1)/time.Second), 10))
	}
	add("target_session_attrs", t.TargetSessionAttrs)
	add("default_query_exec_mode", string(t.Statements))
	if t.StatementCache > 0 {
		add("statement_cache_capacity", strconv.Itoa(t.StatementCache))
	}
	for _, k := range t.keywords {
		add(k[0], k[1])
	}
	return b.String()
}
