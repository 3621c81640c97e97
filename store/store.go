package store

import (
	"context"
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/larder-db/larder/blobs"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
)

// Store is all repositories over one database, or over one transaction. It is
// safe for concurrent use; inside InTx it is for the function it was given to.
type Store struct {
	Users     *Users
	Auths     *Auths
	APIKeys   *APIKeys
	Chats     *Chats
	Messages  *Messages
	Tags      *Tags
	Folders   *Folders
	Shares    *Shares
	Notes     *Notes
	Groups    *Groups
	Files     *Files
	Knowledge *Knowledge
	Grants    *Grants
	Config    *Config
	Workspace *Workspace

	b base
}

// Options say how a store is made. The zero value is the default.
type Options struct {
	Now       func() time.Time // nil is time.Now
	NewID     func() string    // makes ids; nil is random UUIDs
	Passwords *Passwords       // nil is NewPasswords(0)
	Admins    AdminLimits      // what admins may not do with what belongs to others
	Blobs     *blobs.Store     // the bytes of files; nil when there are to be none

	// Replica is where lists and searches are read, which may be somewhat old; nil is where everything is.
	Replica engine.Queryer

	// Unstored settings are what Settings and Defaults say: rows are written, and count for nothing.
	Unstored bool
	Settings map[string]jsonvalue.JSON // by key, what settings are while no row says otherwise, in place of Defaults
}

// base is what every repository needs.
type base struct {
	q         engine.Queryer
	replica   engine.Queryer // for lists; nil is q
	clock     func() time.Time
	newID     func() string
	passwords *Passwords
	admins    AdminLimits
	blobs     *blobs.Store
	backlog   *backlog
	searching *searching
	ended     *ended
	checked   *jsonvalue.Memory         // documents that were read and are valid
	defaults  map[string]jsonvalue.JSON // of settings
	unstored  bool                      // what is stored of settings counts for nothing
}

// now is the time in the unit of the tables of this package.
func (b *base) now() int64 { return b.clock().Unix() }

// New makes a store over an engine, a session or a transaction.
func New(q engine.Queryer, o Options) *Store {
	b := base{q: q, replica: o.Replica, clock: o.Now, newID: o.NewID, passwords: o.Passwords, admins: o.Admins, blobs: o.Blobs, backlog: new(backlog),
		searching: new(searching), checked: jsonvalue.NewMemory(), defaults: Defaults(), unstored: o.Unstored}
	maps.Copy(b.defaults, o.Settings)
	if b.clock == nil {
		b.clock = time.Now
	}
	if b.newID == nil {
		b.newID = uuid.NewString
	}
	if b.passwords == nil {
		b.passwords = NewPasswords(0)
	}
	b.ended = &ended{clock: b.clock}
	return with(b)
}

func with(b base) *Store {
	s := &Store{b: b}
	s.Users = &Users{b}
	s.Auths = &Auths{b}
	s.APIKeys = &APIKeys{b}
	s.Chats = &Chats{b}
	s.Messages = &Messages{b}
	s.Tags = &Tags{b}
	s.Folders = &Folders{b}
	s.Shares = &Shares{b}
	s.Notes = &Notes{b}
	s.Groups = &Groups{b}
	s.Files = &Files{b}
	s.Knowledge = &Knowledge{b}
	s.Grants = &Grants{b}
	s.Config = &Config{b}
	s.Workspace = &Workspace{b}
	return s
}

// AdminsSeeChats reports whether admins may read the chats of others.
func (s *Store) AdminsSeeChats() bool { return !s.b.admins.NoChats }

// InTx runs fn in a transaction that may write; inside a transaction, in a
// savepoint. When fn returns an error, nothing of it stays. fn may run twice:
// what it does outside of the store it does twice, too.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context, st *Store) error) error {
	return s.b.inTx(ctx, engine.TxOptions{Name: "store.InTx"}, func(ctx context.Context, b base) error {
		return fn(ctx, with(b))
	})
}

// Read runs fn in a transaction that sees one state of the database and writes
// nothing. Errors are those of fn and of the database.
func (s *Store) Read(ctx context.Context, fn func(ctx context.Context, st *Store) error) error {
	return s.b.inTx(ctx, engine.TxOptions{Name: "store.Read", Mode: engine.Read}, func(ctx context.Context, b base) error {
		return fn(ctx, with(b))
	})
}

func (b *base) inTx(ctx context.Context, o engine.TxOptions, fn func(ctx context.Context, b base) error) error {
	return b.q.InTx(ctx, o, func(ctx context.Context, tx *engine.Tx) error {
		in := *b
		in.q, in.replica = tx, nil
		return fn(ctx, in)
	})
}

// lists is b for what only shows people a page of what there is. Whatever
// decides on a change, or on one record, is read where the change is made.
func (b *base) lists() base {
	out := *b
	if b.replica != nil {
		out.q = b.replica
	}
	return out
}

func ptr[T any](v T) *T { return &v }

// later is the time of a change: now, or the stored one where that is later,
// because the clock went back: what was changed stays above what was not.
func later(stored *int64, now int64) *int64 { return ptr(max(orZero(stored), now)) }

func orZero[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
