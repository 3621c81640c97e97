//go:build unix

package cluster

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"github.com/larder-db/larder/internal/testdb/server"
)

// StartDelayed starts a primary, node 0, and a replica, node 1, that applies
// everything so much later, in whole seconds. It is not for failing over.
func StartDelayed(ctx context.Context, engine string, delay time.Duration, say func(string)) (*Cluster, error) {
	seconds := int(delay / time.Second)
	var how manager = delayed{engine: engine, seconds: seconds}
	kind := Kind(engine + "-delayed")
	if engine == server.PostgreSQL {
		how, kind = delayedStreaming{seconds: seconds}, Streaming
	}
	return started(ctx, kind, how, say)
}

// Pause freezes a node and nothing else.
func (c *Cluster) Pause(i int) error { return c.nodes[i].Pause() }

// Resume lets a frozen node go on.
func (c *Cluster) Resume(i int) error { return c.nodes[i].Resume() }

// delayedStreaming is a replica of PostgreSQL.
type delayedStreaming struct {
	streaming
	seconds int
}

func (d delayedStreaming) start(ctx context.Context, c *Cluster, say func(string)) error {
	if err := d.streaming.start(ctx, c, say); err != nil {
		return err
	}
	delay := fmt.Sprintf("ALTER SYSTEM SET recovery_min_apply_delay = '%ds'", d.seconds)
	return c.run(ctx, 1, delay, "SELECT pg_reload_conf()")
}

// delayed is a replica of MySQL or MariaDB by GTIDs.
type delayed struct {
	engine  string
	seconds int
}

func (d delayed) start(ctx context.Context, c *Cluster, say func(string)) error {
	for i := range 2 {
		args := []string{"--server-id=" + strconv.Itoa(i+1), "--log-bin=binlog", "--sync-binlog=0", "--binlog-format=ROW"}
		if d.engine == server.MySQL {
			args = append(args, "--gtid-mode=ON", "--enforce-gtid-consistency=ON")
		}
		m := server.Member{Before: "SET SQL_LOG_BIN = 0;\n", Arguments: func(string, int) []string { return args }}
		n, err := server.NewMember(ctx, d.engine, m, say)
		if err != nil {
			return err
		}
		c.nodes = append(c.nodes, n)
	}
	port := c.nodes[0].Endpoint().Port()
	if d.engine == server.MySQL {
		return c.run(ctx, 1, fmt.Sprintf("CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = %d, SOURCE_USER = 'test', SOURCE_PASSWORD = 'test',"+
			" SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1, SOURCE_DELAY = %d", port, d.seconds), "START REPLICA")
	}
	return c.run(ctx, 1, fmt.Sprintf("CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = %d, MASTER_USER = 'test', MASTER_PASSWORD = 'test',"+
		" MASTER_USE_GTID = slave_pos, MASTER_DELAY = %d", port, d.seconds), "START SLAVE")
}

func (delayed) primary(context.Context, *sql.DB) (bool, error) { return true, nil }

func (delayed) takeOver(context.Context, *Cluster, int) error { return nil }

func (delayed) depose(context.Context, *Cluster, int) error { return nil }

func (delayed) handOver(context.Context, *Cluster, int, int) error { return nil }

func (delayed) rejoin(context.Context, *Cluster, int) error { return nil }
