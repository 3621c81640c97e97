package mysql

import (
	"context"
	"database/sql"

	"github.com/larder-db/larder/driver"
)

// gtids compares sets of the identifiers that transactions have: of those that a
// server has committed, and of those that one that follows it has applied.
type gtids struct{ position, reached string }

// Position is empty where the server has no such identifiers.
func (g gtids) Position(ctx context.Context, q driver.DBTX) (string, error) {
	return answer(ctx, q, g.position)
}

// Reached does not wait.
func (g gtids) Reached(ctx context.Context, q driver.DBTX, position string) (bool, error) {
	yes, err := answer(ctx, q, g.reached, position)
	return yes == "1", err
}

func (MySQL) replication() driver.Replication {
	return gtids{"SELECT @@GLOBAL.gtid_executed", "SELECT GTID_SUBSET(?, @@GLOBAL.gtid_executed)"}
}

func (MariaDB) replication() driver.Replication {
	return gtids{"SELECT @@GLOBAL.gtid_current_pos", "SELECT MASTER_GTID_WAIT(?, 0) = 0"}
}

// replication of Vitess: its gate chooses the replicas itself.
func (Vitess) replication() driver.Replication { return nil }

// answer is the one column of the one row; empty for NULL.
func answer(ctx context.Context, q driver.DBTX, query string, args ...any) (string, error) {
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
