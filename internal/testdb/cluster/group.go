//go:build unix

package cluster

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/larder-db/larder/internal/testdb/server"
)

// group is MySQL's Group Replication with one primary.
type group struct{}

// members is the size of the clusters that need a majority.
const members = 3

// repeat are the settings with which members find each other again.
const recovery = "CHANGE REPLICATION SOURCE TO SOURCE_USER = 'replica', SOURCE_PASSWORD = 'replica' FOR CHANNEL 'group_replication_recovery'"

func (g *group) start(ctx context.Context, c *Cluster, say func(string)) error {
	addresses, err := freeAddresses(ctx, members)
	if err != nil {
		return err
	}
	for i := range members {
		n, err := server.NewMember(ctx, server.MySQL, server.Member{
			Before: "SET SQL_LOG_BIN = 0;\n",
			Arguments: func(_ string, port int) []string {
				const of = "--loose-group-replication-"
				return []string{
					"--server-id=" + strconv.Itoa(i+1), "--gtid-mode=ON", "--enforce-gtid-consistency=ON",
					"--log-bin=binlog", "--sync-binlog=0",
					"--performance-schema=ON", "--report-host=127.0.0.1", "--report-port=" + strconv.Itoa(port),
					"--plugin-load-add=group_replication.so",
					of + "group-name=5c9d1f0a-3b7e-4c55-9a80-6f2f0d1e7a11",
					of + "local-address=" + addresses[i], of + "group-seeds=" + strings.Join(addresses, ","),
					of + "start-on-boot=OFF", of + "ip-allowlist=127.0.0.1", of + "recovery-get-public-key=ON",
					// A member that is away is expelled at once, and one without a majority gives up.
					of + "member-expel-timeout=0", of + "unreachable-majority-timeout=5",
					of + "consistency=BEFORE_ON_PRIMARY_FAILOVER",
				}
			}}, say)
		if err != nil {
			return err
		}
		c.nodes = append(c.nodes, n)
		if err := c.run(ctx, i, "SET SQL_LOG_BIN = 0", "CREATE USER replica IDENTIFIED BY 'replica'",
			"GRANT REPLICATION SLAVE, CONNECTION_ADMIN, BACKUP_ADMIN, GROUP_REPLICATION_STREAM ON *.* TO replica", recovery); err != nil {
			return err
		}
	}
	if err := c.run(ctx, 0, "SET GLOBAL group_replication_bootstrap_group = ON", "START GROUP_REPLICATION",
		"SET GLOBAL group_replication_bootstrap_group = OFF"); err != nil {
		return err
	}
	for i := 1; i < members; i++ {
		if err := g.join(ctx, c, i); err != nil {
			return err
		}
	}
	return nil
}

func (*group) join(ctx context.Context, c *Cluster, i int) error {
	if err := c.run(ctx, i, "START GROUP_REPLICATION"); err != nil {
		return err
	}
	return c.until(ctx, i, "", func(ctx context.Context, db *sql.DB) (yes bool, err error) {
		err = db.QueryRowContext(ctx,
			"SELECT count(*) = ? FROM performance_schema.replication_group_members WHERE member_state = 'ONLINE'"+
				" AND (SELECT member_state FROM performance_schema.replication_group_members WHERE member_id = @@server_uuid) = 'ONLINE'", len(c.nodes)).Scan(&yes)
		return yes || i+1 < len(c.nodes), err
	})
}

func (*group) primary(ctx context.Context, db *sql.DB) (yes bool, err error) {
	err = db.QueryRowContext(ctx, "SELECT NOT @@super_read_only").Scan(&yes)
	return yes, err
}

// takeOver does nothing: the members choose one of them.
func (*group) takeOver(context.Context, *Cluster, int) error { return nil }

// depose gives transactions a second to end: those of clients that are cut off never do.
func (g *group) depose(ctx context.Context, c *Cluster, i int) error {
	return g.elect(ctx, c, i, c.next(i), ", 1")
}

func (g *group) handOver(ctx context.Context, c *Cluster, from, to int) error {
	return g.elect(ctx, c, from, to, "")
}

func (*group) elect(ctx context.Context, c *Cluster, from, to int, patience string) error {
	var id string
	if _, err := c.ask(ctx, to, "", func(ctx context.Context, db *sql.DB) (bool, error) {
		return true, db.QueryRowContext(ctx, "SELECT @@server_uuid").Scan(&id)
	}); err != nil {
		return err
	}
	return c.run(ctx, from, fmt.Sprintf("SELECT group_replication_set_as_primary('%s'%s)", id, patience))
}

func (g *group) rejoin(ctx context.Context, c *Cluster, i int) error {
	if err := c.nodes[i].Start(ctx); err != nil {
		return err
	}
	// The others take it for one of them for some seconds after it has ended, and
	// meanwhile let nobody in at its address.
	if err := c.until(ctx, c.next(i), "", func(ctx context.Context, db *sql.DB) (yes bool, err error) {
		err = db.QueryRowContext(ctx, "SELECT count(*) = 0 FROM performance_schema.replication_group_members"+
			" WHERE member_port = ?", c.nodes[i].Endpoint().Port()).Scan(&yes)
		return yes, err
	}); err != nil {
		return err
	}
	return g.join(ctx, c, i)
}

// freeAddresses are n addresses on which nobody listens.
func freeAddresses(ctx context.Context, n int) ([]string, error) {
	var out []string
	for range n {
		port, err := server.FreePort(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, address("127.0.0.1", port))
	}
	return out, nil
}
