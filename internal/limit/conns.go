package limit

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// ConnLimits say how many connections there may be.
type ConnLimits struct {
	Total      int                   // in all; 0 is no limit
	PerAddress int                   // from one address, of those that have shown no session; 0 is no limit
	Exempt     func(netip.Addr) bool // addresses of proxies, which are not counted by themselves; nil is none
}

// Listener is a net.Listener that closes connections over the limits: the one
// that has been waited for the longest, and was not under way to an answer. A
// new one is refused only where all others are. An [http.Server] on it has
// ConnState and ConnContext of the Listener.
type Listener struct {
	net.Listener
	limits ConnLimits

	mu     sync.Mutex
	all    map[*conn]struct{}
	by     map[netip.Addr]int // connections without a session
	closed int64
}

// Listen puts limits on l.
func Listen(l net.Listener, limits ConnLimits) *Listener {
	return &Listener{Listener: l, limits: limits, all: make(map[*conn]struct{}), by: make(map[netip.Addr]int)}
}

// conn is a connection; the listener's mutex guards its fields.
type conn struct {
	net.Conn
	l       *Listener
	addr    netip.Addr
	since   time.Time // of the last thing that happened
	session bool
	working bool // a request has come as a whole and is not answered yet
	gone    bool
}

// Accept waits for a connection within the limits.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		x := &conn{Conn: c, l: l, addr: addrOf(c), since: time.Now()}
		l.mu.Lock()
		out, ok := l.admit(x)
		l.mu.Unlock()
		if out != nil {
			_ = out.Close()
		}
		if ok {
			return x, nil
		}
		_ = c.Close()
	}
}

func addrOf(c net.Conn) netip.Addr {
	ap, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}

// admit takes a connection in, in place of another one where there are too many.
func (l *Listener) admit(x *conn) (out *conn, ok bool) {
	exempt := l.limits.Exempt != nil && l.limits.Exempt(x.addr)
	switch {
	case l.limits.PerAddress > 0 && !exempt && l.by[x.addr] >= l.limits.PerAddress:
		out = l.oldest(func(c *conn) bool { return c.addr == x.addr && !c.session })
	case l.limits.Total > 0 && len(l.all) >= l.limits.Total:
		if out = l.oldest(func(c *conn) bool { return !c.session }); out == nil {
			out = l.oldest(func(*conn) bool { return true })
		}
	default:
		ok = true
	}
	if out != nil {
		l.forget(out)
		l.closed++
		ok = true
	}
	if ok {
		l.all[x] = struct{}{}
		l.by[x.addr]++
	}
	return out, ok
}

// oldest is the connection on which nothing has happened for the longest; nil
// where all are at work.
func (l *Listener) oldest(among func(*conn) bool) *conn {
	var found *conn
	for c := range l.all {
		if !c.working && among(c) && (found == nil || c.since.Before(found.since)) {
			found = c
		}
	}
	return found
}

func (l *Listener) forget(c *conn) {
	if c.gone {
		return
	}
	c.gone = true
	delete(l.all, c)
	if !c.session {
		l.less(c.addr)
	}
}

func (l *Listener) less(a netip.Addr) {
	if l.by[a]--; l.by[a] == 0 {
		delete(l.by, a)
	}
}

// Close closes the connection.
func (c *conn) Close() error {
	c.l.mu.Lock()
	c.l.forget(c)
	c.l.mu.Unlock()
	return c.Conn.Close()
}

// CloseWrite ends the sending half, where the connection has halves.
func (c *conn) CloseWrite() error {
	if h, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return h.CloseWrite()
	}
	return nil
}

// Open is how many connections there are, and Dropped how many were closed for
// others.
func (l *Listener) Open() (open int, dropped int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.all), l.closed
}

// ConnState follows what an [http.Server] does with a connection.
func (l *Listener) ConnState(c net.Conn, state http.ConnState) {
	x, ok := c.(*conn)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	x.since = time.Now()
	if state == http.StateIdle {
		x.working = false
	}
}

type connKey struct{}

// ConnContext lets requests find their connection.
func (l *Listener) ConnContext(ctx context.Context, c net.Conn) context.Context {
	if x, ok := c.(*conn); ok {
		return context.WithValue(ctx, connKey{}, x)
	}
	return ctx
}

// Session says that the connection of the request that ctx belongs to has shown
// a session: it is no stranger's. first says that it had not before.
func Session(ctx context.Context) (first bool) {
	x, ok := ctx.Value(connKey{}).(*conn)
	if !ok {
		return false
	}
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	first = !x.session
	if first && !x.gone {
		x.session = true
		x.l.less(x.addr)
	}
	return first
}

// Working says whether the request that ctx belongs to is at work: it has come
// as a whole, and its connection is not closed for another one.
func Working(ctx context.Context, yes bool) {
	x, ok := ctx.Value(connKey{}).(*conn)
	if !ok {
		return
	}
	x.l.mu.Lock()
	defer x.l.mu.Unlock()
	x.working, x.since = yes, time.Now()
}
