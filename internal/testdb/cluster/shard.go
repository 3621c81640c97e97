//go:build unix

package cluster

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/internal/testdb/server"
)

// shard is one of Vitess: servers of MySQL, each with a tablet, of which vtorc
// makes one the primary, and two gates, which clients know.
type shard struct {
	cell    *server.Cell
	vtorc   *server.Beside
	tablets [members]*server.Beside // nil where it does not run
	gates   [2]*server.Beside       // the same
	ports   struct{ tablets, gates []int }
}

// tabletUser is who the tablets are to their servers, and these to each other.
const tabletUser = "vitess"

func (s *shard) start(ctx context.Context, c *Cluster, say func(string)) (err error) {
	if s.cell, err = server.NewCell(ctx, Keyspace, say); err != nil {
		return err
	}
	for i := range members {
		n, err := server.NewMember(ctx, server.MySQL, server.Member{
			Before: "SET SQL_LOG_BIN = 0;\n",
			Arguments: func(string, int) []string {
				const of = "--loose-rpl-semi-sync-source-"
				return []string{
					"--server-id=" + strconv.Itoa(i+1), "--gtid-mode=ON", "--enforce-gtid-consistency=ON",
					"--log-bin=binlog", "--sync-binlog=0", "--skip-replica-start", "--replica-net-timeout=8",
					"--performance-schema=ON", "--plugin-load-add=semisync_source.so",
					"--plugin-load-add=semisync_replica.so", "--plugin-load-add=mysql_clone.so",
					// A commit that nobody confirms waits, however long.
					of + "timeout=1000000000000000000", of + "wait-no-replica=1",
				}
			}}, say)
		if err != nil {
			return err
		}
		c.nodes = append(c.nodes, n)
		if err := c.run(ctx, i, "SET SQL_LOG_BIN = 0", "CREATE USER "+tabletUser,
			"GRANT ALL ON *.* TO "+tabletUser+" WITH GRANT OPTION", "SET GLOBAL super_read_only = ON"); err != nil {
			return err
		}
		port, err := server.FreePort(ctx)
		if err != nil {
			return err
		}
		p, err := listen(ctx, address(server.TabletHost, port), address("127.0.0.1", port))
		if err != nil {
			return err
		}
		s.ports.tablets, c.proxies = append(s.ports.tablets, port), append(c.proxies, p)
		if err := s.attach(ctx, c, i); err != nil {
			return err
		}
	}
	if s.vtorc, err = s.cell.StartOrchestrator(ctx); err != nil {
		return err
	}
	if err := s.confirmed(ctx, c); err != nil {
		return err
	}
	for i := range s.gates {
		port, err := server.FreePort(ctx)
		if err != nil {
			return err
		}
		s.ports.gates = append(s.ports.gates, port)
		if err := s.open(ctx, c, i); err != nil {
			return err
		}
	}
	return nil
}

// open starts a gate.
func (s *shard) open(ctx context.Context, c *Cluster, i int) (err error) {
	_, version, _ := strings.Cut(c.Version(), " ")
	s.gates[i], err = s.cell.StartGate(ctx, s.ports.gates[i], version)
	return err
}

// attach starts the tablet of a server.
func (s *shard) attach(ctx context.Context, c *Cluster, i int) (err error) {
	s.tablets[i], err = s.cell.StartTablet(ctx, i, c.nodes[i].Endpoint(), tabletUser, s.ports.tablets[i])
	return err
}

// confirmed waits until there is a primary that every other server confirms to.
func (s *shard) confirmed(ctx context.Context, c *Cluster) error {
	p, err := c.Primary(ctx)
	if err != nil {
		return err
	}
	return c.until(ctx, p, "", func(ctx context.Context, db *sql.DB) (bool, error) {
		var name string
		var n int
		err := db.QueryRowContext(ctx, "SHOW STATUS LIKE 'Rpl_semi_sync_source_clients'").Scan(&name, &n)
		return n == len(c.nodes)-1, err
	})
}

func (s *shard) close() error {
	var errs []error
	for _, p := range slices.Concat(s.gates[:], []*server.Beside{s.vtorc}, s.tablets[:]) {
		if p != nil {
			errs = append(errs, p.Close())
		}
	}
	if s.cell != nil {
		errs = append(errs, s.cell.Close())
	}
	return errors.Join(errs...)
}

func (*shard) primary(ctx context.Context, db *sql.DB) (bool, error) {
	return (&group{}).primary(ctx, db)
}

// kill ends a tablet, which is on its server's machine.
func (s *shard) kill(i int) error { return end(&s.tablets[i]) }

// end ends a program that may have ended already.
func end(p **server.Beside) error {
	if *p == nil {
		return nil
	}
	err := (*p).Close()
	*p = nil
	return err
}

func (s *shard) pause(i int) error { return s.tablets[i].Pause() }

// takeOver does nothing: vtorc notices, and promotes.
func (*shard) takeOver(context.Context, *Cluster, int) error { return nil }

// depose promotes without asking the one that is cut off, as an operator does.
func (s *shard) depose(ctx context.Context, c *Cluster, i int) error {
	return s.cell.Control(ctx, "EmergencyReparentShard", "--new-primary="+s.cell.Tablet(c.next(i)),
		"--wait-replicas-timeout=3s", Keyspace+"/0")
}

func (s *shard) handOver(ctx context.Context, _ *Cluster, _, to int) error {
	return s.cell.Control(ctx, "PlannedReparentShard", "--new-primary="+s.cell.Tablet(to), Keyspace+"/0")
}

// rejoin makes the server a copy of the primary: it may have written what nobody
// confirmed, and does not follow then.
func (s *shard) rejoin(ctx context.Context, c *Cluster, i int) error {
	from, err := c.Primary(ctx)
	if err != nil {
		return err
	}
	if err := c.nodes[i].Start(ctx); err != nil {
		return err
	}
	donor := c.nodes[from].Endpoint()
	said := c.run(ctx, i, fmt.Sprintf("SET GLOBAL clone_valid_donor_list = '%s:%d'", donor.Host(), donor.Port()),
		fmt.Sprintf("CLONE INSTANCE FROM '%s'@'%s':%d IDENTIFIED BY ''", tabletUser, donor.Host(), donor.Port()))
	if err := c.nodes[i].Ended(ctx); err != nil { // nobody but us starts it again, which is an error
		return errors.Join(said, err)
	}
	if err := c.nodes[i].Start(ctx); err != nil {
		return err
	}
	if err := c.run(ctx, i, "RESET REPLICA ALL", "SET GLOBAL super_read_only = ON"); err != nil {
		return err
	}
	if err := s.attach(ctx, c, i); err != nil {
		return err
	}
	return s.confirmed(ctx, c)
}
