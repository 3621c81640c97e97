package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/larder-db/larder/blobs"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/health"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/server"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// app is a server over a database, and a client of it.
type app struct {
	t     *testing.T
	store *store.Store
	probe *fakeProbe
	srv   *server.Server
	log   *logged
	now   func() time.Time
}

// fakeProbe looks at a real engine, and can be told that something is wrong.
type fakeProbe struct {
	eng    *engine.Engine
	mu     sync.Mutex
	reason string
	state  health.State // beside the reason
	err    error
	asked  int
}

func (p *fakeProbe) Ping(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	_, err := p.eng.Health(ctx)
	return err
}

func (p *fakeProbe) Schema(context.Context) (health.State, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	s := p.state
	s.Revision, s.Reason = tables.Head, p.reason
	return s, p.err
}

func (p *fakeProbe) Engine() string { return p.eng.Version() }

func (p *fakeProbe) set(reason string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reason, p.err = reason, err
}

// logged keeps what was logged.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

const secret = "the secret of the tests"

// newApp is an app over a new database.
func newApp(t *testing.T, eng *engine.Engine) *app {
	t.Helper()
	if err := fresh.Create(t.Context(), eng, slices.Concat(tables.All(), own.All()), []string{tables.Head}); err != nil {
		t.Fatal(err)
	}
	a := openApp(t, eng, nil)
	if _, err := a.store.Chats.FoldLeft(t.Context(), 0); err != nil { // as a server does when it starts
		t.Fatal(err)
	}
	return a
}

// openApp is an app over a database that has its tables.
func openApp(t *testing.T, eng *engine.Engine, change func(*server.Options)) *app {
	t.Helper()
	a := &app{t: t, probe: &fakeProbe{eng: eng}, log: &logged{}}
	uploads, err := blobs.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = uploads.Close() })
	a.store = store.New(eng, store.Options{Blobs: blobs.New(uploads, nil), Passwords: store.NewPasswords(bcrypt.MinCost), Now: func() time.Time {
		if a.now != nil {
			return a.now()
		}
		return time.Now()
	}})
	o := server.Options{Store: a.store, Probe: a.probe, Secret: []byte(secret),
		Logger: slog.New(slog.NewTextHandler(a.log, nil))}
	if change != nil {
		change(&o)
	}
	srv, err := server.New(o)
	if err != nil {
		t.Fatal(err)
	}
	a.srv = srv
	return a
}

// answer is what came back.
type answer struct {
	*httptest.ResponseRecorder
	t *testing.T
}

// call sends a request; body is marshalled unless it is text or nil, and
// options are header lines or, without a colon, the token.
func (a *app) call(method, path string, body any, options ...string) *answer {
	a.t.Helper()
	var rd io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		rd = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			a.t.Fatal(err)
		}
		rd = bytes.NewReader(text)
	}
	r := httptest.NewRequestWithContext(a.t.Context(), method, path, rd)
	if text, ok := body.(string); ok && strings.HasPrefix(text, "--"+boundary) {
		r.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
	} else if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, o := range options {
		k, v, ok := strings.Cut(o, ": ")
		switch {
		case ok:
			r.Header.Set(k, v)
		case o != "":
			r.Header.Set("Authorization", "Bearer "+o)
		}
	}
	w := httptest.NewRecorder()
	a.srv.ServeHTTP(w, r)
	a.described(r, w)
	return &answer{w, a.t}
}

// boundary is between the parts of forms with files.
const boundary = "larder-test-boundary"

// upload is a form with a file, and what else is said: header lines of parts
// and their contents.
func upload(name, content string, more ...string) string {
	form := "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name +
		"\"\r\nContent-Type: " + typeByName(name) + "\r\n\r\n" + content + "\r\n"
	for i := 0; i+1 < len(more); i += 2 {
		form += "--" + boundary + "\r\nContent-Disposition: form-data; " + more[i] + "\r\n\r\n" + more[i+1] + "\r\n"
	}
	return form + "--" + boundary + "--\r\n"
}

func typeByName(name string) string {
	for suffix, kind := range map[string]string{".html": "text/html", ".pdf": "application/pdf", ".png": "image/png",
		".mp4": "video/mp4", ".bin": "application/octet-stream"} {
		if strings.HasSuffix(name, suffix) {
			return kind
		}
	}
	return "text/plain"
}

// file uploads a file and returns its id.
func (a *app) file(token, name, content string) string {
	a.t.Helper()
	var x struct{ ID string }
	a.call("POST", "/api/v1/files/", upload(name, content), token).is(http.StatusOK, "").into(&x)
	return x.ID
}

// decode reads the body, numbers as they are written.
func (w *answer) decode() any {
	w.t.Helper()
	return decode(w.t, w.Body.Bytes())
}

func (w *answer) into(v any) *answer {
	w.t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), v); err != nil {
		w.t.Fatalf("%v in %.300s", err, w.Body)
	}
	return w
}

// is fails the test unless the answer has the status and, if not empty, the detail.
func (w *answer) is(status int, detail string) *answer {
	w.t.Helper()
	if w.Code != status {
		w.t.Errorf("status %d, want %d: %.300s", w.Code, status, w.Body)
		return w
	}
	if detail == "" {
		return w
	}
	var d struct{ Detail any }
	w.into(&d)
	if fmt.Sprint(d.Detail) != detail {
		w.t.Errorf("detail %v, want %s", d.Detail, detail)
	}
	return w
}

func decode(t testing.TB, text []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %.300s", err, text)
	}
	return v
}

// admin signs the first user up and returns the token.
func (a *app) admin() string {
	a.t.Helper()
	return a.token("signup", map[string]any{"name": "Ada", "email": "ada@example.com", "password": "pw-ada"})
}

func (a *app) token(verb string, form any) string {
	a.t.Helper()
	var s struct{ Token string }
	a.call("POST", "/api/v1/auths/"+verb, form).is(http.StatusOK, "").into(&s)
	return s.Token
}

// user adds a user and returns the token.
func (a *app) user(name, role string) string {
	a.t.Helper()
	if _, err := a.store.Users.Add(a.t.Context(), store.Program(),
		store.NewUser{Name: name, Email: name + "@example.com", Password: "pw-" + name, Role: role}); err != nil {
		a.t.Fatal(err)
	}
	return a.token("signin", map[string]any{"email": name + "@example.com", "password": "pw-" + name})
}

type chatBody struct {
	ID    string          `json:"id"`
	Title string          `json:"title"`
	Chat  json.RawMessage `json:"chat"`
}

func (a *app) chat(token, doc string) chatBody {
	a.t.Helper()
	var c chatBody
	a.call("POST", "/api/v1/chats/new", `{"chat":`+doc+`}`, token).is(http.StatusOK, "").into(&c)
	return c
}
