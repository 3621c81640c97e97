//go:build unix

package cluster

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/larder-db/larder/internal/testdb/server"
)

// patroni is PostgreSQL's servers each under a manager of its own, Patroni,
// which agree in etcd on who leads, and promote themselves.
type patroni struct {
	keeper *server.Keeper
	proxy  *server.Beside
	rest   []int // the ports of the managers
}

func (p *patroni) start(ctx context.Context, c *Cluster, say func(string)) (err error) {
	if p.keeper, err = server.NewKeeper(ctx, say); err != nil {
		return err
	}
	for i := range 2 {
		rest, err := server.FreePort(ctx)
		if err != nil {
			return err
		}
		p.rest = append(p.rest, rest)
		m := server.Member{Manager: p.keeper.Manager(nameOf(i), rest, map[string]string{
			"fsync": "off", "full_page_writes": "on", "synchronous_commit": "on", "max_connections": "300",
			"dynamic_shared_memory_type": "mmap", "jit": "off", "autovacuum": "off",
			"wal_keep_size": "256MB", "max_wal_senders": "8",
		})}
		n, err := server.NewMember(ctx, server.PostgreSQL, m, say)
		if err != nil {
			return err
		}
		c.nodes = append(c.nodes, n)
	}
	return p.followed(ctx, 0)
}

// Front is one address for all of a cluster: that of HAProxy, which it starts before
// one of [Patroni] by way of its proxies, and of a gate of a [Shard].
func (c *Cluster) Front(ctx context.Context) (string, error) {
	if s, ok := c.how.(*shard); ok {
		return address("127.0.0.1", s.ports.gates[0]), nil
	}
	p, ok := c.how.(*patroni)
	if !ok || p.proxy != nil {
		return "", fmt.Errorf("%s has no manager to ask, or its proxy already", c.kind)
	}
	var (
		port int
		err  error
	)
	if p.proxy, port, err = p.keeper.Proxy(ctx, c.Hosts(), p.rest); err != nil {
		return "", err
	}
	return address("127.0.0.1", port), nil
}

// nameOf is what a node is called among the managers.
func nameOf(i int) string { return "n" + strconv.Itoa(i) }

func (p *patroni) close() (err error) {
	if p.proxy != nil {
		err = p.proxy.Close()
	}
	if p.keeper != nil {
		err = errors.Join(err, p.keeper.Close())
	}
	return err
}

// followed waits until the managers, of which i is asked, would promote another.
func (p *patroni) followed(ctx context.Context, i int) error {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	for {
		var state struct {
			Members []struct{ Name, Role, State string }
		}
		text, err := p.ask(ctx, "GET", i, "cluster", nil)
		if err == nil {
			err = json.Unmarshal(text, &state)
		}
		roles := map[string]bool{}
		for _, m := range state.Members {
			roles[m.Role] = true
		}
		if err == nil && roles["leader"] && roles["sync_standby"] {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the managers do not agree: %s, %w", text, errors.Join(err, ctx.Err()))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// ask asks one of the managers.
func (p *patroni) ask(ctx context.Context, method string, i int, path string, body any) ([]byte, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	to := fmt.Sprintf("http://127.0.0.1:%d/%s", p.rest[i], path)
	r, err := http.NewRequestWithContext(ctx, method, to, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, answer)
	}
	return answer, err
}

func (*patroni) primary(ctx context.Context, db *sql.DB) (bool, error) {
	return streaming{}.primary(ctx, db)
}

// takeOver does nothing: the managers notice within their ttl, and promote.
func (*patroni) takeOver(context.Context, *Cluster, int) error { return nil }

func (p *patroni) depose(ctx context.Context, c *Cluster, i int) error {
	return p.handOver(ctx, c, i, c.next(i))
}

func (p *patroni) handOver(ctx context.Context, _ *Cluster, from, to int) error {
	_, err := p.ask(ctx, "POST", from, "switchover", map[string]string{"leader": nameOf(from), "candidate": nameOf(to)})
	return err
}

func (p *patroni) rejoin(ctx context.Context, c *Cluster, i int) error {
	if err := c.nodes[i].Empty(); err != nil {
		return err
	}
	if err := c.nodes[i].Start(ctx); err != nil {
		return err
	}
	return p.followed(ctx, i)
}
