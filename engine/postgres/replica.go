package postgres

import (
	"context"

	"github.com/larder-db/larder/driver"
)

// replication compares positions in the log.
type replication struct{}

// Position is where the log ends, of which the last commits may not be written yet.
func (replication) Position(ctx context.Context, q driver.DBTX) (string, error) {
	return driver.OneText(ctx, q,
		"SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END)::text")
}

// Reached compares the position with what the server has replayed, or written
// itself once it was promoted.
func (replication) Reached(ctx context.Context, q driver.DBTX, position string) (bool, error) {
	answer, err := driver.OneText(ctx, q,
		"SELECT ((CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END) >= $1::text::pg_lsn)::text", position)
	return answer == "true", err
}
