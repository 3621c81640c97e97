package engine

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// Engine is an open database. It is safe for concurrent use.
type Engine struct {
	url    *dburl.URL
	db     *driver.Database
	writer *pool
	reader *pool // writer itself where one pool serves both
	hooks  atomic.Pointer[[]Hook]
	log    *slog.Logger
	retry  RetryPolicy

	callTimeout   time.Duration
	commitTimeout time.Duration
	schema        string
	readOnly      bool // Options.ReadOnly
	ddlCommits    bool // a schema statement ends the transaction that it is in

	retries atomic.Int64
	written atomic.Int64 // writes that have, or may have, taken effect
	closed  atomic.Bool
	open    *openRows // nil unless rows are tracked
}

// Open opens the database that url names. It asks the server what it is, so a
// server that cannot be reached, a database that does not exist, or a user
// that is not let in is an error now; see dberr.Unavailable, dberr.NotFound
// and dberr.Invalid. A SQLite file that does not exist is made, unless the URL
// says otherwise; its directory is not.
func Open(ctx context.Context, url string, o Options) (*Engine, error) {
	u, err := dburl.ParseFor(url, backends(o.Drivers)...)
	if err != nil {
		return nil, err
	}
	return OpenURL(ctx, u, o)
}

// OpenURL is [Open] with a parsed URL, and its errors but for those of the text.
func OpenURL(ctx context.Context, u *dburl.URL, o Options) (*Engine, error) {
	d, err := driverFor(u, o.Drivers)
	if err != nil {
		return nil, err
	}
	var pool dburl.PoolSettings
	if o.Pool != nil {
		pool = *o.Pool
	}
	pool = pool.OrDefault()
	if file, ok := d.(driver.Tunable); ok && o.SQLite != nil {
		d = file.Tuned(*o.SQLite)
	}
	age := max(o.PingAge, 0)
	if o.PingAge == 0 {
		age = defaultPingAge
	}
	db, err := d.Open(ctx, u, driver.OpenOptions{Schema: o.Schema, LookFor: o.LookFor, Pool: pool, PingAge: age,
		PreparedStatements: o.PreparedStatements, Password: o.Password, ReadOnly: o.ReadOnly, Watched: o.watch})
	if err != nil {
		return nil, openError(u, err)
	}
	e := &Engine{url: u, db: db, log: o.Logger, retry: o.Retry.withDefaults(len(u.Hosts()) > 1 || db.TakesOver), callTimeout: o.CallTimeout,
		commitTimeout: o.CommitTimeout, schema: o.Schema, readOnly: o.ReadOnly, ddlCommits: !db.Dialect.Has(schema.TransactionalDDL)}
	e.hooks.Store(&o.Hooks)
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.commitTimeout <= 0 {
		e.commitTimeout = 30 * time.Second
	}
	if o.TrackRows {
		e.open = &openRows{m: make(map[*Rows]string)}
	}
	if db.Reader == db.Writer {
		e.writer = newPool("pool", db.Writer, pool.Size, pool.Timeout)
		e.reader = e.writer
	} else {
		e.writer = newPool("writer", db.Writer, pool.Size, pool.Timeout)
		e.reader = newPool("reader", db.Reader, pool.Size, pool.Timeout)
	}
	for _, w := range db.Warnings {
		e.log.WarnContext(ctx, w, "engine", db.Dialect.Engine(), "url", u.String())
	}
	return e, nil
}

// openError is what a driver's Open returned; of the errors of others it knows
// those of the context.
func openError(u *dburl.URL, err error) error {
	var known *dberr.Error
	if errors.As(err, &known) {
		return dberr.WithOp(err, "open")
	}
	e := &dberr.Error{Op: "open", Code: dberr.Internal, Engine: u.Backend, Unsent: true, Err: err,
		Msg: "the database could not be opened"}
	switch {
	case errors.Is(err, context.Canceled):
		e.Code, e.Msg = dberr.Canceled, ""
	case errors.Is(err, context.DeadlineExceeded):
		e.Code, e.Msg = dberr.Timeout, "the database did not answer before the deadline"
	}
	return e
}

const defaultPingAge = time.Second

// backends lists what the drivers serve.
func backends(drivers []driver.Driver) []string {
	var out []string
	for _, d := range drivers {
		out = append(out, d.Backends()...)
	}
	return out
}

func driverFor(u *dburl.URL, drivers []driver.Driver) (driver.Driver, error) {
	for _, d := range drivers {
		if slices.Contains(d.Backends(), u.Backend) {
			return d, nil
		}
	}
	have := backends(drivers)
	if len(have) == 0 {
		return nil, dberr.New(dberr.Invalid, "open", "no database drivers were given; set Options.Drivers, for example to engines.All()")
	}
	return nil, dberr.New(dberr.Unsupported, "open", "this program has no driver for "+u.Backend+"; it has "+
		strings.Join(have, ", "))
}

// Close closes the pools. It waits for statements that run, and rows and
// transactions that are open lose their connection. It may be called twice.
func (e *Engine) Close() error {
	if e.closed.Swap(true) {
		return nil
	}
	var errs []error
	if e.reader != e.writer {
		errs = append(errs, e.reader.db.Close())
	}
	errs = append(errs, e.writer.db.Close())
	if e.db.Cleanup != nil {
		errs = append(errs, e.db.Cleanup())
	}
	if err := errors.Join(errs...); err != nil {
		return &dberr.Error{Op: "close", Code: dberr.Internal, Engine: e.db.Dialect.Engine(), Err: err}
	}
	return nil
}

// Dialect is what statements for this engine are written in.
func (e *Engine) Dialect() driver.Dialect { return e.db.Dialect }

// URL is the address the engine was opened with. It prints without its password.
func (e *Engine) URL() *dburl.URL { return e.url }

// Version is what the server calls itself: "PostgreSQL 15.20".
func (e *Engine) Version() string { return e.db.Version }

// Warnings are sentences for the operator about the set-up that was found: a
// network file system, a small packet limit. They have been logged. Mostly there
// are none.
func (e *Engine) Warnings() []string { return slices.Clone(e.db.Warnings) }

// DDL writes schema statements for this engine.
func (e *Engine) DDL() driver.DDL { return e.db.DDL }

// Schema is the schema that was asked for in Options; empty for the default.
func (e *Engine) Schema() string { return e.schema }

// Inspect reads the tables of the database as they are, in order of name: those of
// o.Schema, or of the one in which the engine creates tables. Views are none. A
// database without tables has none, which is no error.
func (e *Engine) Inspect(ctx context.Context, o driver.InspectOptions) ([]*schema.Table, error) {
	if o.Schema == "" {
		o.Schema = e.schema
	}
	var tables []*schema.Table
	err := e.OnReader(ctx, func(ctx context.Context, conn *sql.Conn) error {
		var err error
		tables, err = e.db.Inspector.Inspect(ctx, conn, o)
		return err
	})
	return tables, err
}

// Printed is a table in normal form as the server would print its defaults and
// expressions; nil where the normal form has them so already. It is an error
// where the server cannot be asked: to a user who may make no temporary table.
func (e *Engine) Printed(ctx context.Context, t *schema.Table) (*schema.Table, error) {
	if e.db.Printed == nil {
		return nil, nil
	}
	var printed *schema.Table
	err := e.OnWriter(ctx, func(ctx context.Context, conn *sql.Conn) error {
		var err error
		printed, err = e.db.Printed(ctx, conn, t)
		return err
	})
	return printed, err
}

// Elsewhere finds tables of these names in schemas of the database other than
// the one in which tables are created, as far as the user may use them: a
// program that finds no table of its own can see that it looks in the wrong
// place. There are none on engines without schemas, and where no table is found,
// which is no error.
func (e *Engine) Elsewhere(ctx context.Context, names ...string) ([]driver.Place, error) {
	if e.db.Elsewhere == nil {
		return nil, nil
	}
	var places []driver.Place
	err := e.OnReader(ctx, func(ctx context.Context, conn *sql.Conn) error {
		var err error
		places, err = e.db.Elsewhere(ctx, conn, names)
		return err
	})
	return places, err
}

// OnWriter runs fn with one connection that may write, outside of any
// transaction. It is for what has to happen on one connection: settings,
// temporary tables, the engine's own bulk formats. Errors of fn are classified.
// The connection goes back to the pool as fn leaves it.
func (e *Engine) OnWriter(ctx context.Context, fn func(ctx context.Context, conn *sql.Conn) error) error {
	return e.onConn(ctx, e.writer, fn)
}

// OnReader is [Engine.OnWriter] with a connection that may refuse to write.
func (e *Engine) OnReader(ctx context.Context, fn func(ctx context.Context, conn *sql.Conn) error) error {
	return e.onConn(ctx, e.reader, fn)
}

func (e *Engine) onConn(ctx context.Context, p *pool, fn func(ctx context.Context, conn *sql.Conn) error) error {
	if err := p.acquire(ctx); err != nil {
		return e.fault(ctx, "connection", err)
	}
	defer p.release()
	conn, err := p.db.Conn(ctx)
	if err != nil {
		return e.fault(ctx, "connection", err)
	}
	defer conn.Close()
	err = fn(ctx, conn)
	if p == e.writer {
		e.written.Add(1)
	}
	if err != nil {
		return e.fault(ctx, "connection", err)
	}
	return nil
}

// Observe adds a hook until stop is called. Statements that are under way are
// not seen. It is for tests and for looking at a running program; hooks that
// are there from the start belong into Options.
func (e *Engine) Observe(h Hook) (stop func()) {
	e.editHooks(func(hooks []Hook) []Hook { return append(hooks, h) })
	var once sync.Once
	return func() {
		once.Do(func() {
			e.editHooks(func(hooks []Hook) []Hook {
				if i := slices.Index(hooks, h); i >= 0 {
					hooks = slices.Delete(hooks, i, i+1)
				}
				return hooks
			})
		})
	}
}

func (e *Engine) editHooks(edit func([]Hook) []Hook) {
	for {
		old := e.hooks.Load()
		changed := edit(slices.Clone(*old))
		if e.hooks.CompareAndSwap(old, &changed) {
			return
		}
	}
}

// openRows remembers where rows were opened that are not closed yet.
type openRows struct {
	mu sync.Mutex
	m  map[*Rows]string
}

// OpenRows lists the rows that are open, each with its statement and the place
// where it was opened. It is empty unless Options.TrackRows is set.
func (e *Engine) OpenRows() []string {
	if e.open == nil {
		return nil
	}
	e.open.mu.Lock()
	defer e.open.mu.Unlock()
	var out []string
	for _, s := range e.open.m {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

var _ io.Closer = (*Engine)(nil)
