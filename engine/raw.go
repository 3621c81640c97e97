package engine

import (
	"context"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// Raw gives fn what the transaction runs on, for scripts of schema changes and
// other things that package driver knows how to run. An error of fn fails the
// transaction, as a statement's does. Where schema statements commit, fn must
// not send any: see [Engine.OnWriter] for those.
func (tx *Tx) Raw(ctx context.Context, op string, fn func(ctx context.Context, q driver.DBTX) error) error {
	s := tx.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := tx.ready(op); err != nil {
		return err
	}
	ctx, o := s.e.observe(ctx, KindExec, op, "", 0, tx.mode == Write, true, s.try)
	if err := fn(ctx, s.tx); err != nil {
		fault, f := s.e.classify(ctx, op, err)
		tx.failLocked(fault, f)
		o.done(0, fault)
		return fault
	}
	o.done(0, nil)
	return nil
}

// Inspect reads the tables as the transaction sees them, in order of name; none is
// no error. See [Engine.Inspect].
func (tx *Tx) Inspect(ctx context.Context, o driver.InspectOptions) ([]*schema.Table, error) {
	if o.Schema == "" {
		o.Schema = tx.s.e.schema
	}
	var tables []*schema.Table
	err := tx.Raw(ctx, "inspect", func(ctx context.Context, q driver.DBTX) error {
		var err error
		tables, err = tx.s.e.db.Inspector.Inspect(ctx, q, o)
		return err
	})
	return tables, err
}

// Classify makes a *dberr.Error of an error that a connection of this engine
// returned, for those who work on one by [Engine.OnWriter]. Nil stays nil.
func (e *Engine) Classify(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	return e.fault(ctx, op, err)
}

// Snapshot copies the database, as it is committed, to the file at path, which
// must not exist. A database that is not one file is a dberr.Unsupported
// error; [Engine.File] tells beforehand.
func (e *Engine) Snapshot(ctx context.Context, path string) error {
	if e.db.Snapshotter == nil {
		return &dberr.Error{Op: "snapshot", Code: dberr.Unsupported, Engine: e.db.Dialect.Engine(), Unsent: true,
			Msg: "the database is not one file; use the server's own backup"}
	}
	if err := e.db.Snapshotter.Snapshot(ctx, path); err != nil {
		return e.fault(ctx, "snapshot", err)
	}
	return nil
}

// LockWaits bounds and explains waits for locks on this database; nil where the
// engine has nothing to say.
func (e *Engine) LockWaits() driver.LockWaits { return e.db.LockWaits }

// File is the file that holds the whole database; empty when it is not one file.
func (e *Engine) File() string {
	if e.db.Snapshotter == nil {
		return ""
	}
	return e.db.Snapshotter.Path()
}
