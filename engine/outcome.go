package engine

import (
	"context"
	"time"
)

// settle asks Applied about a commit whose answer was lost.
func (e *Engine) settle(ctx context.Context, o TxOptions, tx *Tx) (after []func(), applied bool) {
	if o.Applied == nil {
		return nil, false
	}
	yes, err := o.Applied(ctx, e)
	if err != nil || !yes {
		return nil, false
	}
	return tx.after, true
}

// settleLate asks Applied again where the next attempt has met a key that is
// there: the server that was asked first may not have applied yet what it had from
// the one that was lost, as a node of a Galera cluster, or could not be asked.
func (e *Engine) settleLate(ctx context.Context, o TxOptions, tx *Tx) (after []func(), applied bool) {
	const looks, pause = 10, 50 * time.Millisecond
	for n := range looks {
		if after, applied = e.settle(ctx, o, tx); applied || o.Applied == nil || n+1 == looks {
			break
		}
		select {
		case <-ctx.Done():
			return nil, false
		case <-time.After(pause):
		}
	}
	return after, applied
}
