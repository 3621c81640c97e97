package run

import (
	"context"
	"fmt"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
)

// guard watches over what the engine does not watch while the settings of a
// script hold: foreign keys, while a table is rebuilt. A script looks at it by
// itself; this is for the rest of the revision's transaction. The returned
// function compares with how it was.
func (x *execution) guard(ctx context.Context, tx *engine.Tx) (func(ctx context.Context) error, error) {
	checks := x.rev.Verify
	if len(checks) == 0 {
		return func(context.Context) error { return nil }, nil
	}
	before, err := countAll(ctx, tx, checks)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		after, err := countAll(ctx, tx, checks)
		if err != nil {
			return err
		}
		for i, c := range checks {
			if before[i] == nil {
				continue // it looks at a table that was not there
			}
			for what, n := range after[i] {
				if more := n - before[i][what]; more > 0 {
					return dberr.New(dberr.ForeignKey, "verify", fmt.Sprintf("%s (%s: %d rows)", c.Msg, what, more))
				}
			}
		}
		return nil
	}, nil
}

func countAll(ctx context.Context, tx *engine.Tx, checks []driver.Check) ([]map[string]int64, error) {
	out := make([]map[string]int64, len(checks))
	err := tx.Raw(ctx, "verify", func(ctx context.Context, q driver.DBTX) error {
		for i, c := range checks {
			// What cannot be counted before cannot become more, and what
			// cannot be counted afterwards is gone.
			if n, err := driver.CountRows(ctx, q, c.Query); err == nil {
				out[i] = n
			}
		}
		return nil
	})
	return out, err
}
