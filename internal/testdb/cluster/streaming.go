//go:build unix

package cluster

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/larder-db/larder/internal/testdb/server"
)

// streaming is PostgreSQL's own replication: the replica confirms each commit,
// so that one that was acknowledged is on both.
type streaming struct{}

func (s streaming) start(ctx context.Context, c *Cluster, say func(string)) error {
	for range 2 {
		n, err := server.NewMember(ctx, server.PostgreSQL, server.Member{Arguments: func(string, int) []string {
			return []string{
				"-c", "wal_level=replica", "-c", "max_wal_senders=8", "-c", "hot_standby=on",
				"-c", "wal_keep_size=256MB", "-c", "synchronous_commit=on",
			}
		}}, say)
		if err != nil {
			return err
		}
		c.nodes = append(c.nodes, n)
	}
	if err := c.nodes[1].Stop(ctx); err != nil {
		return err
	}
	return s.rejoin(ctx, c, 1)
}

func (streaming) primary(ctx context.Context, db *sql.DB) (yes bool, err error) {
	err = db.QueryRowContext(ctx, "SELECT NOT pg_is_in_recovery()").Scan(&yes)
	return yes, err
}

// takeOver promotes the replica, which has nobody to confirm its commits then.
func (streaming) takeOver(ctx context.Context, c *Cluster, to int) error {
	return c.run(ctx, to,
		"ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()", "SELECT pg_promote()")
}

func (s streaming) depose(ctx context.Context, c *Cluster, i int) error {
	return s.takeOver(ctx, c, c.next(i))
}

// handOver stops the primary, which sends all that it has before it ends.
func (s streaming) handOver(ctx context.Context, c *Cluster, from, to int) error {
	if err := c.nodes[from].Stop(ctx); err != nil {
		return err
	}
	return s.takeOver(ctx, c, to)
}

func (streaming) rejoin(ctx context.Context, c *Cluster, i int) error {
	from := c.next(i)
	source := fmt.Sprintf("host=127.0.0.1 port=%d user=postgres sslmode=disable", c.nodes[from].Endpoint().Port())
	err := c.nodes[i].Refill(ctx, "pg_basebackup", "-D", "{data}", "-d", source,
		"-R", "-X", "stream", "-c", "fast", "--no-sync")
	if err != nil {
		return err
	}
	if err := c.nodes[i].Start(ctx); err != nil {
		return err
	}
	err = c.until(ctx, from, "", func(ctx context.Context, db *sql.DB) (yes bool, err error) {
		err = db.QueryRowContext(ctx, "SELECT count(*) > 0 FROM pg_stat_replication WHERE state = 'streaming'").Scan(&yes)
		return yes, err
	})
	if err != nil {
		return err
	}
	return c.run(ctx, from, "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
}
