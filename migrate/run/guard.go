package run

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
)

// guard watches over what the engine does not watch while the settings of a
// script hold: foreign keys, while a table is rebuilt. A script looks at it by
// itself; this is for the rest of the revision's transaction. The returned
// function compares with how it was.
func (x *execution) guard(ctx context.Context, tx *engine.Tx) (func(ctx context.Context) error, error) {
	checks := x.w.Verify
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
	err := tx.Raw(ctx, "verify", func(ctx context.Context, q driver.Querier) error {
		for i, c := range checks {
			// What cannot be counted before cannot become more, and what
			// cannot be counted afterwards is gone.
			if n, err := countRows(ctx, q, c.Query); err == nil {
				out[i] = n
			}
		}
		return nil
	})
	return out, err
}

// countRows reads rows of names and, last, a count.
func countRows(ctx context.Context, q driver.Querier, query string) (map[string]int64, error) {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	texts := make([]sql.NullString, len(columns)-1)
	dest := make([]any, len(columns))
	for i := range texts {
		dest[i] = &texts[i]
	}
	var n int64
	dest[len(texts)] = &n
	out := map[string]int64{}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		key := make([]string, len(texts))
		for i, t := range texts {
			key[i] = t.String
		}
		out[strings.Join(key, " -> ")] += n
	}
	return out, rows.Err()
}
