//go:build unix

package cluster

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
)

// Proxy stands between clients and one server, and can go silent as a network
// does: connections stay open and nothing arrives, not even that one has ended.
type Proxy struct {
	listener net.Listener
	target   string
	silent   atomic.Bool

	mu    sync.Mutex
	conns map[net.Conn]bool
	wg    sync.WaitGroup
}

// listen starts a proxy at an address before the server at target. It ends with
// Close, and not with ctx.
func listen(ctx context.Context, at, target string) (*Proxy, error) {
	ctx = context.WithoutCancel(ctx)
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", at)
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, target: target, conns: map[net.Conn]bool{}}
	p.wg.Go(func() { p.accept(ctx) })
	return p, nil
}

// Addr is where clients find the proxy.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Silence lets what is sent vanish, in both directions. New connections are
// accepted and nobody answers.
func (p *Proxy) Silence() { p.silent.Store(true) }

// Speak ends the silence. The connections that lived through it are cut,
// because some of what was sent on them is missing.
func (p *Proxy) Speak() {
	if p.silent.Swap(false) {
		p.cut()
	}
}

// Clients is how many clients are connected.
func (p *Proxy) Clients() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns) / 2 // with their connections to the server
}

// Close cuts all connections and ends the proxy.
func (p *Proxy) Close() {
	_ = p.listener.Close()
	p.cut()
	p.wg.Wait()
}

func (p *Proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
	clear(p.conns)
}

func (p *Proxy) accept(ctx context.Context) {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.target)
		if err != nil {
			if !p.hold(client) {
				_ = client.Close() // as the server itself would refuse
			}
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[server] = true, true
		p.mu.Unlock()
		p.wg.Go(func() { p.carry(server, client) })
		p.wg.Go(func() { p.carry(client, server) })
	}
}

// hold keeps a connection open that has ended on the other side, for as long as
// the proxy is silent.
func (p *Proxy) hold(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.silent.Load() {
		return false
	}
	p.conns[c] = true
	return true
}

func (p *Proxy) carry(to, from net.Conn) {
	defer func() {
		if p.hold(to) {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, c := range []net.Conn{to, from} {
			_ = c.Close()
			delete(p.conns, c)
		}
	}()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if p.silent.Load() {
			continue
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}
