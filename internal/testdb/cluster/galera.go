//go:build unix

package cluster

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/larder-db/larder/internal/testdb/server"
)

// galera is MariaDB with Galera. All nodes take writes; those who write go to
// the first that they reach.
type galera struct{ programs string }

// transfer is the program by which a node gets the data of another.
//
//go:embed transfer.sh
var transfer string

func (g *galera) start(ctx context.Context, c *Cluster, say func(string)) error {
	library, err := server.Galera(ctx, say)
	if err != nil {
		return err
	}
	if g.programs, err = os.MkdirTemp("", "larder-galera-"); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(g.programs, "wsrep_sst_files"), []byte(transfer), 0o755); err != nil {
		return err
	}
	// What a node listens on for the others, and for what it has missed.
	addresses, err := freeAddresses(ctx, 2*members)
	if err != nil {
		return err
	}
	for i := range members {
		var first []string
		if i == 0 {
			first = []string{"--wsrep-new-cluster"}
		}
		n, err := server.NewMember(ctx, server.MariaDB, server.Member{
			Before: "SET SESSION wsrep_on = OFF;\n", First: first, Path: g.programs,
			Arguments: func(string, int) []string {
				return []string{
					"--binlog-format=ROW", "--innodb-autoinc-lock-mode=2", "--wsrep-on=ON", "--wsrep-provider=" + library,
					"--wsrep-cluster-name=larder", "--wsrep-cluster-address=gcomm://" + strings.Join(addresses[:members], ","),
					"--wsrep-node-name=n" + strconv.Itoa(i), "--wsrep-node-address=" + addresses[i],
					"--wsrep-sst-method=files", "--wsrep-sst-receive-address=127.0.0.1",
					"--wsrep-provider-options=gmcast.listen_addr=tcp://" + addresses[i] + ";ist.recv_addr=" + addresses[members+i] +
						";gcache.size=32M;gcache.page_size=16M;pc.recovery=false" +
						// Who says nothing for two seconds is away.
						";evs.keepalive_period=PT0.3S;evs.suspect_timeout=PT2S;evs.inactive_timeout=PT4S;evs.install_timeout=PT4S",
				}
			}}, say)
		if err != nil {
			return err
		}
		c.nodes = append(c.nodes, n)
		if err := g.synced(ctx, c, i); err != nil {
			return err
		}
	}
	return nil
}

func (g *galera) close() error {
	if g.programs == "" {
		return nil
	}
	return os.RemoveAll(g.programs)
}

func (g *galera) synced(ctx context.Context, c *Cluster, i int) error {
	return c.until(ctx, i, "", g.primary)
}

func (*galera) primary(ctx context.Context, db *sql.DB) (bool, error) {
	var name, state string
	if err := db.QueryRowContext(ctx, "SHOW STATUS LIKE 'wsrep_local_state_comment'").Scan(&name, &state); err != nil {
		return false, err
	}
	if state != "Synced" {
		return false, fmt.Errorf("the node is %s", state)
	}
	return true, nil
}

// takeOver does nothing: every node takes writes.
func (*galera) takeOver(context.Context, *Cluster, int) error { return nil }

// depose does nothing: every other node takes writes.
func (*galera) depose(context.Context, *Cluster, int) error { return nil }

// handOver stops the node.
func (*galera) handOver(ctx context.Context, c *Cluster, from, _ int) error {
	return c.nodes[from].Stop(ctx)
}

func (g *galera) rejoin(ctx context.Context, c *Cluster, i int) error {
	// As long as the others take it for one of them they do not let it in.
	if err := c.until(ctx, c.next(i), "", func(ctx context.Context, db *sql.DB) (bool, error) {
		var name string
		var n int
		err := db.QueryRowContext(ctx, "SHOW STATUS LIKE 'wsrep_cluster_size'").Scan(&name, &n)
		return n == len(c.nodes)-1, err
	}); err != nil {
		return err
	}
	if err := c.nodes[i].Start(ctx); err != nil {
		return err
	}
	return g.synced(ctx, c, i)
}
