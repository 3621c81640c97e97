package store

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables/own"
)

// ended is what a process knows of the table of the sessions that were signed
// out. It is shared by all copies of a store.
type ended struct {
	clock   func() time.Time
	missing atomic.Int64 // until when it is taken to be not there, in nanoseconds
}

// lookAgain is how long a table that was not there is not looked for. A sign-out
// at another server counts here only from then on.
const lookAgain = 10 * time.Second

// with calls fn, and tells it whether there is the table. A database that Larder
// has not extended has none: fn is called again where it fails for that.
func (e *ended) with(fn func(there bool) error) error {
	if e.clock().UnixNano() < e.missing.Load() {
		return fn(false)
	}
	err := fn(true)
	if !errors.Is(err, dberr.ErrSchemaMismatch) {
		return err
	}
	again := fn(false)
	if errors.Is(again, dberr.ErrSchemaMismatch) {
		return err
	}
	e.missing.Store(e.clock().Add(lookAgain).UnixNano())
	return again
}

// EndSession ends the one session whose token this is, for every server on the
// database, until the token's own end, in seconds. The token is told by a hash of
// at most 64 characters, never by itself. Where the database has no table for it,
// that is no error, and nobody else knows.
func (a *Auths) EndSession(ctx context.Context, token string, until int64) error {
	t := own.EndedSession
	return a.ended.with(func(there bool) error {
		if !there {
			return nil
		}
		return a.inTx(ctx, engine.TxOptions{Name: "auths.EndSession", Idempotent: true},
			func(ctx context.Context, b base) error {
				if _, err := query.Exec(ctx, b.q, query.Delete(t.Table).Named("auths.ForgetEnded").
					Where(t.Until.Lt(b.now()))); err != nil {
					return err
				}
				_, err := query.Exec(ctx, b.q,
					query.Insert(t.Table).Named("auths.EndSession").Row(own.EndedSessionRow{Token: token, Until: until}).
						OnConflict(t.Token).DoUpdate(t.Until))
				return err
			})
	})
}
