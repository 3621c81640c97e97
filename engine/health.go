package engine

import (
	"context"
	"database/sql"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// Health is what a health check found.
type Health struct {
	Engine   string        // "postgresql", for people and labels
	Version  string        // "PostgreSQL 15.20"
	Latency  time.Duration // of a statement that does nothing, a connection from the pool included
	ReadOnly bool          // the database takes no writes: a standby, a read-only file
	Pools    []PoolStats
}

// Health asks the database once, without trying again, and returns what it
// found. When the database does not answer, or no connection is free before
// ctx ends, the error says why; the numbers of the pools are there all the same.
func (e *Engine) Health(ctx context.Context) (Health, error) {
	h := Health{Engine: e.db.Dialect.Engine(), Version: e.db.Version}
	begin := time.Now()
	err := e.OnReader(ctx, func(ctx context.Context, conn *sql.Conn) error {
		var one int
		if err := conn.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
			return err
		}
		h.Latency = time.Since(begin)
		if e.db.State == nil {
			return nil
		}
		s, err := e.db.State(ctx, conn)
		h.ReadOnly = s.ReadOnly
		return err
	})
	h.Pools = e.Stats().Pools
	if err != nil {
		return h, dberr.WithOp(err, "health")
	}
	return h, nil
}

var _ driver.DBTX = (*sql.Conn)(nil)
