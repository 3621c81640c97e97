package dburl

import (
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/larder-db/larder/dberr"
)

// SQLiteTarget is what a sqlite URL asks for.
type SQLiteTarget struct {
	Path   string // of the file, as the operating system takes it, relative to the working directory unless absolute; "" in memory
	Memory bool   // the database lives in memory
	Name   string // of a database in memory that was given one (file:NAME?mode=memory)

	ReadOnly  bool           // mode=ro: writes are refused and no file is created
	MustExist bool           // mode=rw: no file is created
	Cache     string         // "shared" or "private", "" when not given
	Immutable bool           // nobody changes the file; it is read without locks
	NoLock    bool           // the file is used without locks
	VFS       string         // the VFS to use, "" for the default
	Timeout   *time.Duration // how long to wait for a lock; nil when the URL does not say
	uri       bool
}

// sqliteArguments. Those after uri are parameters of SQLite's URI filenames, and
// SQLAlchemy, too, passes them on only with uri=true; without it, it ignores
// them, and mode=ro would write.
var sqliteArguments = map[string]argument[SQLiteTarget]{
	"uri": {set: func(t *SQLiteTarget, v string) (m string) { t.uri, m = readBool(v); return }},
	"timeout": {set: func(t *SQLiteTarget, v string) string {
		d, m := readDecimalSeconds(v)
		t.Timeout = &d
		return m
	}},
	"check_same_thread": {set: func(_ *SQLiteTarget, v string) (m string) { _, m = readBool(v); return }}, // any goroutine may use a connection
	"cached_statements": {set: func(_ *SQLiteTarget, v string) (m string) { _, m = readInt(v, 0, 1<<31-1); return }},
	"mode": {set: func(t *SQLiteTarget, v string) string {
		v, m := oneOf("ro", "rw", "rwc", "memory")(v)
		t.ReadOnly, t.MustExist, t.Memory = v == "ro", v == "rw", v == "memory"
		return m
	}},
	"cache":     {set: func(t *SQLiteTarget, v string) (m string) { t.Cache, m = oneOf("shared", "private")(v); return }},
	"immutable": {set: func(t *SQLiteTarget, v string) (m string) { t.Immutable, m = readBool(v); return }},
	"nolock":    {set: func(t *SQLiteTarget, v string) (m string) { t.NoLock, m = readBool(v); return }},
	"vfs":       {set: func(t *SQLiteTarget, v string) string { t.VFS = v; return "" }},
}

// sqliteRefused are arguments that are known and not taken, and why.
var sqliteRefused = map[string]string{
	"isolation_level": "transactions are begun by Larder, at SQLite's one level, serializable; leave it out",
	"detect_types":    pythonOnly,
	"factory":         pythonOnly,
	"autocommit":      pythonOnly,
	"kdf_iter":        noCipher,
	"cipher":          noCipher,
	"_pragma":         goPragma,
	"_txlock":         goPragma,
	"_busy_timeout":   goPragma,
	"_journal_mode":   goPragma,
	"_foreign_keys":   goPragma,
	"_fk":             goPragma,
	"_loc":            goPragma,
}

const (
	noCipher = "SQLCipher files are not supported: neither Larder nor Open WebUI 0.12 can open one; decrypt it into a plain file with sqlcipher_export and use sqlite:///PATH"
	goPragma = "it is a parameter of a Go SQLite driver; Larder sets pragmas itself, from the DATABASE_SQLITE_* variables; leave it out"

	sqliteForms = "a SQLite URL has no host, port, user or password: write sqlite:///relative/path.db, sqlite:////absolute/path.db, or sqlite:// for a database in memory"
)

var uriOnly = []string{"mode", "cache", "immutable", "nolock", "vfs"}

// SQLite gives the meaning of a sqlite URL, or says what is wrong with it.
// Without a path the database is in memory. The path is taken as it is written,
// with all its % and #. Arguments are timeout (seconds to wait for a lock),
// check_same_thread and cached_statements, which change nothing, and, with
// uri=true and a path that begins with file:, those of SQLite's URI filenames:
// mode, cache, immutable, nolock and vfs.
func (u *URL) SQLite() (SQLiteTarget, error) {
	var t SQLiteTarget
	if u.Backend != SQLite {
		return t, invalid("this is a " + u.Backend + " URL, not a sqlite URL")
	}
	for _, d := range cipherDrivers {
		if u.Driver == d {
			return t, dberr.New(dberr.Unsupported, op, noCipher)
		}
	}
	if u.HasUser() || u.Host != "" || u.HasPort() {
		return t, invalid(sqliteForms)
	}
	if strings.IndexByte(u.Database, 0) >= 0 {
		return t, invalid("the path of the file holds a NUL character")
	}
	if err := readArguments(u, sqliteArguments, sqliteRefused, &t); err != nil {
		return SQLiteTarget{}, err
	}
	var err error
	switch {
	case t.uri:
		err = t.setURI(u.Database)
	case strings.HasPrefix(u.Database, "file:"):
		err = invalid("a path that begins with file: needs the argument uri=true; without it, leave out file:")
	default:
		t.Path = u.Database
		t.Memory = t.Path == "" || t.Path == ":memory:"
		for _, name := range uriOnly {
			if u.Query.Has(name) {
				err = invalid("the argument " + name + " needs uri=true and a path that begins with file: (sqlite:///file:PATH?" +
					name + "=...&uri=true)")
			}
		}
	}
	if err != nil {
		return SQLiteTarget{}, err
	}
	if t.Memory {
		t.Path = ""
	}
	return t, nil
}

// setURI reads a URI filename as SQLite does: an authority that is empty or
// localhost, a percent-encoded path, a fragment that does not count.
func (t *SQLiteTarget) setURI(database string) error {
	rest, ok := strings.CutPrefix(database, "file:")
	if !ok {
		return invalid("with uri=true the path must begin with file:")
	}
	rest, _, _ = strings.Cut(rest, "#")
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		slash := strings.IndexByte(after, '/')
		if slash < 0 || after[:slash] != "" && after[:slash] != "localhost" {
			return invalid("a file: path has no host: write file:relative/path or file:///absolute/path")
		}
		rest = after[slash:]
	}
	path, err := url.PathUnescape(rest)
	if err != nil || strings.IndexByte(path, 0) >= 0 {
		return invalid("the path after file: is not percent-encoded correctly; write a % as %25")
	}
	switch {
	case t.Memory:
		t.Name = path
	case path == ":memory:":
		t.Memory = true
	case path == "":
		return invalid("the path after file: is empty; for a database in memory write sqlite://")
	default:
		t.Path = nativePath(path, runtime.GOOS == "windows")
	}
	return nil
}

// nativePath is the path of a file: URI for the operating system.
func nativePath(path string, windows bool) string {
	if windows && len(path) > 2 && path[0] == '/' && path[2] == ':' {
		path = path[1:]
	}
	if windows {
		path = strings.ReplaceAll(path, "/", `\`)
	}
	return path
}

// URI is the target as a URI filename for a driver: the encoded path and the
// parameters of the target, then extra, sorted by name. A database in memory
// without a Name is ":memory:", private to a connection.
func (t SQLiteTarget) URI(extra url.Values) string {
	var b strings.Builder
	params := url.Values{}
	for k, v := range extra {
		params[k] = v
	}
	set := func(name, value string, on bool) {
		if on {
			params.Set(name, value)
		}
	}
	switch {
	case t.Memory && t.Name == "":
		b.WriteString("file::memory:")
	case t.Memory:
		b.WriteString("file:" + quote(t.Name, "/:"))
	default:
		b.WriteString(fileURI(t.Path, runtime.GOOS == "windows"))
	}
	set("mode", "memory", t.Memory && t.Name != "")
	set("mode", "ro", t.ReadOnly)
	set("mode", "rw", t.MustExist)
	set("cache", t.Cache, t.Cache != "")
	set("immutable", "1", t.Immutable)
	set("nolock", "1", t.NoLock)
	set("vfs", t.VFS, t.VFS != "")
	names := sortedKeys(params)
	sep := byte('?')
	for _, name := range names {
		for _, v := range params[name] {
			b.WriteByte(sep)
			b.WriteString(quote(name, "") + "=" + quote(v, "")) // SQLite does not read + as a space
			sep = '&'
		}
	}
	return b.String()
}

func fileURI(path string, windows bool) string {
	if windows {
		path = strings.ReplaceAll(path, `\`, "/")
		if len(path) > 1 && path[1] == ':' {
			path = "/" + path
		}
	}
	if strings.HasPrefix(path, "/") {
		return "file://" + quote(path, "/:")
	}
	return "file:" + quote(path, "/:")
}

// Dir is the directory of the file, "" in memory.
func (t SQLiteTarget) Dir() string {
	if t.Memory {
		return ""
	}
	return filepath.Dir(t.Path)
}
