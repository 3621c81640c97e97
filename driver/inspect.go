package driver

import (
	"context"
	"database/sql"
)

// EachRow runs a query and calls scan for every row, for an [Inspector]. Errors
// are those of the server and of scan.
func EachRow(ctx context.Context, q DBTX, scan func(rows *sql.Rows) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err tells
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
