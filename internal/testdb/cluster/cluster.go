//go:build unix

package cluster

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/larder-db/larder/internal/testdb/server"
)

// Kind is a way in which servers are one database.
type Kind string

// The kinds.
const (
	Streaming Kind = "postgresql-streaming" // a primary and a replica that is promoted by hand, as a manager would
	Patroni   Kind = "patroni"              // the same under managers that agree in etcd
	Galera    Kind = "galera"               // three nodes of MariaDB, which all take writes
	Group     Kind = "group-replication"    // three members of MySQL, of which one takes writes
	Shard     Kind = "vitess"               // three servers of MySQL with tablets of Vitess, behind two gates
)

// Kinds are all of them.
func Kinds() []Kind { return []Kind{Streaming, Patroni, Galera, Group, Shard} }

// Engine is the engine of its servers, as package server names it.
func (k Kind) Engine() string {
	switch k {
	case Galera:
		return server.MariaDB
	case Group, Shard:
		return server.MySQL
	default:
		return server.PostgreSQL
	}
}

// settleLimit is how long a cluster may take to be whole again.
const settleLimit = 2 * time.Minute

// Cluster is servers that are one database.
type Cluster struct {
	kind    Kind
	how     manager
	nodes   []*server.Private
	proxies []*Proxy // before each of them
}

// manager is what differs between kinds.
type manager interface {
	// start starts the servers, at first, and joins them.
	start(ctx context.Context, c *Cluster, say func(string)) error
	// primary reports whether the node takes writes now.
	primary(ctx context.Context, db *sql.DB) (bool, error)
	// takeOver does what the servers do not do themselves when one is gone.
	takeOver(ctx context.Context, c *Cluster, to int) error
	// depose makes another node the primary although i, which clients do not reach, runs.
	depose(ctx context.Context, c *Cluster, i int) error
	// handOver makes another node the primary while both run.
	handOver(ctx context.Context, c *Cluster, from, to int) error
	// rejoin brings back a node that does not run.
	rejoin(ctx context.Context, c *Cluster, i int) error
}

// accompanied is a manager whose servers have a process each beside them.
type accompanied interface {
	kill(i int) error
	pause(i int) error
}

// Start starts a cluster. say is told what takes long; nil for nobody.
func Start(ctx context.Context, kind Kind, say func(string)) (*Cluster, error) {
	managers := map[Kind]manager{
		Streaming: streaming{}, Patroni: &patroni{}, Galera: &galera{}, Group: &group{}, Shard: &shard{},
	}
	how, ok := managers[kind]
	if !ok {
		return nil, fmt.Errorf("there is no kind of cluster %q", kind)
	}
	return started(ctx, kind, how, say)
}

// started starts the servers, and a proxy before each that has none yet.
func started(ctx context.Context, kind Kind, how manager, say func(string)) (*Cluster, error) {
	if say == nil {
		say = func(string) {}
	}
	c := &Cluster{kind: kind, how: how}
	err := how.start(ctx, c, say)
	for i := len(c.proxies); err == nil && i < len(c.nodes); i++ {
		var p *Proxy
		there := address("127.0.0.1", c.nodes[i].Endpoint().Port())
		if p, err = listen(ctx, "127.0.0.1:0", there); err == nil {
			c.proxies = append(c.proxies, p)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", kind, err), c.Close())
	}
	return c, nil
}

// Close ends the servers and removes their data.
func (c *Cluster) Close() error {
	var errs []error
	if g, ok := c.how.(interface{ close() error }); ok {
		errs = append(errs, g.close())
	}
	for _, n := range c.nodes {
		errs = append(errs, n.Close())
	}
	for _, p := range c.proxies {
		p.Close()
	}
	return errors.Join(errs...)
}

// Kind is the way in which its servers are one database.
func (c *Cluster) Kind() Kind { return c.kind }

// Len is the number of servers.
func (c *Cluster) Len() int { return len(c.nodes) }

// Version is what the servers call themselves: "MySQL 9.7.4".
func (c *Cluster) Version() string { return c.nodes[0].Endpoint().Version }

func address(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// Hosts are the addresses at which clients find the cluster, "127.0.0.1:15001":
// of its gates, or of the proxy before each server.
func (c *Cluster) Hosts() []string {
	var out []string
	if s, ok := c.how.(*shard); ok {
		for _, port := range s.ports.gates {
			out = append(out, address("127.0.0.1", port))
		}
		return out
	}
	for _, p := range c.proxies {
		out = append(out, p.Addr())
	}
	return out
}

// Silence cuts a server off from its clients, or from its gates, until it is
// told to [Cluster.Rejoin]: what is sent vanishes.
func (c *Cluster) Silence(i int) { c.proxies[i].Silence() }

// Clients is how many clients are connected to a server by way of its proxy.
func (c *Cluster) Clients(i int) int { return c.proxies[i].Clients() }

// URL is the address of a database with these hosts, which are [Cluster.Hosts]
// or the front before them.
func (c *Cluster) URL(hosts []string, database string) string {
	u, err := url.Parse(c.nodes[0].Endpoint().URL(database))
	if err != nil {
		panic(err) // it is our own
	}
	if c.kind == Streaming || c.kind == Patroni {
		u.RawQuery += "&target_session_attrs=read-write"
	}
	u.Host = strings.Join(hosts, ",")
	return u.String()
}

// Open connects to one node. The caller closes it.
func (c *Cluster) Open(i int, database string) (*sql.DB, error) {
	if c.kind == Shard && database != "" {
		database = "vt_" + database // as a tablet calls it
	}
	return c.nodes[i].Endpoint().Open(database)
}

// CreateDatabase makes an empty database and waits until every node has it.
func (c *Cluster) CreateDatabase(ctx context.Context, name string) error {
	if c.kind == Shard && name == Keyspace {
		return nil // its tablets have made it
	}
	p, err := c.Primary(ctx)
	if err != nil {
		return err
	}
	if err := c.nodes[p].Endpoint().CreateDatabase(ctx, name); err != nil {
		return err
	}
	for i := range c.nodes {
		if err := c.until(ctx, i, name, func(ctx context.Context, db *sql.DB) (bool, error) {
			return true, db.PingContext(ctx)
		}); err != nil {
			return err
		}
	}
	return nil
}

// Primary is the number of a node that takes writes: the first of them with Galera.
func (c *Cluster) Primary(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	for {
		var errs []error
		for i := range c.nodes {
			yes, err := c.ask(ctx, i, "", c.how.primary)
			if yes {
				return i, nil
			}
			errs = append(errs, err)
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("no node of %s takes writes: %w", c.kind, errors.Join(errs...))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Kill ends a node with SIGKILL, and another takes over.
func (c *Cluster) Kill(ctx context.Context, i int) error {
	if err := c.end(i); err != nil {
		return err
	}
	return c.how.takeOver(ctx, c, c.next(i))
}

// end ends a node with what is beside it.
func (c *Cluster) end(i int) (err error) {
	if a, ok := c.how.(accompanied); ok {
		err = a.kill(i)
	}
	return errors.Join(err, c.nodes[i].Kill())
}

// Freeze stops all processes of a node where they are, and another takes over.
func (c *Cluster) Freeze(ctx context.Context, i int) error {
	if a, ok := c.how.(accompanied); ok {
		if err := a.pause(i); err != nil {
			return err
		}
	}
	if err := c.nodes[i].Pause(); err != nil {
		return err
	}
	return c.how.takeOver(ctx, c, c.next(i))
}

// Depose makes another node the primary although i runs, as is done with one
// that clients do not reach any more.
func (c *Cluster) Depose(ctx context.Context, i int) error { return c.how.depose(ctx, c, i) }

// Switch hands over to another node on purpose, as before an upgrade of i, which
// is stopped cleanly where its kind needs that.
func (c *Cluster) Switch(ctx context.Context, i int) error {
	return c.how.handOver(ctx, c, i, c.next(i))
}

// Rejoin makes i a member again that follows and is reached, whatever was done to
// it: it is ended first, so that nothing it was told meanwhile counts.
func (c *Cluster) Rejoin(ctx context.Context, i int) error {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	if err := c.end(i); err != nil { // a frozen one too: before it may wake
		return err
	}
	if err := c.nodes[i].Resume(); err != nil {
		return err
	}
	c.proxies[i].Speak()
	return c.how.rejoin(ctx, c, i)
}

// KillGate ends one of the gates of a [Shard] with SIGKILL.
func (c *Cluster) KillGate(i int) error {
	s, ok := c.how.(*shard)
	if !ok {
		return fmt.Errorf("%s has no gates", c.kind)
	}
	return end(&s.gates[i])
}

// StartGate starts a gate that was killed.
func (c *Cluster) StartGate(ctx context.Context, i int) error {
	s, ok := c.how.(*shard)
	if !ok {
		return fmt.Errorf("%s has no gates", c.kind)
	}
	return s.open(ctx, c, i)
}

// next is the node that takes over from i.
func (c *Cluster) next(i int) int { return (i + 1) % len(c.nodes) }

// question is what a node is asked.
type question func(context.Context, *sql.DB) (bool, error)

// ask asks one node.
func (c *Cluster) ask(ctx context.Context, i int, database string, q question) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	db, err := c.Open(i, database)
	if err != nil {
		return false, err
	}
	defer func() { _ = db.Close() }()
	return q(ctx, db)
}

// until asks one node until it says yes.
func (c *Cluster) until(ctx context.Context, i int, database string, q question) error {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	for {
		yes, err := c.ask(ctx, i, database, q)
		if yes && err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("node %d of %s is not in order: %w", i, c.kind, errors.Join(err, ctx.Err()))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// run runs statements on one connection of a node.
func (c *Cluster) run(ctx context.Context, i int, statements ...string) error {
	db, err := c.Open(i, "")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	for _, s := range statements {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}
