package dburl

import (
	"net/url"
	"strings"
	"time"
)

// MySQLTLSMode is how a MySQL connection is protected, in the words of MySQL's
// own clients.
type MySQLTLSMode string

// TLS modes of MySQL and MariaDB.
const (
	MySQLTLSUnset    MySQLTLSMode = ""                // the URL does not say: the engine's default
	MySQLTLSDisabled MySQLTLSMode = "disabled"        // never encrypted
	MySQLTLSPrefer   MySQLTLSMode = "preferred"       // encrypted if the server can
	MySQLTLSRequire  MySQLTLSMode = "required"        // encrypted, the server's certificate is not checked
	MySQLTLSVerifyCA MySQLTLSMode = "verify_ca"       // the certificate comes from a known authority
	MySQLTLSVerify   MySQLTLSMode = "verify_identity" // and names the host
)

// MySQLTLS holds the TLS arguments.
type MySQLTLS struct {
	Mode MySQLTLSMode
	CA   string // file of the authorities' certificates; "" is the system's
	Cert string // file of the client's certificate; with Key
	Key  string // file of its key
}

// MySQLTarget is what a mysql or mariadb URL asks for. It holds the password
// behind a pointer: printed, it shows an address.
type MySQLTarget struct {
	Hosts    []HostPort // in the order to try, but for RandomHosts; at least one unless there is a Socket
	Socket   string     // the path of a unix socket, "" when there is none; it wins over Hosts
	User     string
	Database string
	TLS      MySQLTLS

	RandomHosts bool // each connection tries the hosts in an order of its own

	ConnectTimeout   time.Duration // 0 when not given, like the next two
	ReadTimeout      time.Duration
	WriteTimeout     time.Duration
	InitCommand      string // one statement for each new connection, after Larder's own settings
	LocalInfile      bool   // LOAD DATA LOCAL INFILE is allowed
	Compress         bool   // the protocol is compressed
	MaxAllowedPacket int    // bytes; 0 when not given: ask the server
	ProgramName      string // a connection attribute that the server shows in its tables

	password *string
	on, off  bool  // ssl=true; ssl=false or ssl_disabled=true
	verify   *bool // ssl_verify_cert
	identity *bool // ssl_check_hostname, ssl_verify_identity
}

// Password returns the password, "" when there is none.
func (t MySQLTarget) Password() string {
	if t.password == nil {
		return ""
	}
	return *t.password
}

// HasPassword reports whether the URL has a password that is not empty.
func (t MySQLTarget) HasPassword() bool { return t.Password() != "" }

// mysqlArguments are those of PyMySQL and its kin, mysqlclient and MySQL's own
// connector, as SQLAlchemy passes them on.
var mysqlArguments = map[string]argument[MySQLTarget]{
	"host":     {set: func(t *MySQLTarget, v string) string { t.Hosts = []HostPort{{Host: v}}; return "" }},
	"port":     {set: func(*MySQLTarget, string) string { return "" }}, // read after host, whichever came first
	"user":     {set: func(t *MySQLTarget, v string) string { t.User = v; return "" }},
	"password": {set: setMySQLPassword},
	"passwd":   {set: setMySQLPassword},
	"database": {set: func(t *MySQLTarget, v string) string { t.Database = v; return "" }},
	"db":       {set: func(t *MySQLTarget, v string) string { t.Database = v; return "" }},
	"unix_socket": {set: func(t *MySQLTarget, v string) string {
		if !strings.HasPrefix(v, "/") {
			return "the absolute path of a socket"
		}
		t.Socket = v
		return ""
	}},

	"charset": {set: func(_ *MySQLTarget, v string) string {
		switch strings.ToLower(v) {
		case "utf8mb4":
			return ""
		case "utf8", "utf8mb3":
			return "utf8mb4: MySQL's utf8 holds three bytes of a character, so that emoji and rarer letters are refused or cut"
		}
		return "utf8mb4: all text is UTF-8"
	}},
	"use_unicode": {set: func(_ *MySQLTarget, v string) string {
		if on, m := readBool(v); m != "" || !on {
			return "true, or left out: all text is Unicode"
		}
		return ""
	}},

	"ssl_mode": {set: func(t *MySQLTarget, v string) string {
		modes := oneOf("disabled", "preferred", "required", "verify_ca", "verify_identity")
		v, m := modes(strings.ReplaceAll(strings.ToLower(v), "-", "_"))
		if m != "" {
			return m
		}
		t.TLS.Mode = MySQLTLSMode(v)
		return ""
	}},
	"ssl": {set: func(t *MySQLTarget, v string) string {
		on, m := readBool(v)
		if m != "" {
			return m + "; finer modes are written ssl_mode=VERIFY_IDENTITY and its like"
		}
		t.on, t.off = t.on || on, t.off || !on
		return ""
	}},
	"ssl_disabled": {set: func(t *MySQLTarget, v string) string {
		off, m := readBool(v)
		t.off = t.off || off
		return m
	}},
	"ssl_ca":              {set: func(t *MySQLTarget, v string) string { t.TLS.CA = v; return "" }},
	"ssl_cert":            {set: func(t *MySQLTarget, v string) string { t.TLS.Cert = v; return "" }},
	"ssl_key":             {set: func(t *MySQLTarget, v string) string { t.TLS.Key = v; return "" }},
	"ssl_check_hostname":  {set: setIdentity},
	"ssl_verify_identity": {set: setIdentity},
	"ssl_verify_cert": {set: func(t *MySQLTarget, v string) string {
		on, m := readBool(v)
		switch strings.ToLower(v) {
		case "required":
			on, m = true, ""
		case "none":
			on, m = false, ""
		}
		t.verify = &on
		return m
	}},

	"load_balance_hosts": {set: func(t *MySQLTarget, v string) (m string) { // as libpq calls it
		t.RandomHosts, m = readBalance(v)
		return m
	}},

	"connect_timeout": {set: func(t *MySQLTarget, v string) (m string) { t.ConnectTimeout, m = readSeconds(v, 1); return }},
	"read_timeout":    {set: func(t *MySQLTarget, v string) (m string) { t.ReadTimeout, m = readSeconds(v, 1); return }},
	"write_timeout":   {set: func(t *MySQLTarget, v string) (m string) { t.WriteTimeout, m = readSeconds(v, 1); return }},

	"init_command": {set: func(t *MySQLTarget, v string) string { t.InitCommand = v; return "" }},
	"local_infile": {set: func(t *MySQLTarget, v string) (m string) { t.LocalInfile, m = readBool(v); return }},
	"compress":     {set: func(t *MySQLTarget, v string) (m string) { t.Compress, m = readBool(v); return }},
	"program_name": {set: func(t *MySQLTarget, v string) string {
		if strings.ContainsAny(v, ",:") {
			return "a name without comma and colon"
		}
		t.ProgramName = v
		return ""
	}},
	"max_allowed_packet": {set: func(t *MySQLTarget, v string) string {
		n, m := readInt(v, 1024, 1<<30)
		t.MaxAllowedPacket = int(n)
		return m
	}},
}

// mysqlRefused are arguments that are known and not taken, and why.
var mysqlRefused = map[string]string{
	"collation":            "Larder names a collation for each column, so that text compares the same on every engine; leave it out",
	"ssl_capath":           "a directory of certificates is not read; write one file as ssl_ca",
	"ssl_cipher":           "ciphers are chosen by the Go library; leave it out",
	"ssl_key_password":     "encrypted keys are not read; decrypt the file and protect it by its permissions",
	"tls_versions":         "connections use TLS 1.2 or newer; leave it out",
	"tls_ciphersuites":     "ciphers are chosen by the Go library; leave it out",
	"named_pipe":           "named pipes are not supported; use TCP",
	"read_default_file":    optionFile,
	"read_default_group":   optionFile,
	"option_files":         optionFile,
	"option_groups":        optionFile,
	"sql_mode":             "Larder sets a strict SQL mode on every connection, so that no value is cut; leave it out",
	"time_zone":            larderSets,
	"client_flag":          larderSets,
	"client_flags":         larderSets,
	"autocommit":           larderSets,
	"auth_plugin":          "the server names the way to authenticate; leave it out",
	"auth_plugin_map":      pythonOnly,
	"server_public_key":    "use TLS (ssl_mode=REQUIRED) instead of a public key for the password",
	"bind_address":         "the local address is chosen by the system; leave it out",
	"cursorclass":          pythonOnly,
	"conv":                 pythonOnly,
	"defer_connect":        pythonOnly,
	"binary_prefix":        pythonOnly,
	"use_pure":             pythonOnly,
	"buffered":             pythonOnly,
	"raise_on_warnings":    pythonOnly,
	"echo":                 pythonOnly,
	"parseTime":            goDSNArgument,
	"loc":                  goDSNArgument,
	"clientFoundRows":      goDSNArgument,
	"interpolateParams":    goDSNArgument,
	"multiStatements":      goDSNArgument,
	"maxAllowedPacket":     "it is a parameter of a Go DSN; write max_allowed_packet",
	"timeout":              "it is a parameter of a Go DSN; write connect_timeout, in seconds",
	"readTimeout":          "it is a parameter of a Go DSN; write read_timeout, in seconds",
	"writeTimeout":         "it is a parameter of a Go DSN; write write_timeout, in seconds",
	"tls":                  "it is a parameter of a Go DSN; write ssl_mode=REQUIRED, VERIFY_CA or VERIFY_IDENTITY",
	"allowNativePasswords": goDSNArgument,
	"sslmode":              "it is an argument of PostgreSQL; write ssl_mode=REQUIRED, VERIFY_CA or VERIFY_IDENTITY",
	"sslrootcert":          "it is an argument of PostgreSQL; write ssl_ca",
	"pool_size":            poolVariables,
	"max_overflow":         poolVariables,
	"pool_timeout":         poolVariables,
	"pool_recycle":         poolVariables,
	"pool_name":            poolVariables,
}

func setMySQLPassword(t *MySQLTarget, v string) string { t.password = &v; return "" }

func setIdentity(t *MySQLTarget, v string) string {
	on, m := readBool(v)
	if m == "" && t.identity != nil && *t.identity != on {
		return "in agreement with the other of ssl_check_hostname and ssl_verify_identity"
	}
	t.identity = &on
	return m
}

// MySQL gives the meaning of a mysql or mariadb URL, or says what is wrong with
// it. Without a host it is localhost, by TCP. The arguments are those of
// PyMySQL, mysqlclient and MySQL's connector that have a meaning here:
// unix_socket, charset (utf8mb4), ssl_mode, ssl, ssl_ca, ssl_cert, ssl_key,
// ssl_check_hostname, ssl_verify_identity, ssl_verify_cert, ssl_disabled,
// connect_timeout, read_timeout, write_timeout (seconds), init_command,
// local_infile, compress, program_name, max_allowed_packet (bytes),
// use_unicode, and host, port, user, password and database; and libpq's
// load_balance_hosts (disable, random). The others are refused by name.
func (u *URL) MySQL() (MySQLTarget, error) {
	if u.Backend != MySQL && u.Backend != MariaDB {
		return MySQLTarget{}, invalid("this is a " + u.Backend + " URL, not a mysql or mariadb URL")
	}
	if err := u.checkServer(); err != nil {
		return MySQLTarget{}, err
	}
	t := MySQLTarget{User: u.User, Database: u.Database, password: u.password, Hosts: u.Hosts()}
	if err := readArguments(u, mysqlArguments, mysqlRefused, &t); err != nil {
		return MySQLTarget{}, err
	}
	if len(t.Hosts) == 0 {
		t.Hosts = []HostPort{{Host: "localhost"}}
	}
	for i := range t.Hosts {
		if t.Hosts[i].Port == 0 {
			t.Hosts[i].Port = u.Port
		}
	}
	if v := u.Query.Get("port"); v != "" {
		port, ok := parsePort(v)
		if !ok || port == 0 || port > 65535 {
			return MySQLTarget{}, invalid("the argument port must be a number from 1 to 65535")
		}
		for i := range t.Hosts {
			t.Hosts[i].Port = port
		}
	}
	for _, h := range t.Hosts {
		if strings.HasPrefix(strings.ToLower(h.Host), "%2f") || h.IsSocket() {
			path, err := url.PathUnescape(h.Host)
			if err != nil || len(t.Hosts) > 1 || t.Socket != "" {
				return MySQLTarget{}, invalid("a socket is written once, as unix_socket=/PATH")
			}
			t.Socket = path
		}
	}
	if t.Socket != "" {
		t.Hosts = nil
	}
	if err := checkHosts(t.Hosts, 3306); err != nil {
		return MySQLTarget{}, err
	}
	if problem := t.resolveTLS(); problem != "" {
		return MySQLTarget{}, invalid(problem)
	}
	if !t.HasPassword() {
		t.password = nil
	}
	return t, nil
}

// resolveTLS finds the mode that the arguments mean together. A CA that is
// named is used: as in PyMySQL, it asks for a checked certificate and host
// name, unless another argument asks for less.
func (t *MySQLTarget) resolveTLS() string {
	if (t.TLS.Cert == "") != (t.TLS.Key == "") {
		return "ssl_cert and ssl_key are given together"
	}
	wants := t.on || t.TLS.CA != "" || t.TLS.Cert != "" || t.verify != nil && *t.verify ||
		t.identity != nil && *t.identity
	if t.off {
		if t.TLS.Mode != MySQLTLSUnset && t.TLS.Mode != MySQLTLSDisabled {
			return "ssl_mode asks for TLS and another argument switches it off; leave out one or the other"
		}
		t.TLS.Mode = MySQLTLSDisabled
	}
	switch t.TLS.Mode {
	case MySQLTLSDisabled:
		if wants {
			return "TLS is switched off and configured in one URL; leave out one or the other"
		}
		return ""
	case MySQLTLSPrefer:
		if wants {
			return "ssl_mode=PREFERRED may connect without TLS, which the other ssl arguments contradict; write REQUIRED, VERIFY_CA or VERIFY_IDENTITY"
		}
		return ""
	case MySQLTLSVerifyCA, MySQLTLSVerify:
		if t.verify != nil && !*t.verify {
			return "ssl_mode asks for a checked certificate and ssl_verify_cert does not; leave out one or the other"
		}
		if t.identity != nil && *t.identity != (t.TLS.Mode == MySQLTLSVerify) {
			return "ssl_mode and ssl_check_hostname disagree; leave out one or the other"
		}
		return ""
	}
	return t.chooseTLS(wants)
}

// chooseTLS finds the mode where none is named, or only that there is TLS.
func (t *MySQLTarget) chooseTLS(wants bool) string {
	checked := t.TLS.CA != ""
	if t.verify != nil {
		checked = *t.verify
	}
	named := checked && t.TLS.Mode == MySQLTLSUnset // ssl_mode=REQUIRED with a CA does not ask for the name
	if t.identity != nil {
		named = *t.identity
		if named && t.verify != nil && !*t.verify {
			return "ssl_check_hostname needs a checked certificate, which ssl_verify_cert=false forbids; leave out one or the other"
		}
	}
	switch {
	case named:
		t.TLS.Mode = MySQLTLSVerify
	case checked:
		t.TLS.Mode = MySQLTLSVerifyCA
	// To say what is not checked asks for TLS.
	case wants || t.TLS.Mode == MySQLTLSRequire || t.verify != nil || t.identity != nil:
		t.TLS.Mode = MySQLTLSRequire
	}
	return ""
}
