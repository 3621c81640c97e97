package dburl

import (
	"strconv"
	"strings"
	"time"

	"github.com/larder-db/larder/dberr"
)

// Config is what the environment says about the database.
type Config struct {
	URL    *URL
	Schema string // the PostgreSQL schema to work in, "" for the default
	Pool   PoolSettings
	SQLite SQLiteSettings

	// PasswordFile and PasswordCommand say where the password comes from at each
	// connection, when it is not in the URL: a file's path, or a line for the
	// shell. At most one of them is set. Package credential reads them.
	PasswordFile    string
	PasswordCommand string

	// Read is a server that follows the database and may be read for lists; nil is
	// none. ReadLag is how far it may be behind.
	Read    *URL
	ReadLag time.Duration
}

// Warning is something that was ignored or read in a way that may surprise. It
// holds no value of a variable.
type Warning struct {
	Variable string // the variable it is about
	Text     string // one sentence
}

func (w Warning) String() string { return w.Variable + ": " + w.Text }

// componentNames are the variables that together replace DATABASE_URL.
var componentNames = []string{
	"DATABASE_TYPE", "DATABASE_USER", "DATABASE_PASSWORD", "DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME",
}

// FromEnv reads the database settings of Open WebUI. lookup is os.LookupEnv or
// a function like it: an empty variable is not an absent one. dataDir is where
// a SQLite file lives when nothing else is said. FromEnv reads nothing else,
// and the URL it returns is not yet validated ([URL.Validate]).
//
//	variable                                default      meaning; what a bad value does
//	DATABASE_URL                            -            a database URL, see Parse; without it sqlite:///{dataDir}/webui.db; empty or bad: error
//	DATABASE_TYPE, _HOST, _PORT, _NAME,
//	DATABASE_USER and/or _PASSWORD          -            together they win over DATABASE_URL; some only: ignored, warning; bad: error
//	DATABASE_PASSWORD_FILE, _COMMAND        -            Larder's own, see Config; beside another password, or both: error; SQLite: ignored, warning
//	DATABASE_READ_URL                       -            a server that follows the database, read for lists and searches; another engine, or bad: error; SQLite: ignored, warning
//	DATABASE_READ_LAG                       1s           how far it may be behind, as 500ms or 2s; bad: error
//	DATABASE_SCHEMA                         -            PostgreSQL schema; other engines: ignored, warning; bad: error
//	DATABASE_POOL_SIZE                      5            connections kept; 0: none is kept and none is refused; bad: default, warning
//	DATABASE_POOL_MAX_OVERFLOW              10, or 0     further connections, -1 no limit; 0 when DATABASE_POOL_SIZE is set; bad: default, warning
//	DATABASE_POOL_TIMEOUT                   30           seconds to wait for a connection, at least 1; bad: default, warning
//	DATABASE_POOL_RECYCLE                   3600         seconds until a connection is replaced, -1 never; bad: default, warning
//	DATABASE_ENABLE_SQLITE_WAL              true         true: WAL; anything else: DELETE, with a warning unless it is false
//	DATABASE_SQLITE_PRAGMA_SYNCHRONOUS      NORMAL       OFF, NORMAL, FULL, EXTRA; empty: not set; bad: error, like all that follow
//	DATABASE_SQLITE_PRAGMA_BUSY_TIMEOUT     5000         milliseconds
//	DATABASE_SQLITE_PRAGMA_CACHE_SIZE       -16384       pages per connection, negative: KiB
//	DATABASE_SQLITE_PRAGMA_TEMP_STORE       MEMORY       DEFAULT, FILE, MEMORY
//	DATABASE_SQLITE_PRAGMA_MMAP_SIZE        0            bytes
//	DATABASE_SQLITE_PRAGMA_JOURNAL_SIZE_LIMIT 67108864   bytes, -1 no limit
//
// Where this differs from Open WebUI: components are put together so that
// nothing in a password changes the host, and an IPv6 host works. Percent
// sequences in user and password are decoded, because its users had to write
// them. Pool variables count without DATABASE_POOL_SIZE too. Bad settings of
// SQLite are errors, not text that goes into a statement. A connection to
// SQLite caches 16 MiB and maps nothing by default, instead of 64 and 256 MiB:
// a scan of a large table stays below 64 MiB of resident memory.
func FromEnv(lookup func(name string) (value string, ok bool), dataDir string) (Config, []Warning, error) {
	e := &environment{lookup: lookup}
	var c Config
	var err error
	if c.URL, err = e.url(dataDir); err != nil {
		return Config{}, e.warnings, err
	}
	b, _ := backendOf(c.URL.Backend)
	c.Pool = e.pool()
	c.Pool.PrePing = b.server
	if c.Schema, err = e.schema(b); err != nil {
		return Config{}, e.warnings, err
	}
	if c.SQLite, err = e.sqlite(); err != nil {
		return Config{}, e.warnings, err
	}
	if err := e.read(&c, b); err != nil {
		return Config{}, e.warnings, err
	}
	if err := e.passwordFrom(&c, b); err != nil {
		return Config{}, e.warnings, err
	}
	return c, e.warnings, nil
}

type environment struct {
	lookup   func(string) (string, bool)
	warnings []Warning
}

func (e *environment) get(name string) string {
	v, _ := e.lookup(name)
	return v
}

func (e *environment) warn(variable, text string) {
	e.warnings = append(e.warnings, Warning{variable, text})
}

func variableError(name, msg string) error { return dberr.New(dberr.Invalid, name, msg) }

func (e *environment) url(dataDir string) (*URL, error) {
	kind := strings.TrimSpace(e.get("DATABASE_TYPE"))
	var set, missing []string
	for _, name := range componentNames {
		if strings.TrimSpace(e.get(name)) != "" {
			set = append(set, name)
		} else if name != "DATABASE_USER" && name != "DATABASE_PASSWORD" {
			missing = append(missing, name)
		}
	}
	if e.get("DATABASE_USER") == "" && e.get("DATABASE_PASSWORD") == "" {
		missing = append(missing, "DATABASE_USER")
	}
	if len(missing) == 0 {
		return e.fromComponents(kind)
	}

	text, given := e.lookup("DATABASE_URL")
	cipher := kind == "sqlite+sqlcipher" && text == ""
	if len(set) > 0 && !cipher && (kind != SQLite || len(set) > 1) {
		used := "DATABASE_URL is used"
		if !given {
			used = "the SQLite file of the data directory is used"
		}
		ignored := strings.Join(set, ", ") + " " + isAre(set) + " ignored"
		absent := strings.Join(missing, ", ") + " " + isAre(missing) + " not set"
		e.warn(set[0], ignored+" because "+absent+"; "+used)
	}
	switch {
	case cipher:
		return defaultURL("sqlite+sqlcipher", dataDir)
	case !given:
		return defaultURL(SQLite, dataDir)
	}
	if trimmed := strings.TrimRight(text, "\r\n"); trimmed != text {
		e.warn("DATABASE_URL", "the line break at its end was left out")
		text = trimmed
	}
	// Open WebUI replaces the text wherever it stands, and a password that its
	// users have got to work must work here.
	if strings.LastIndex(text, "postgres://") > 0 {
		e.warn("DATABASE_URL", "it holds postgres:// after its beginning, which is read as postgresql:// as in Open WebUI; write postgres%3A%2F%2F to keep it")
	}
	u, err := Parse(strings.ReplaceAll(text, "postgres://", "postgresql://"))
	if err != nil {
		return nil, dberr.WithOp(err, "DATABASE_URL")
	}
	return u, nil
}

func isAre(names []string) string {
	if len(names) == 1 {
		return "is"
	}
	return "are"
}

// defaultURL is the file in the data directory: three slashes and the path, so
// that an absolute directory gives four.
func defaultURL(scheme, dataDir string) (*URL, error) {
	path := "webui.db"
	switch dir := strings.TrimRight(dataDir, "/"); {
	case dir != "":
		path = dir + "/" + path
	case dataDir != "":
		path = "/" + path // the root directory
	}
	u, err := Create(Parts{Scheme: scheme, Database: path})
	if err != nil {
		return nil, variableError("DATA_DIR", "the path of the data directory holds a ?, which a database URL cannot; use another directory, or set DATABASE_URL")
	}
	return u, nil
}

func (e *environment) fromComponents(kind string) (*URL, error) {
	if kind == "postgres" {
		kind = PostgreSQL
	}
	if problem := checkScheme(kind); problem != "" {
		return nil, variableError("DATABASE_TYPE", problem)
	}
	port, ok := parsePort(strings.TrimSpace(e.get("DATABASE_PORT")))
	if !ok || port == 0 || port > 65535 {
		return nil, variableError("DATABASE_PORT", portRange)
	}
	host, port, problem := hostText(strings.TrimSpace(e.get("DATABASE_HOST")), port)
	if problem != "" {
		return nil, variableError("DATABASE_HOST", problem)
	}
	// Upstream puts the name before nothing, so that arguments can follow it.
	name, query, _ := strings.Cut(strings.TrimSpace(e.get("DATABASE_NAME")), "?")
	args := parseQuery(query)
	p := Parts{
		Scheme: kind, Host: host, Port: port, Database: name, Query: map[string][]string{},
		User:     e.decoded("DATABASE_USER"),
		Password: e.decoded("DATABASE_PASSWORD"),
	}
	for _, k := range args.Keys() {
		p.Query[k] = args.All(k)
	}
	u, err := create(p)
	if err != nil {
		return nil, dberr.WithOp(err, "DATABASE_*")
	}
	return u, nil
}

// decoded reads a user or password as it would be read in a URL.
func (e *environment) decoded(name string) string {
	raw := e.get(name)
	v := unquote(raw)
	if v != raw {
		e.warn(name, "its percent-encoded characters were decoded, as in Open WebUI; a % that belongs to it is written %25")
	}
	return v
}

func (e *environment) schema(b backend) (string, error) {
	v := strings.TrimSpace(e.get("DATABASE_SCHEMA"))
	switch {
	case v == "":
		return "", nil
	case !b.schema:
		e.warn("DATABASE_SCHEMA", "it has a meaning for postgresql only and is ignored for "+b.name)
		return "", nil
	case len(v) > 63 || strings.IndexByte(v, 0) >= 0 || replaceInvalid(v) != v:
		return "", variableError("DATABASE_SCHEMA", "the name of a schema has at most 63 bytes of UTF-8; PostgreSQL would cut it")
	}
	return v, nil
}

// passwordFrom reads where the password comes from.
func (e *environment) passwordFrom(c *Config, b backend) error {
	const file, command = "DATABASE_PASSWORD_FILE", "DATABASE_PASSWORD_COMMAND"
	c.PasswordFile, c.PasswordCommand = e.get(file), strings.TrimSpace(e.get(command))
	name := file
	if c.PasswordFile == "" {
		name = command
	}
	switch {
	case c.PasswordFile == "" && c.PasswordCommand == "":
	case !b.server:
		e.warn(name, "it is ignored for "+b.name+", which has no passwords")
		c.PasswordFile, c.PasswordCommand = "", ""
	case c.PasswordFile != "" && c.PasswordCommand != "":
		return variableError(name, "it is set beside "+command+"; leave one of them out")
	case c.URL.HasPassword():
		return variableError(name, "it is set beside a password in "+e.passwordIn()+"; leave one of them out")
	}
	return nil
}

// read reads where lists are read, and how old they may be.
func (e *environment) read(c *Config, b backend) error {
	const name, lag = "DATABASE_READ_URL", "DATABASE_READ_LAG"
	text := strings.TrimSpace(e.get(name))
	if text == "" {
		return nil
	}
	if !b.server {
		e.warn(name, "it is ignored for "+b.name+", which has no replicas")
		return nil
	}
	u, err := Parse(text)
	if err != nil {
		return variableError(name, "it is not the URL of a database")
	}
	if u.Backend != c.URL.Backend {
		return variableError(name, "it is of another engine than the database, which is "+b.name)
	}
	c.Read, c.ReadLag = u, time.Second
	if text := strings.TrimSpace(e.get(lag)); text != "" {
		if c.ReadLag, err = time.ParseDuration(text); err != nil || c.ReadLag < 0 {
			return variableError(lag,
				"it is a duration, such as 500ms or 2s; 0s asks the database at each read how far the replica has to be")
		}
	}
	return nil
}

// passwordIn is the variable that holds a password.
func (e *environment) passwordIn() string {
	if e.get("DATABASE_PASSWORD") != "" {
		return "DATABASE_PASSWORD"
	}
	return "DATABASE_URL"
}

func (e *environment) pool() PoolSettings {
	const most = 100000
	p := DefaultPool()
	if size, ok := e.integer("DATABASE_POOL_SIZE", -most, most, "the default of 5 with 10 more is used"); ok {
		p.Size, p.MaxOverflow = int(size), 0
		if size < 0 {
			e.warn("DATABASE_POOL_SIZE", "it is negative and taken as 0, as in Open WebUI: no connection is kept")
			p.Size = 0
		}
	}
	if n, ok := e.integer("DATABASE_POOL_MAX_OVERFLOW", -1, most, "the default is used"); ok {
		p.MaxOverflow = int(n)
	}
	if p.Size == 0 {
		p.MaxOverflow = -1 // NullPool has no limit, whatever the overflow says
	}
	if n, ok := e.integer("DATABASE_POOL_TIMEOUT", 1, maxSeconds, "the default of 30 seconds is used"); ok {
		p.Timeout = time.Duration(n) * time.Second
	}
	if n, ok := e.integer("DATABASE_POOL_RECYCLE", -1, maxSeconds, "the default of 3600 seconds is used"); ok {
		p.Recycle = time.Duration(max(n, 0)) * time.Second
		if n == 0 {
			e.warn("DATABASE_POOL_RECYCLE", "0 is taken as -1: connections are not replaced for their age")
		}
	}
	return p
}

// integer reads a number. A bad one is a warning that says what is used instead.
func (e *environment) integer(name string, low, high int64, instead string) (int64, bool) {
	v := strings.TrimSpace(e.get(name))
	if v == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < low || n > high {
		_, mustBe := readInt("", low, high)
		e.warn(name, "it must be "+mustBe+"; "+instead)
		return 0, false
	}
	return n, true
}

func (e *environment) sqlite() (SQLiteSettings, error) {
	s := DefaultSQLite()
	if v, ok := e.lookup("DATABASE_ENABLE_SQLITE_WAL"); ok {
		v = strings.ToLower(strings.TrimSpace(v))
		s.WAL = v == "true"
		if v != "true" && v != "false" {
			e.warn("DATABASE_ENABLE_SQLITE_WAL", "it is not true and so means false, as in Open WebUI: journal_mode is DELETE")
		}
	}
	for _, p := range pragmas {
		v, ok := e.lookup(p.variable())
		if !ok {
			continue
		}
		if mustBe := p.set(&s, strings.TrimSpace(v)); mustBe != "" {
			return SQLiteSettings{}, variableError(p.variable(), "it must be "+mustBe)
		}
	}
	return s, nil
}
