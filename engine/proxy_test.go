package engine_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
)

// proxy stands between an engine and its server, and can behave as a network
// does on a bad day.
type proxy struct {
	l      net.Listener
	target string
	silent atomic.Bool                       // bytes vanish, connections stay
	cut    atomic.Pointer[func([]byte) bool] // a client's bytes after which the answer is lost

	mu    sync.Mutex
	conns []net.Conn
	wg    sync.WaitGroup
	wake  chan struct{} // closed at the end, for those who swallow
}

// throughProxy returns the URL with the server's address replaced by a proxy's.
func throughProxy(t testing.TB, rawURL string) (*proxy, string) {
	t.Helper()
	u, err := dburl.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	target := u.Hosts()[0].Address()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{l: l, target: target, wake: make(chan struct{})}
	p.wg.Go(p.accept)
	t.Cleanup(p.close)
	return p, strings.Replace(rawURL, "@"+target+"/", "@"+l.Addr().String()+"/", 1)
}

// then is the proxy's URL with another host after it.
func (p *proxy) then(url, host string) string {
	return strings.Replace(url, p.l.Addr().String(), p.l.Addr().String()+","+host, 1)
}

// dialed is how many connections were made to it.
func (p *proxy) dialed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns) / 2
}

// Connections begin with the first host of the URL, and with any where it says so.
func TestTheOrderOfHosts(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) {
		t.Parallel()
		db := testdb.New(t, name)
		for balance, want := range map[string]bool{"disable": false, "random": true} {
			first, url := throughProxy(t, db.URL)
			second, _ := throughProxy(t, db.URL)
			url = first.then(url, second.l.Addr().String())
			address := url + "?load_balance_hosts=" + balance
			if strings.Contains(url, "?") {
				address = url + "&load_balance_hosts=" + balance
			}
			for range 20 { // that none of them begins with the second is one case of a million
				eng := enginetest.Open(t, address, engine.Options{})
				if _, err := readNumber(t.Context(), eng, "SELECT 1"); err != nil {
					t.Fatal(err)
				}
				if err := eng.Close(); err != nil {
					t.Error(err)
				}
			}
			if got := second.dialed() > 0; got != want || first.dialed() == 0 {
				t.Errorf("%s: %d connections to the first, %d to the second", balance, first.dialed(), second.dialed())
			}
		}
	})
}

func (p *proxy) accept() {
	for {
		client, err := p.l.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		p.mu.Unlock()
		var lost atomic.Bool
		p.wg.Go(func() { p.copy(server, client, &lost, true) })
		p.wg.Go(func() { p.copy(client, server, &lost, false) })
	}
}

func (p *proxy) copy(to, from net.Conn, lost *atomic.Bool, fromClient bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && p.silent.Load() {
			continue
		}
		if n > 0 && fromClient {
			if cut := p.cut.Load(); cut != nil && (*cut)(buf[:n]) {
				lost.Store(true)
			}
		}
		if n > 0 && !fromClient && lost.Load() {
			return // the server has answered, and the answer does not arrive
		}
		if n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) || !p.silent.Load() {
				return
			}
			return
		}
	}
}

// loseAnswerTo loses the answer to the next statement that holds the text, once.
func (p *proxy) loseAnswerTo(text string) *atomic.Bool {
	var done atomic.Bool
	f := func(b []byte) bool {
		b = bytes.TrimRight(bytes.ToUpper(b), "\x00")
		at := bytes.Index(b, []byte(text))
		return at >= 0 && (text != "COMMIT" || at+len(text) == len(b)) && done.CompareAndSwap(false, true)
	}
	p.cut.Store(&f)
	return &done
}

// reset cuts all connections.
func (p *proxy) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}

func (p *proxy) close() {
	p.l.Close()
	p.reset()
	p.wg.Wait()
}
