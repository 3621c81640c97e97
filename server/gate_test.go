package server_test

import (
	"context"
	"database/sql"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/health"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/server"
	"github.com/larder-db/larder/tables"
)

const migrating = "The database is being migrated: revision 12 of 66."

// starting is a server whose database is being migrated.
func starting(t *testing.T, patience time.Duration) *app {
	t.Helper()
	eng := enginetest.Open(t, testdb.Memory(t).URL, engine.Options{})
	if err := fresh.Create(t.Context(), eng, tables.All(), []string{tables.Head}); err != nil {
		t.Fatal(err)
	}
	a := openApp(t, eng, func(o *server.Options) { o.Store, o.Patience = nil, patience })
	a.probe.state = health.State{Passing: true}
	a.probe.set(migrating, nil)
	return a
}

// While the database is being migrated the process is healthy and not ready,
// and whoever came early waits and is served.
func TestRequestsWaitForAMigration(t *testing.T) {
	a := starting(t, time.Minute)
	a.call("GET", "/health", nil).is(200, "")
	a.call("GET", "/api/version", nil).is(200, "")
	if w := a.call("GET", "/", nil).is(200, ""); !strings.Contains(w.Body.String(), migrating) {
		t.Errorf("the page is %s", w.Body)
	}
	if w := a.call("GET", "/ready", nil).is(503, migrating); w.Header().Get("Retry-After") != "5" {
		t.Errorf("come again after %q", w.Header().Get("Retry-After"))
	}
	early := make(chan *answer)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() { early <- a.call("GET", "/api/config", nil) })
	}
	select {
	case w := <-early:
		t.Fatalf("an answer too early: %d %s", w.Code, w.Body)
	case <-time.After(200 * time.Millisecond):
	}
	a.probe.mu.Lock()
	a.probe.state, a.probe.reason = health.State{}, ""
	a.probe.mu.Unlock()
	a.call("GET", "/ready", nil).is(503, "The server is starting. Please try again.")
	a.srv.Attach(a.store)
	for range 5 {
		(<-early).is(200, "")
	}
	wg.Wait()
	a.call("GET", "/ready", nil).is(200, "")
	a.admin()
}

// A wait has an end: that of the request's patience, of the client's, and of
// what was waited for, when it fails.
func TestAWaitHasAnEnd(t *testing.T) {
	a := starting(t, 20*time.Millisecond)
	if w := a.call("POST", "/api/v1/auths/signin", `{"email":"a@b","password":"x"}`).is(503, migrating); w.Header().
		Get("Retry-After") != "5" {
		t.Errorf("come again after %q", w.Header().Get("Retry-After"))
	}
	a = starting(t, time.Hour)
	gone, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(gone, "GET", "/api/config", nil)
	if err != nil {
		t.Fatal(err)
	}
	a.srv.ServeHTTP(&answerless{}, r)
	done := make(chan *answer)
	go func() { done <- a.call("GET", "/api/config", nil) }()
	time.Sleep(20 * time.Millisecond)
	a.probe.mu.Lock()
	a.probe.state, a.probe.reason = health.State{}, "The migration failed."
	a.probe.mu.Unlock()
	if w := (<-done).is(503, "The migration failed."); w.Header().Get("Retry-After") != "1" {
		t.Errorf("come again after %q", w.Header().Get("Retry-After"))
	}
}

type answerless struct{}

func (answerless) Header() http.Header         { return http.Header{} }
func (answerless) Write(b []byte) (int, error) { return len(b), nil }
func (answerless) WriteHeader(int)             {}

// A server that ends does not wait for those that wait.
func TestShutdownEndsTheWait(t *testing.T) {
	a := starting(t, time.Hour)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.srv.Serve(ctx, l) }()
	answered := make(chan int, 1)
	go func() {
		resp, err := http.Get("http://" + l.Addr().String() + "/api/config")
		if err != nil {
			answered <- 0
			return
		}
		resp.Body.Close()
		answered <- resp.StatusCode
	}()
	for asked := 0; asked == 0; time.Sleep(time.Millisecond) { // until it has come
		a.probe.mu.Lock()
		asked = a.probe.asked
		a.probe.mu.Unlock()
	}
	begin := time.Now()
	stop()
	if status := <-answered; status != 503 {
		t.Errorf("status %d", status)
	}
	if err := <-done; err != nil || time.Since(begin) > 30*time.Second {
		t.Errorf("Serve: %v after %v", err, time.Since(begin))
	}
}

// The half minute that is the default.
func TestTheDefaultPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, err := server.New(server.Options{Probe: forever{}, Secret: []byte(secret)})
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		r, err := http.NewRequestWithContext(t.Context(), "GET", "/api/config", nil)
		if err != nil {
			t.Fatal(err)
		}
		srv.ServeHTTP(&answerless{}, r)
		if took := time.Since(begin); took != 30*time.Second {
			t.Errorf("it waited %v", took)
		}
	})
}

type forever struct{}

func (forever) Ping(context.Context) error { return nil }
func (forever) Schema(context.Context) (health.State, error) {
	return health.State{Reason: migrating, Passing: true}, nil
}
func (forever) Engine() string { return "" }

// A database that can be read only is read, and is not called ready.
func TestReadOnlyState(t *testing.T) {
	a := local(t)
	a.admin()
	a.srv = openApp(t, a.probe.eng, func(o *server.Options) { o.Store, o.Probe = a.store, a.probe }).srv
	a.probe.state = health.State{ReadOnly: true}
	a.probe.set("It is newer.", nil)
	if w := a.call("GET", "/ready", nil).is(503, "It is newer."); !strings.Contains(w.Body.String(), `"read_only":true`) {
		t.Errorf("/ready answers %s", w.Body)
	}
	a.token("signin", map[string]any{"email": "ada@example.com", "password": "pw-ada"})
}

// A gate that was open closes again when the database is not what it was: for
// changes, or for all, and opens when it is.
func TestTheGateClosesAgain(t *testing.T) {
	a := local(t)
	token := a.admin()
	now := time.Now()
	a.srv = openApp(t, a.probe.eng, func(o *server.Options) {
		o.Store, o.Probe = a.store, a.probe
		o.Now = func() time.Time { return now }
	}).srv
	become := func(s health.State) {
		a.probe.mu.Lock()
		a.probe.state, a.probe.reason = s, s.Reason
		a.probe.mu.Unlock()
		now = now.Add(3 * time.Second)
	}
	const chat, signIn = `{"chat":{"title":"T"}}`, `{"email":"ada@example.com","password":"pw-ada"}`
	for range 2 {
		become(health.State{})
		a.call("POST", "/api/v1/chats/new", chat, token).is(200, "")
		become(health.State{Reason: "It is newer.", ReadOnly: true})
		a.call("POST", "/api/v1/chats/new", chat, token).is(503, "The database accepts no changes at the moment. It is newer.")
		a.call("DELETE", "/api/v1/chats/", nil, token).is(503, "")
		a.call("GET", "/api/v1/chats/", nil, token).is(200, "")
		a.call("POST", "/api/v1/auths/signin", signIn).is(200, "")
		a.call("GET", "/ready", nil).is(503, "It is newer.")
		become(health.State{Reason: "It was replaced."})
		a.call("POST", "/api/v1/chats/new", chat, token).is(503, "It was replaced.")
		a.call("GET", "/api/v1/chats/", nil, token).is(503, "It was replaced.")
	}
	// Who changes something often does not ask each time.
	become(health.State{})
	a.call("POST", "/api/v1/chats/new", chat, token).is(200, "")
	asked := a.probe.asked
	for range 20 {
		a.call("POST", "/api/v1/chats/new", chat, token).is(200, "")
	}
	if n := a.probe.asked - asked; n > 0 {
		t.Errorf("the probe was asked %d times more", n)
	}
}

// stuck is a database that does not answer, and does not care about contexts.
type stuck struct {
	gone  chan struct{}
	asked atomic.Int32
}

func (s *stuck) Ping(context.Context) error { s.asked.Add(1); <-s.gone; return nil }
func (s *stuck) Schema(context.Context) (health.State, error) {
	s.asked.Add(1)
	<-s.gone
	return health.State{}, nil
}
func (*stuck) Engine() string { return "" }

// Probes are answered in two seconds whatever the database does, and do not
// pile up on it.
func TestProbesAreAnsweredInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &stuck{gone: make(chan struct{})}
		defer close(db.gone)
		srv, err := server.New(server.Options{Probe: db, Secret: []byte(secret)})
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/ready", "/health/db"} {
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					begin := time.Now()
					r, err := http.NewRequestWithContext(t.Context(), "GET", path, nil)
					if err != nil {
						t.Error(err)
						return
					}
					w := httptest.NewRecorder()
					srv.ServeHTTP(w, r)
					if took := time.Since(begin); w.Code != 503 || took > 2*time.Second {
						t.Errorf("%s: status %d after %v", path, w.Code, took)
					}
				})
			}
			wg.Wait()
		}
		if n := db.asked.Load(); n != 2 {
			t.Errorf("the database was asked %d times", n)
		}
	})
}

// A request ends when its time is over, with a sentence that says what it was
// waiting for.
func TestARequestHasATime(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		a := newApp(t, eng)
		token := a.admin()
		id := a.chat(token, `{"title":"T"}`).ID
		a.srv = openApp(t, eng, func(o *server.Options) { o.Timeout = 300 * time.Millisecond }).srv
		locked, release := make(chan struct{}), make(chan struct{})
		done := make(chan error)
		go func() {
			done <- eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
				if _, err := op.Run(ctx, tx, "UPDATE {chat} SET {title} = 'mine'"); err != nil {
					return err
				}
				close(locked)
				<-release
				return nil
			})
		}()
		<-locked
		begin := time.Now()
		w := a.call("POST", "/api/v1/chats/"+id, `{"chat":{"title":"N"}}`, token).is(503, "")
		if took := time.Since(begin); took > 20*time.Second || !strings.Contains(w.Body.String(), "did not answer in time") ||
			w.Header().Get("Retry-After") == "" {
			t.Errorf("after %v: %s", took, w.Body)
		}
		close(release)
		if err := <-done; err != nil {
			t.Error(err)
		}
		openApp(t, eng, nil).call("GET", "/api/v1/chats/"+id, nil, token).is(200, "")
	})
}

// A database without room says so, and is well again when it has some.
func TestADatabaseThatIsFull(t *testing.T) {
	a := local(t)
	token := a.admin()
	limit := func(pragma string) {
		t.Helper()
		err := a.probe.eng.OnWriter(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
			_, err := conn.ExecContext(ctx, pragma)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit("PRAGMA max_page_count = 1") // what there is already
	large := `{"chat":{"x":"` + strings.Repeat("x", 1<<20) + `"}}`
	a.call("POST", "/api/v1/chats/new", large, token).is(507, "The database has no room left. An administrator has to free some.")
	a.call("GET", "/api/v1/chats/", nil, token).is(200, "")
	for _, probe := range []string{"/ready", "/health/db"} {
		if w := a.call("GET", probe, nil).
			is(503, "The database has no room left. An administrator has to free some."); w.Header().Get("Retry-After") == "" {
			t.Errorf("%s does not say when to come again", probe)
		}
	}
	a.call("GET", "/health", nil).is(200, "")
	limit("PRAGMA max_page_count = 1000000")
	a.call("POST", "/api/v1/chats/new", large, token).is(200, "")
	for _, probe := range []string{"/ready", "/health/db"} {
		a.call("GET", probe, nil).is(200, "")
	}
}

// Who asks whether the server is ready, while it starts or later, fills no log:
// a line says when the answer has changed.
func TestProbesAreQuiet(t *testing.T) {
	a := starting(t, time.Minute)
	for range 3 {
		a.call("GET", "/ready", nil).is(503, migrating)
	}
	a.probe.state = health.State{}
	a.probe.set("The table chat is gone.", nil)
	for range 3 {
		a.call("GET", "/ready", nil).is(503, "The table chat is gone.")
	}
	var levels []string
	for line := range strings.Lines(a.log.String()) {
		if strings.Contains(line, "ready") {
			level, msg, _ := strings.Cut(line[strings.Index(line, "level="):], " msg=")
			levels = append(levels, level+" "+msg)
		}
	}
	if len(levels) != 2 || !strings.HasPrefix(levels[0], `level=INFO "not ready yet" reason="The database is being migrated`) ||
		!strings.HasPrefix(levels[1], `level=WARN "not ready" reason="The table chat is gone."`) {
		t.Errorf("the log has %q", levels)
	}
}
