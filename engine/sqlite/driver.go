package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/prepared"
)

// Driver opens SQLite databases.
type Driver struct {
	Settings dburl.SQLiteSettings // of every connection; the zero value is dburl.DefaultSQLite
}

// Tuned is the driver with other settings.
func (d Driver) Tuned(s dburl.SQLiteSettings) driver.Driver {
	d.Settings = s
	return d
}

// statementsKept is how many prepared statements a connection keeps.
const statementsKept = 256

// leastBusyTimeout is used where nothing is set: without a timeout SQLite
// fails at once when another process has the lock.
const leastBusyTimeout = 5 * time.Second

// scalarFunction is an SQL function written in Go, for every connection. The
// same arguments give the same result. args is how many it takes, -1 for any.
type scalarFunction struct {
	name string
	args int32
	call func(args []sqldriver.Value) (sqldriver.Value, error)
}

// Backends is "sqlite".
func (Driver) Backends() []string { return []string{dburl.SQLite} }

// Dialect is the dialect of the SQLite that is linked in.
func (Driver) Dialect(*dburl.URL) (driver.Dialect, error) { return NewDialect(libraryVersion()), nil }

// Open opens the file that u names, or a database in memory.
func (d Driver) Open(ctx context.Context, u *dburl.URL, o driver.OpenOptions) (*driver.Database, error) {
	t, err := u.SQLite()
	if err != nil {
		return nil, err
	}
	pragmas, err := connectionPragmas(d.Settings.OrDefault(), t)
	if err != nil {
		return nil, err
	}
	db := &driver.Database{Classifier: classifier{}, Inspector: NewInspector(), DDL: NewDDL(),
		Dialect: NewDialect(libraryVersion()), Version: "SQLite " + libraryVersion(), State: state}
	if t.Memory {
		if o.ReadOnly {
			return nil, &dberr.Error{Op: "connect", Code: dberr.NotFound, Engine: "sqlite", Unsent: true,
				Msg: "a database in memory has nothing to read when it is opened"}
		}
		return openMemory(ctx, db, t, pragmas)
	}
	t.ReadOnly = t.ReadOnly || o.ReadOnly
	if err := checkPath(t); err != nil {
		return nil, err
	}
	t.Path, err = filepath.Abs(t.Path) // a later change of the working directory must not lead elsewhere
	if err != nil {
		return nil, &dberr.Error{Op: "connect", Code: dberr.Invalid, Engine: "sqlite",
			Msg: "the path of the database file cannot be made absolute", Err: err}
	}
	return d.openFile(ctx, db, t, pragmas, o)
}

// connectionPragmas are what every connection runs first.
func connectionPragmas(s dburl.SQLiteSettings, t dburl.SQLiteTarget) ([]string, error) {
	if t.Timeout != nil {
		s.BusyTimeout = t.Timeout
	}
	if s.BusyTimeout == nil {
		s.BusyTimeout = new(leastBusyTimeout)
	}
	list, err := s.Pragmas()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range list {
		out = append(out, "PRAGMA "+p.Name+" = "+p.Value)
	}
	return append(out, "PRAGMA foreign_keys = ON"), nil
}

// checkPath finds what SQLite would only call "unable to open database file".
func checkPath(t dburl.SQLiteTarget) error {
	fail := func(code dberr.Code, msg string, err error) error {
		return &dberr.Error{Op: "connect", Code: code, Engine: "sqlite", Msg: msg, Unsent: true, Err: err}
	}
	info, err := os.Stat(t.Path)
	switch {
	case err == nil && info.IsDir():
		return fail(dberr.Invalid, t.Path+" is a directory; the URL must name the database file in it", nil)
	case err == nil && !info.Mode().IsRegular():
		return fail(dberr.Invalid, t.Path+" is not a regular file", nil)
	case err == nil:
		if t.ReadOnly || t.Immutable {
			if err := accessible(t.Path, false); err != nil {
				return fail(dberr.Invalid, "the database file "+t.Path+" cannot be read; check its permissions", err)
			}
			return nil
		}
		if err := accessible(t.Path, true); err != nil {
			return fail(dberr.ReadOnly,
				"the database file "+t.Path+
					" cannot be written; give this user write permission to it and its directory, or open it to read with sqlite:///file:PATH?mode=ro&uri=true", err)
		}
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return fail(dberr.Invalid,
			"the database file "+t.Path+" cannot be reached; check the permissions of its directories", err)
	}
	dir := filepath.Dir(t.Path)
	if d, derr := os.Stat(dir); derr != nil || !d.IsDir() {
		return fail(dberr.NotFound, "the directory "+dir+" for the database file does not exist; make it first", err)
	}
	if t.ReadOnly || t.MustExist || t.Immutable {
		return fail(dberr.NotFound, "the database file "+t.Path+" does not exist", err)
	}
	return nil
}

// makeFile makes a database that is not there, for nobody else to read: SQLite
// would make one for everybody, as far as the umask lets it, and gives the files
// beside a database the mode that the database has.
func makeFile(path string) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return // it is there; or SQLite says better what is wrong
	}
	_ = f.Close() // nothing was written
}

func (d Driver) openFile(ctx context.Context, db *driver.Database, t dburl.SQLiteTarget, pragmas []string,
	o driver.OpenOptions) (*driver.Database, error) {
	db.Locker, db.LockWaits = fileLocker{path: t.Path}, lockWaits{path: t.Path}
	if kind := networkFileSystem(filepath.Dir(t.Path)); kind != "" {
		db.Warnings = append(db.Warnings, "the database file "+t.Path+" is on a network file system ("+kind+
			"), where SQLite's locks are not reliable and two processes can damage the file; move it to a local disk, or use a database server")
	}
	pool := o.Pool.OrDefault()
	read := &connector{native: nativeDriver(), dsn: t.URI(strictQuotes()), path: t.Path, pragmas: pragmas, queryOnly: true}
	write := &connector{native: read.native, dsn: read.dsn, path: t.Path, pragmas: pragmas}
	if t.ReadOnly || t.Immutable {
		db.State = func(context.Context, driver.DBTX) (driver.State, error) { return driver.State{ReadOnly: true}, nil }
		db.Reader = openReaders(read, pool)
		db.Writer = db.Reader
		db.Cleanup = tidy(t, read.native)
	} else {
		// Connections that are open may still write when others no longer can.
		db.State = func(context.Context, driver.DBTX) (driver.State, error) {
			err := accessible(t.Path, true)
			return driver.State{ReadOnly: errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)}, nil
		}
		db.Writer = sql.OpenDB(write)
		db.Writer.SetMaxOpenConns(1)
		db.Writer.SetMaxIdleConns(1)
		makeFile(t.Path)
		if err := prepareFile(ctx, db, t, d.Settings.OrDefault()); err != nil {
			db.Writer.Close()
			return nil, err
		}
		db.Reader = openReaders(read, pool)
	}
	db.Snapshotter = snapshotter{t.Path, db.Reader}
	// The file is read once, so that one that is no database is an error now.
	loose, err := needsLooseQuotes(ctx, db.Reader)
	if err != nil {
		err = openError(t.Path, err)
		db.Reader.Close()
		db.Writer.Close()
		return nil, err
	}
	if loose {
		read.dsn = t.URI(url.Values{})
		write.dsn = read.dsn
		db.Writer.SetMaxIdleConns(0) // what is open was opened in the other way
		db.Writer.SetMaxIdleConns(1)
		db.Reader.SetMaxIdleConns(0)
		db.Reader.SetMaxIdleConns(pool.MaxIdle())
	}
	return db, nil
}

// tidy returns what takes away the empty files beside the database that
// reading it has made. A connection that may not write leaves them behind; one
// that may, and finds itself the last one, removes them, and has nothing to
// bring into the database when the log is empty.
func tidy(t dburl.SQLiteTarget, native driverOfConn) func() error {
	wal := t.Path + "-wal"
	if _, err := os.Lstat(wal); t.Immutable || !errors.Is(err, fs.ErrNotExist) {
		return nil // somebody else's
	}
	return func() error {
		if info, err := os.Lstat(wal); err == nil && info.Size() == 0 {
			rw := t
			rw.ReadOnly, rw.MustExist = false, true
			if c, err := openNative(native, rw.URI(strictQuotes())); err == nil {
				last := &conn{nativeConn: c, cache: prepared.New(0)}
				_ = last.look(context.Background()) // a file that cannot be written keeps them: they do no harm
				_ = last.Close()
			}
		}
		return nil
	}
}

func openReaders(c *connector, pool dburl.PoolSettings) *sql.DB {
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(pool.MaxOpen())
	db.SetMaxIdleConns(pool.MaxIdle())
	db.SetConnMaxLifetime(pool.Recycle)
	return db
}

// prepareFile brings the file into the journal mode that was asked for, and
// finds out whether it can be written. Another process may be doing the same:
// the change of mode needs the file for itself and does not wait.
func prepareFile(ctx context.Context, db *driver.Database, t dburl.SQLiteTarget, s dburl.SQLiteSettings) error {
	wait := leastBusyTimeout
	if s.BusyTimeout != nil {
		wait = max(wait, *s.BusyTimeout)
	}
	var mode string
	err := insist(ctx, wait, func() error {
		var now string
		if err := db.Writer.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&now); err != nil {
			return err
		}
		if mode = strings.ToUpper(now); mode == s.JournalMode() {
			return nil
		}
		return db.Writer.QueryRowContext(ctx, "PRAGMA journal_mode = "+s.JournalMode()).Scan(&mode)
	})
	if err != nil && !busy(err) {
		return openError(t.Path, err)
	}
	if mode = strings.ToUpper(mode); err != nil || mode != s.JournalMode() {
		db.Warnings = append(db.Warnings, "the database file "+t.Path+" stays in journal mode "+mode+
			" because it is in use or cannot have "+s.JournalMode()+"; readers and writers may wait for each other")
	}
	err = insist(ctx, wait, func() error {
		tx, err := db.Writer.BeginTx(ctx, nil)
		if err != nil {
			return openError(t.Path, err)
		}
		return tx.Rollback()
	})
	if busy(err) {
		return nil // somebody writes to it, so that it can be written
	}
	return err
}

// insist runs f again while it fails because the file is in use.
func insist(ctx context.Context, wait time.Duration, f func() error) error {
	deadline := time.Now().Add(wait)
	for {
		err := f()
		if err == nil || !busy(err) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func busy(err error) bool {
	code, _, ok := nativeError(err)
	return ok && (code&0xff == codeBusy || code&0xff == codeLocked)
}

// openError says what is wrong with a file.
func openError(path string, err error) error {
	var known *dberr.Error
	if errors.As(err, &known) {
		return known
	}
	f := classifier{}.Classify(err)
	e := &dberr.Error{Op: "connect", Code: f.Code, Engine: "sqlite", Native: f.Native, Msg: f.Detail,
		Unsent: true, Err: err}
	code, _, _ := nativeError(err)
	switch code & 0xff {
	case codeNotADB:
		e.Code, e.Msg = dberr.Invalid,
			"the file "+path+" is not a SQLite database, or is encrypted; one of SQLCipher is made a plain file by its function sqlcipher_export"
	case codeCorrupt:
		e.Code, e.Msg = dberr.Internal, "the database file "+path+" is damaged; restore it from a backup"
	case codeReadOnly:
		e.Code, e.Msg = dberr.ReadOnly,
			"the database file "+path+" cannot be written; check the permissions of the file and of its directory"
	case codeCantOpen:
		e.Code, e.Msg = dberr.Invalid,
			"the database file "+path+" cannot be opened; check the permissions of the file and of its directory"
	}
	return e
}

// openMemory opens a database in memory. It has a name that only this engine
// knows, and one connection beside the pool holds it while the pool replaces
// its own.
func openMemory(ctx context.Context, db *driver.Database, t dburl.SQLiteTarget,
	pragmas []string) (*driver.Database, error) {
	name := "larder-" + rand.Text()
	if t.Name != "" {
		name = strings.TrimLeft(t.Name, "/")
	}
	params := strictQuotes()
	params.Set("vfs", "memdb")
	c := &connector{native: nativeDriver(), dsn: dburl.SQLiteTarget{Path: "/" + name}.URI(params), path: "in memory",
		pragmas: pragmas}
	anchor, err := c.Connect(ctx)
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(c)
	pool.SetMaxOpenConns(1)
	pool.SetMaxIdleConns(1)
	db.Writer, db.Reader, db.Cleanup = pool, pool, anchor.Close
	db.Locker = newMemoryLocker()
	if err := pool.PingContext(ctx); err != nil {
		pool.Close()
		anchor.Close()
		return nil, openError(c.path, err)
	}
	return db, nil
}

// state of a database that was opened for writing: that it can be written was
// found out when it was opened.
func state(context.Context, driver.DBTX) (driver.State, error) { return driver.State{}, nil }

// connector opens connections with their settings.
type connector struct {
	native    driverOfConn
	dsn       string
	path      string
	pragmas   []string
	queryOnly bool
}

func (c *connector) Driver() sqldriver.Driver { return c.native }

func (c *connector) Connect(ctx context.Context) (sqldriver.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	native, err := openNative(c.native, c.dsn)
	if err != nil {
		return nil, openError(c.path, err)
	}
	out := &conn{nativeConn: native, cache: prepared.New(statementsKept), queryOnly: c.queryOnly}
	for _, p := range c.pragmas {
		if _, err := native.ExecContext(ctx, p, nil); err != nil {
			native.Close()
			return nil, openError(c.path, err)
		}
	}
	if c.queryOnly {
		if _, err := native.ExecContext(ctx, "PRAGMA query_only = ON", nil); err != nil {
			native.Close()
			return nil, openError(c.path, err)
		}
	}
	return out, nil
}

// conn is a connection that keeps prepared statements and begins transactions
// in the way that suits them.
type conn struct {
	nativeConn
	cache     *prepared.Cache
	queryOnly bool // for good
	guarded   bool // query_only is on for a read transaction
	broken    bool
}

// Unwrap gives the driver's own connection, for what only it can do.
func (c *conn) Unwrap() sqldriver.Conn { return c.nativeConn }

// ExecContext looks at the schema before it changes it. SQLite compiles a
// change by what the connection remembers of the schema, and finds out that
// another connection changed that only when it runs: a column that was dropped
// elsewhere "exists already". Other statements are compiled again by then.
func (c *conn) ExecContext(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Result, error) {
	if len(args) == 0 && changesSchema(query) {
		if err := c.look(ctx); err != nil {
			return nil, err
		}
	}
	return c.cache.Exec(ctx, c.nativeConn, query, args)
}

func (c *conn) QueryContext(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Rows, error) {
	return c.cache.Query(ctx, c.nativeConn, query, args)
}

// CheckNamedValue spells times as the dialect does.
func (c *conn) CheckNamedValue(v *sqldriver.NamedValue) error {
	switch x := v.Value.(type) {
	case nil, string, int64, float64, bool, []byte:
		return nil
	case time.Time:
		v.Value = boundTime(x)
		return nil
	}
	return sqldriver.ErrSkip
}

func (c *conn) Close() error {
	c.cache.Close()
	return c.nativeConn.Close()
}

// BeginTx begins a transaction. SQLite's one level is serializable, which is
// what every other level may be replaced by.
func (c *conn) BeginTx(ctx context.Context, o sqldriver.TxOptions) (sqldriver.Tx, error) {
	begin := "BEGIN IMMEDIATE"
	if o.ReadOnly {
		begin = "BEGIN"
		if !c.queryOnly {
			if err := c.run(ctx, "PRAGMA query_only = ON"); err != nil {
				return nil, err
			}
			c.guarded = true
		}
	}
	if err := c.run(ctx, begin); err != nil {
		c.unguard()
		return nil, err
	}
	if o.ReadOnly {
		// BEGIN alone takes no snapshot; the first read would, later.
		if err := c.look(ctx); err != nil {
			return nil, errors.Join(err, tx{c}.Rollback())
		}
	}
	return tx{c}, nil
}

// changesSchema reports whether the text begins with the verb of a change.
func changesSchema(text string) bool {
	verb, _, _ := strings.Cut(strings.TrimLeft(text, " \t\r\n"), " ")
	return strings.EqualFold(verb, "ALTER") || strings.EqualFold(verb, "CREATE") || strings.EqualFold(verb, "DROP")
}

func (c *conn) run(ctx context.Context, text string) error {
	_, err := c.cache.Exec(ctx, c.nativeConn, text, nil)
	return err
}

// look reads something, to the end.
func (c *conn) look(ctx context.Context) error {
	rows, err := c.cache.Query(ctx, c.nativeConn, "SELECT count(*) FROM (SELECT 1 FROM sqlite_schema LIMIT 1)", nil)
	if err != nil {
		return err
	}
	err = rows.Next(make([]sqldriver.Value, 1))
	return errors.Join(err, rows.Close())
}

func (c *conn) unguard() {
	if c.guarded {
		c.guarded = false
		if err := c.run(context.Background(), "PRAGMA query_only = OFF"); err != nil {
			c.broken = true
		}
	}
}

// IsValid tells the pool whether to keep the connection.
func (c *conn) IsValid() bool { return !c.broken && valid(c.nativeConn) }

// ResetSession tells the pool whether the connection can be used again.
func (c *conn) ResetSession(context.Context) error {
	if !c.IsValid() {
		return sqldriver.ErrBadConn
	}
	return nil
}

type tx struct{ c *conn }

// Commit waits for locks no longer than the busy timeout, so it needs no context.
func (t tx) Commit() error {
	err := t.c.run(context.Background(), "COMMIT")
	if err != nil {
		// A transaction whose COMMIT failed may still be open.
		_ = t.c.run(context.Background(), "ROLLBACK")
	}
	t.c.unguard()
	return err
}

// Rollback leaves the connection without a transaction. SQLite may have rolled
// back by itself already, which it then calls an error.
func (t tx) Rollback() error {
	err := t.c.run(context.Background(), "ROLLBACK")
	if code, _, ok := nativeError(err); ok && code == codeError {
		err = nil
	}
	t.c.unguard()
	return err
}

// Interfaces that database/sql looks for.
var (
	_ sqldriver.Connector       = (*connector)(nil)
	_ sqldriver.ConnBeginTx     = (*conn)(nil)
	_ sqldriver.QueryerContext  = (*conn)(nil)
	_ sqldriver.ExecerContext   = (*conn)(nil)
	_ sqldriver.SessionResetter = (*conn)(nil)
	_ sqldriver.Validator       = (*conn)(nil)
)
