package larder

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/health"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrations"
	"github.com/larder-db/larder/store"
)

// Mode says what is done with a database that is not at the head of its history.
type Mode string

// The modes. The zero value of Mode is MigrateAuto.
const (
	MigrateAuto  Mode = "auto"  // create or migrate it
	MigrateCheck Mode = "check" // an error that says what to do; also where tables differ from what they should be
	MigrateOff   Mode = "off"   // leave it alone, and wait until somebody else has migrated it
)

// Options say how a database is opened. The zero value is the default.
type Options struct {
	Migrate    Mode
	SameEmail  migrations.SameEmail // what becomes of users with one e-mail, which a migration does not allow
	NoSnapshot bool                 // do not copy a database file before it is migrated

	LockTimeout time.Duration // how long a change of the schema waits before it lets others through; 0 is as for package migrate
	LockLimit   time.Duration // how long it tries in all; 0 is as for package migrate

	// Wait is how long Open tries again while the database cannot be reached, is
	// locked, or has no connection free; 0 does not.
	Wait time.Duration

	// Engine says how the engine is opened. Without Drivers it has all of them.
	// With ReadOnly nothing is created or migrated: a database that is not at
	// the head is treated as by MigrateCheck.
	Engine engine.Options
	Store  store.Options

	// Replica, if not nil, is a server that follows the database and is read for
	// lists and searches, when it is not further behind than ReplicaLag; see
	// [engine.Replica]. It need not be there.
	Replica    *dburl.URL
	ReplicaLag time.Duration

	Events func(migrate.Event) // is told what a migration does; nil is nobody
	Logger *slog.Logger        // what happens, in few lines; nil discards it
	Build  string              // names the program, for the record of who applied a revision

	Wording Wording
}

// Wording is what the program that opens the database calls its own settings,
// for sentences that tell people what to do. An empty field has a default that
// names the fields of [Options].
type Wording struct {
	Mode      string // what has chosen Options.Migrate: "--migrate off"
	Auto      string // what migrates the database: "larder serve with --migrate auto"
	SameEmail string // how to go on where users share an e-mail: "run: ..."
	Schema    string // what chooses Options.Engine.Schema: "DATABASE_SCHEMA"
}

// Database is a Larder database, open or about to be. It is safe for
// concurrent use.
type Database struct {
	o    Options
	url  *dburl.URL
	log  *slog.Logger
	tell progress

	mu      sync.Mutex
	eng     *engine.Engine // open now: to look, to migrate, or to be used
	serving bool           // eng is the one that is used
	state   health.State   // why it is not ready; once it is used only when it is read-only
	store   *store.Store
	replica *engine.Replica // nil where there is none
	begun   time.Time       // when Open was called
	file    os.FileInfo     // of the database, where it is one file, as it was when it was opened for use
}

// Open opens the database that url names and returns when it can be used:
// created or migrated, where that has to be and Options allow it. With
// [MigrateOff] it waits for others to do so until ctx is done. A database
// that a newer Larder has migrated is opened read-only; see [Database.ReadOnly].
//
// Errors are those of [engine.Open]; dberr.SchemaMismatch where the database is
// not what it should be and nothing may be changed; a *migrate.PreflightError in the
// chain where the data do not allow an upgrade; and whatever ended a migration,
// which the next Open takes up.
func Open(ctx context.Context, url string, o Options) (*Database, error) {
	u, err := dburl.Parse(url)
	if err != nil {
		return nil, err
	}
	d := New(u, o)
	if err := d.Open(ctx); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// New returns a database that is not open yet. It touches nothing.
func New(u *dburl.URL, o Options) *Database {
	if o.Migrate == "" {
		o.Migrate = MigrateAuto
	}
	w := &o.Wording
	if w.Mode == "" {
		w.Mode = "Options.Migrate " + string(o.Migrate)
	}
	if o.Engine.ReadOnly && o.Migrate == MigrateAuto {
		o.Migrate, w.Mode = MigrateCheck, "Options.Engine.ReadOnly"
	}
	if w.Auto == "" {
		w.Auto = "open it with Options.Migrate auto"
	}
	if w.SameEmail == "" {
		w.SameEmail = "set Options.SameEmail to " + string(migrations.KeepNewestEmail) + " or " +
			string(migrations.RenameSameEmail)
	}
	if w.Schema == "" {
		w.Schema = "Options.Engine.Schema"
	}
	if o.Engine.Drivers == nil {
		o.Engine.Drivers = engines.All()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Engine.Logger == nil {
		o.Engine.Logger = o.Logger
	}
	d := &Database{o: o, url: u, log: o.Logger}
	d.tell = progress{log: d.log, say: d.say, more: o.Events}
	return d
}

// Engine is the engine of an open database; nil before Open has returned.
func (d *Database) Engine() *engine.Engine {
	if eng, serving, _ := d.now(); serving {
		return eng
	}
	return nil
}

// Store is the store of an open database; nil before Open has returned.
func (d *Database) Store() *store.Store {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.store
}

// ReadOnly says why an open database can only be read; empty where it can be
// written.
func (d *Database) ReadOnly() string {
	_, _, state := d.now()
	if !state.ReadOnly {
		return ""
	}
	return state.Reason
}

// URL is the address of the database. It prints without its password.
func (d *Database) URL() *dburl.URL { return d.url }

// Close closes the database. It may be called twice, and before Open.
func (d *Database) Close() {
	d.mu.Lock()
	eng, replica := d.eng, d.replica
	d.eng, d.serving, d.store, d.replica = nil, false, nil, nil
	d.mu.Unlock()
	if replica != nil {
		if err := replica.Close(); err != nil {
			d.log.Warn("closing the replica failed", "error", err)
		}
	}
	if eng == nil {
		return
	}
	if err := eng.Close(); err != nil {
		d.log.Warn("closing the database failed", "error", err)
	}
}

// purpose is what the database is opened for.
type purpose int

const (
	toLook purpose = iota
	toMigrate
	toServe
	toRead // serve, without changing anything
)

// openTimeout bounds how long it takes until a server answers.
const openTimeout = time.Minute

// connect opens the database; it takes the place of the one that was open.
func (d *Database) connect(ctx context.Context, why purpose) (*engine.Engine, error) {
	d.Close()
	o := d.o.Engine
	if o.LookFor == nil {
		o.LookFor = LookFor()
	}
	o.ReadOnly = o.ReadOnly || why == toLook || why == toRead
	switch why {
	case toLook:
		o.Logger = nil // what there is to say is said when it is opened for good
	case toMigrate:
		var s dburl.SQLiteSettings
		if o.SQLite != nil {
			s = *o.SQLite
		}
		o.SQLite = new(s.ForMigration())
	}
	eng, err := d.openEngine(ctx, o)
	for d.await(ctx, err) {
		eng, err = d.openEngine(ctx, o)
	}
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.eng = eng
	return eng, nil
}

func (d *Database) openEngine(ctx context.Context, o engine.Options) (*engine.Engine, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	return engine.OpenURL(ctx, d.url, o)
}

// await waits a moment after a failure that may be gone then, and reports
// whether it is time to try again.
func (d *Database) await(ctx context.Context, err error) bool {
	if !errors.Is(err, dberr.ErrUnavailable) && !errors.Is(err, dberr.ErrBusy) && !errors.Is(err, dberr.ErrTimeout) {
		return false
	}
	waited := time.Since(d.begun)
	if waited >= d.o.Wait || ctx.Err() != nil {
		return false
	}
	d.say(health.State{Reason: "The database cannot be reached yet; it is tried again. The server's log says why.",
		Passing: true})
	if d.tell.due() {
		d.log.Warn("waiting for the database", "waited", waited.Round(time.Second), "of", d.o.Wait, "error", err)
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(lookAgain / 2):
		return true
	}
}

// serve says that the engine that is open is the one to use. readOnly is why
// it can only be read; empty when it can be written.
func (d *Database) serve(eng *engine.Engine, readOnly string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	o := d.o.Store
	if d.o.Replica != nil {
		var err error
		if d.replica, err = engine.NewReplica(eng, d.o.Replica, d.o.Engine, d.o.ReplicaLag); err != nil {
			d.log.Warn("there is no replica", "error", err)
		} else {
			o.Replica = d.replica
		}
	}
	d.serving, d.store, d.file = true, store.New(eng, o), fileOf(eng)
	d.state = health.State{Revision: d.state.Revision, Reason: readOnly, ReadOnly: readOnly != ""}
}

// fileOf is the file of a database; nil where it has none.
func fileOf(eng *engine.Engine) os.FileInfo {
	if eng.File() == "" {
		return nil
	}
	info, err := os.Stat(eng.File())
	if err != nil {
		return nil
	}
	return info
}

// moved says that the file is not the one that was opened, whose writes go
// where nobody finds them; empty when it is.
func (d *Database) moved() string {
	d.mu.Lock()
	eng, was := d.eng, d.file
	d.mu.Unlock()
	if was == nil || eng == nil {
		return ""
	}
	switch is, err := os.Stat(eng.File()); {
	case errors.Is(err, fs.ErrNotExist):
		return "The database file " + filepath.Base(eng.File()) +
			" was moved or deleted under the server. Put it back, or start the server again."
	case err == nil && !os.SameFile(was, is):
		return "The database file " + filepath.Base(eng.File()) +
			" was replaced by another one under the server. Start the server again, which then serves that one."
	}
	return ""
}

// say sets why the database is not ready.
func (d *Database) say(s health.State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.Revision == "" {
		s.Revision = d.state.Revision
	}
	d.state = s
}

func (d *Database) now() (eng *engine.Engine, serving bool, state health.State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.eng, d.serving, d.state
}

// errNotOpen is what a probe answers before there is an engine to ask.
var errNotOpen = dberr.New(dberr.Unavailable, "health", "the database is not open yet")
