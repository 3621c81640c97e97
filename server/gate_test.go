package server_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/health"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate/fresh"
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
	if w := a.call("POST", "/api/v1/auths/signin", `{"email":"a@b","password":"x"}`).is(503, migrating); w.Header().Get("Retry-After") != "5" {
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
	time.Sleep(150 * time.Millisecond)
	begin := time.Now()
	stop()
	if status := <-answered; status != 503 {
		t.Errorf("status %d", status)
	}
	if err := <-done; err != nil || time.Since(begin) > 5*time.Second {
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
