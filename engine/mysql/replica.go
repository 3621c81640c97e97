package mysql

import (
	"context"

	"github.com/larder-db/larder/driver"
)

// gtids compares sets of the identifiers that transactions have: of those that a
// server has committed, and of those that one that follows it has applied.
type gtids struct{ position, reached string }

// Position is empty where the server has no such identifiers.
func (g gtids) Position(ctx context.Context, q driver.DBTX) (string, error) {
	return driver.OneText(ctx, q, g.position)
}

// Reached does not wait.
func (g gtids) Reached(ctx context.Context, q driver.DBTX, position string) (bool, error) {
	yes, err := driver.OneText(ctx, q, g.reached, position)
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
