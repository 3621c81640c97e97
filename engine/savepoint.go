package engine

import (
	"context"
	"strconv"

	"github.com/larder-db/larder/dberr"
)

// InTx runs fn in a savepoint. An error of fn, or a statement that failed in
// it, undoes what fn did and nothing else; the transaction goes on. It is not
// run again by itself: the outermost transaction is. Of the options only Name
// and Mode Read are taken; a level of isolation cannot be chosen in the middle.
func (tx *Tx) InTx(ctx context.Context, o TxOptions, fn func(ctx context.Context, tx *Tx) error) error {
	s := tx.s
	op := opName(o.Name, "savepoint")
	if o.Isolation != DefaultIsolation || o.Deferrable {
		return dberr.New(dberr.Invalid, op, "the isolation level is chosen by the outermost transaction")
	}
	if o.Mode == Write && tx.mode == Read {
		return dberr.New(dberr.ReadOnly, op,
			"a write transaction inside a read transaction; open the outer one with Mode: Write")
	}
	child := &Tx{s: s, parent: tx, depth: tx.depth + 1, mode: o.Mode}
	name := "larder_" + strconv.Itoa(child.depth)

	s.mu.Lock()
	err := tx.ready(op)
	if err == nil {
		err = tx.savepoint(ctx, o.Name, "SAVEPOINT "+name)
	}
	if err == nil {
		tx.child = child
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}

	returned := false
	var fnErr error
	defer func() {
		if !returned {
			s.mu.Lock()
			defer s.mu.Unlock()
			_ = tx.leave(ctx, o.Name, name, child, false) // the panic counts
		}
	}()
	fnErr = fn(ctx, child)
	returned = true

	s.mu.Lock()
	defer s.mu.Unlock()
	keep := fnErr == nil && child.failed == nil && s.lost == nil
	if lerr := tx.leave(ctx, o.Name, name, child, keep); lerr != nil && fnErr == nil {
		return lerr
	}
	switch {
	case fnErr != nil:
		return fnErr
	case s.lost != nil:
		return s.lost
	case child.failed != nil:
		return child.failed
	}
	tx.after = append(tx.after, child.after...)
	return nil
}

// leave ends the savepoint of child. s.mu is held.
func (tx *Tx) leave(ctx context.Context, txName, name string, child *Tx, keep bool) *dberr.Error {
	s := tx.s
	child.close()
	tx.child = nil
	if s.lost != nil || s.done {
		return s.lost
	}
	if s.rows != nil {
		s.rows.rows.Close()
		s.rows = nil
	}
	if !keep {
		if err := tx.savepoint(ctx, txName, "ROLLBACK TO SAVEPOINT "+name); err != nil {
			return err
		}
	}
	return tx.savepoint(ctx, txName, "RELEASE SAVEPOINT "+name)
}

// savepoint runs a statement about one. s.mu is held. A failure here leaves
// nothing to go on with.
func (tx *Tx) savepoint(ctx context.Context, name, sql string) *dberr.Error {
	s := tx.s
	ctx, o := s.e.observe(ctx, KindSavepoint, name, sql, 0, false, true, s.try)
	_, err := s.tx.ExecContext(ctx, sql)
	if err == nil {
		o.done(0, nil)
		return nil
	}
	fault, f := s.e.classify(ctx, opName(name, "savepoint"), err)
	f.TxLost = true
	if fault.Code == dberr.Internal {
		fault.Msg = "the savepoint is gone: a statement in it ended the transaction"
	}
	tx.failLocked(fault, f)
	o.done(0, fault)
	return fault
}
