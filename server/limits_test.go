package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/health"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/server"
	"github.com/larder-db/larder/store"
)

// pipes is a listener whose connections hold nothing back: what one side does
// not read the other one cannot write.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

// well is a database about which there is nothing to say.
type well struct{}

func (well) Ping(context.Context) error                   { return nil }
func (well) Schema(context.Context) (health.State, error) { return health.State{}, nil }
func (well) Engine() string                               { return "none" }

// nowhere is a database that cannot be reached: what the server does by itself
// asks for no more than a transaction.
type nowhere struct{ engine.Queryer }

func (nowhere) InTx(context.Context, engine.TxOptions, func(context.Context, *engine.Tx) error) error {
	return dberr.New(dberr.Unavailable, "nowhere", "there is no database")
}

// onPipes runs fn beside a server on pipes, in time that passes only when
// nothing else happens. It has a store that nothing gets to.
func onPipes(t *testing.T, fn func(p *pipes)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		srv, err := server.New(server.Options{Probe: well{}, Store: store.New(nowhere{}, store.Options{}),
			Secret: []byte(secret)})
		if err != nil {
			t.Fatal(err)
		}
		p := newPipes()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- srv.Serve(ctx, p) }()
		fn(p)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// A body has to come at some rate: a client that sends a byte now and then is
// ended after seconds, not minutes.
func TestASlowBodyIsEnded(t *testing.T) {
	for _, every := range []time.Duration{time.Second, 9 * time.Second, time.Hour} {
		onPipes(t, func(p *pipes) {
			c := p.dial()
			defer c.Close()
			begin := time.Now()
			fmt.Fprint(c, "POST /api/v1/auths/signin HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
			over := make(chan struct{})
			defer close(over)
			go func() {
				for {
					select {
					case <-over:
						return
					case <-time.After(every):
						if _, err := io.WriteString(c, " "); err != nil {
							return
						}
					}
				}
			}()
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if took := time.Since(begin); resp.StatusCode != 408 || !resp.Close || took > 12*time.Second {
				t.Errorf("a byte each %v: status %d after %v", every, resp.StatusCode, took)
			}
		})
	}
}

// Who asks and does not read the answer is ended, too.
func TestASlowReaderIsCutOff(t *testing.T) {
	onPipes(t, func(p *pipes) {
		c := p.dial()
		defer c.Close()
		fmt.Fprint(c, "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n")
		time.Sleep(40 * time.Second)
		if b, err := io.ReadAll(c); err != nil || len(b) > 8<<10 {
			t.Errorf("after 40 seconds there are %d bytes, %v", len(b), err)
		}
	})
}

// A connection on which nothing comes is closed.
func TestASlowHeaderIsEnded(t *testing.T) {
	onPipes(t, func(p *pipes) {
		c := p.dial()
		defer c.Close()
		fmt.Fprint(c, "GET /health HT")
		begin := time.Now()
		_, _ = io.ReadAll(c)
		if took := time.Since(begin); took > 11*time.Second {
			t.Errorf("after %v", took)
		}
	})
}

// halt is a body that says how long it is, sends a part, and waits.
type halt struct {
	part io.Reader
	wait chan struct{}
	came chan<- struct{}
}

func (h *halt) Read(b []byte) (int, error) {
	n, err := h.part.Read(b)
	if errors.Is(err, io.EOF) {
		h.came <- struct{}{}
		<-h.wait
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
func (*halt) Close() error { return nil }

// stall sends the beginning of a large body and waits.
func (a *app) stall(path, token string, sends, announces int64,
	wait chan struct{}) (w *httptest.ResponseRecorder, came chan struct{}) {
	came = make(chan struct{}, 1)
	w = httptest.NewRecorder()
	body := io.MultiReader(strings.NewReader(`{"chat":{"x":"`), io.LimitReader(xs{}, sends))
	r := httptest.NewRequestWithContext(a.t.Context(), "POST", path, &halt{body, wait, came})
	r.ContentLength = announces
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	go func() {
		a.srv.ServeHTTP(w, r)
		came <- struct{}{}
	}()
	return w, came
}

type xs struct{}

func (xs) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

// Before somebody has signed in there is no large request, whatever it says of
// its length.
func TestStrangersSendLittle(t *testing.T) {
	a := local(t)
	wait := make(chan struct{})
	defer close(wait)
	for _, path := range []string{"signin", "signup"} {
		w, came := a.stall("/api/v1/auths/"+path, "", 2<<20, 127<<20, wait)
		<-came
		if w.Code != 413 || w.Header().Get("Connection") != "close" {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
	if n := a.srv.MemoryUsed(); n != 0 {
		t.Errorf("%d bytes are in use", n)
	}
}

// What requests hold together is bounded: who comes too much waits, and is told
// to come again. Small requests go on, and so do others' large ones.
func TestMemoryIsShared(t *testing.T) {
	a := local(t)
	ada := a.admin()
	bo := a.user("Bo", "user")
	a.srv = openApp(t, a.probe.eng, func(o *server.Options) { o.Memory, o.Patience = 16<<20, 50*time.Millisecond }).srv
	wait := make(chan struct{})
	var ws []*httptest.ResponseRecorder
	var cs []chan struct{}
	for range 10 { // each takes twice 3 MB, of 16 MB, of which Ada may have half
		w, came := a.stall("/api/v1/chats/new", ada, 3<<20, 100<<20, wait)
		<-came
		ws, cs = append(ws, w), append(cs, came)
	}
	if n := a.srv.MemoryUsed(); n > 17<<20 {
		t.Errorf("%d bytes are in use", n)
	}
	refused := 0
	var halted []chan struct{} // of requests that have no answer before they are let go
	for i, w := range ws {
		switch {
		case w.Code != 503:
			halted = append(halted, cs[i])
		case w.Header().Get("Retry-After") != "":
			refused++
		}
	}
	if refused < 8 {
		t.Errorf("%d of 10 were told to come again", refused)
	}
	a.call("GET", "/api/v1/chats/", nil, ada).is(200, "")
	a.chat(ada, `{"title":"small"}`)
	a.call("POST", "/api/v1/chats/new", `{"chat":{"x":"`+strings.Repeat("x", 2<<20)+`"}}`, bo).is(200, "")
	close(wait)
	for _, ended := range halted {
		<-ended
	}
	if n := a.srv.MemoryUsed(); n != 0 {
		t.Errorf("%d bytes are in use at the end", n)
	}
	a.call("POST", "/api/v1/chats/new", `{"chat":{"x":"`+strings.Repeat("x", 7<<20)+`"}}`, ada).is(200, "")
}

// slowWriter takes an answer as slowly as its client does.
type slowWriter struct {
	h    http.Header
	came chan struct{}
	wait chan struct{}
	once sync.Once
	n    int
}

func (s *slowWriter) Header() http.Header { return s.h }
func (s *slowWriter) WriteHeader(int)     {}
func (s *slowWriter) Write(b []byte) (int, error) {
	if s.n += len(b); s.n > 1<<20 {
		s.once.Do(func() { s.came <- struct{}{}; <-s.wait })
	}
	return len(b), nil
}

// Those who take the same large answer at the same time take it from one copy.
func TestLargeAnswersAreSentFromOneCopy(t *testing.T) {
	a := local(t)
	token := a.admin()
	const size = 3 << 20
	id := a.chat(token, `{"x":"`+strings.Repeat("x", size)+`"}`).ID
	wait := make(chan struct{})
	var wg sync.WaitGroup
	var ws []*slowWriter
	for range 20 {
		w := &slowWriter{h: http.Header{}, came: make(chan struct{}, 1), wait: wait}
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/chats/"+id, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		wg.Go(func() { a.srv.ServeHTTP(w, r) })
		<-w.came
		ws = append(ws, w)
	}
	if n := a.srv.MemoryUsed(); n < size || n > 2*size {
		t.Errorf("%d bytes are in use", n)
	}
	close(wait)
	wg.Wait()
	for _, w := range ws {
		if w.n < size {
			t.Errorf("%d bytes were sent", w.n)
		}
	}
	if n := a.srv.MemoryUsed(); n != 0 {
		t.Errorf("%d bytes are in use at the end", n)
	}
}

// What a proxy says of its clients is believed when the proxy is, and not what
// a client says of itself.
func TestTheClientsAddress(t *testing.T) {
	srv, err := server.New(server.Options{Probe: well{}, Secret: []byte(secret),
		Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ conn, forwarded, want string }{
		{"192.0.2.1:99", "", "192.0.2.1"},
		{"192.0.2.1:99", "203.0.113.9", "192.0.2.1"},
		{"10.1.1.1:99", "203.0.113.9", "203.0.113.9"},
		{"10.1.1.1:99", "", "10.1.1.1"},
		{"10.1.1.1:99", "nonsense", "10.1.1.1"},
		{"10.1.1.1:99", "1.1.1.1, 203.0.113.9", "203.0.113.9"},
		{"10.1.1.1:99", "1.1.1.1, 203.0.113.9, 10.2.2.2", "203.0.113.9"},
		{"[::1]:99", "2001:db8::7", "2001:db8::7"},
		{"[::ffff:10.1.1.1]:99", "::ffff:203.0.113.9", "203.0.113.9"},
		{"@", "", "@"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.RemoteAddr = c.conn
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := server.ClientAddr(srv, r); got != c.want {
			t.Errorf("%s for %q is %s, want %s", c.conn, c.forwarded, got, c.want)
		}
	}
}

// Bodies that do not come to their end keep nobody waiting for room: not each
// other, and not those who only read.
func TestStalledBodiesTakeNoRoom(t *testing.T) {
	a := local(t)
	token := a.admin()
	hs := httptest.NewServer(a.srv)
	defer hs.Close()
	const head = "POST /api/v1/chats/new HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n"
	for i := range 4 {
		c, err := net.Dial("tcp", hs.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "%sAuthorization: Bearer %s\r\n\r\n", head, token)
		line, err := bufio.NewReader(c).ReadString('\n') // comes when the body is first read
		if err != nil || !strings.Contains(line, "100 Continue") {
			t.Fatalf("request %d: %q, %v", i, line, err)
		}
		fmt.Fprint(c, `{"chat":`)
	}
	a.call("GET", "/api/v1/chats/?page=1", nil, token).is(200, "")
}

// Every answer in JSON says how large it is: what was small once need not wait
// for room as an answer of unknown size does.
func TestAnswersSayHowLargeTheyAre(t *testing.T) {
	a := local(t)
	token := a.admin()
	a.chat(token, `{"title":"x"}`)
	for _, path := range []string{"/api/v1/chats/?page=1", "/api/v1/chats/search?text=x", "/api/v1/search?q=x",
		"/api/v1/folders/", "/api/v1/users/user/settings", "/api/config"} {
		w := a.call("GET", path, nil, token).is(200, "")
		if got := w.Header().Get("Content-Length"); got != strconv.Itoa(w.Body.Len()) {
			t.Errorf("%s: %d bytes, announced as %q", path, w.Body.Len(), got)
		}
	}
}

// Who asks for nothing large waits for nobody who may: only so many at a time
// are answered with documents of unknown size. What one knows of such a document
// holds for all that is done with it.
func TestSmallAnswersWaitForNoLargeOnes(t *testing.T) {
	eng := enginetest.Open(t, testdb.New(t, testdb.SQLite).URL, engine.Options{})
	a := newApp(t, eng)
	token := a.admin()
	var ids []string
	for range 4 {
		ids = append(ids, a.chat(token, `{"title":"x"}`).ID)
	}
	a.srv = openApp(t, eng, func(o *server.Options) { o.Patience = 50 * time.Millisecond }).srv
	known := "/api/v1/chats/" + ids[3]
	a.call("GET", known, nil, token).is(200, "")
	held, free := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(free) })
	defer release()
	var all sync.WaitGroup
	all.Go(func() {
		if err := eng.InTx(t.Context(), engine.TxOptions{Mode: engine.Write}, func(context.Context, *engine.Tx) error {
			close(held)
			<-free
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	<-held
	for _, id := range ids[:2] { // they wait for the database
		all.Go(func() { a.call("POST", "/api/v1/chats/"+id+"/pin", nil, token).is(200, "") })
	}
	for n := 0; a.call("GET", "/api/v1/chats/none-"+strconv.Itoa(n), nil, token).Code != 503; n++ {
		if n == 5000 {
			t.Fatal("any number of documents of unknown size are answered at once")
		}
		time.Sleep(time.Millisecond)
	}
	a.call("GET", "/api/v1/chats/?page=9", nil, token).is(200, "")
	a.call("GET", "/api/v1/chats/"+ids[2]+"/pinned", nil, token).is(200, "")
	pinned := make(chan int, 1)
	go func() { pinned <- a.call("POST", known+"/pin", nil, token).Code }()
	select {
	case code := <-pinned:
		t.Errorf("a chat of known size waits for one of unknown size: %d", code)
	case <-time.After(200 * time.Millisecond):
	}
	release()
	all.Wait()
	if code := <-pinned; code != 200 {
		t.Error(code)
	}
}
