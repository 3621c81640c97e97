package postgres

import (
	"context"

	"github.com/larder-db/larder/driver"
)

// replication compares positions in the log.
type replication struct{}

// Position is where the log ends, of which the last commits may not be written yet.
func (replication) Position(ctx context.Context, q driver.DBTX) (string, error) {
	return word(ctx, q, "SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END)::text")
}

// Reached compares the position with what the server has replayed, or written
// itself once it was promoted.
func (replication) Reached(ctx context.Context, q driver.DBTX, position string) (bool, error) {
	answer, err := word(ctx, q, "SELECT ((CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END) >= $1::text::pg_lsn)::text", position)
	return answer == "true", err
}

// word is the text of the one column of the one row; empty for NULL.
func word(ctx context.Context, q driver.DBTX, query string, args ...any) (string, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var out *string
	for rows.Next() {
		if err := rows.Scan(&out); err != nil {
			return "", err
		}
	}
	if out == nil {
		return "", rows.Err()
	}
	return *out, rows.Err()
}
