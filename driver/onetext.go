package driver

import (
	"context"
	"database/sql"
)

// OneText is the one column of the one row of a query as a text; empty for NULL and
// without a row.
func OneText(ctx context.Context, q DBTX, query string, args ...any) (string, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var out sql.NullString
	for rows.Next() {
		if err := rows.Scan(&out); err != nil {
			return "", err
		}
	}
	return out.String, rows.Err()
}
