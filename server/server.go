package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/store"
)

// Version is the release of Open WebUI whose API is served.
const Version = "0.12.4"

// Probe looks at the database itself. The program that opens it provides one.
type Probe interface {
	// Ping runs a statement.
	Ping(ctx context.Context) error
	// Schema returns the revision that the database is at, empty for none,
	// and why it cannot be served: a sentence with the way out, empty when it can.
	Schema(ctx context.Context) (revision, reason string, err error)
	// Engine names the server behind the store: "SQLite 3.54.1".
	Engine() string
}

// Options say how a server is made. Store, Probe and Secret are required.
type Options struct {
	Store  *store.Store
	Probe  Probe
	Secret []byte // signs session tokens: WEBUI_SECRET_KEY

	Program      string           // name and version of the program, for the page at /
	Logger       *slog.Logger     // nil discards
	MaxBody      int64            // the largest request body in bytes; 0 is 128 MiB
	Now          func() time.Time // nil is time.Now
	SecureCookie bool             // mark the session cookie as for HTTPS only
	Drain        time.Duration    // how long Serve waits for requests to end; 0 is 30 s
}

// Server answers requests. It is an http.Handler and safe for concurrent use.
type Server struct {
	store   *store.Store
	probe   Probe
	tokens  *tokens
	program string
	log     *slog.Logger
	maxBody int64
	now     func() time.Time
	secure  bool
	drain   time.Duration
	mux     *http.ServeMux
	gate    gate
}

// New makes a server. It does not touch the database.
func New(o Options) (*Server, error) {
	if o.Store == nil || o.Probe == nil {
		return nil, dberr.New(dberr.Invalid, "server", "Options.Store and Options.Probe are required")
	}
	if len(o.Secret) == 0 {
		return nil, dberr.New(dberr.Invalid, "server", "Options.Secret is empty; session tokens would be anybody's to sign")
	}
	s := &Server{store: o.Store, probe: o.Probe, program: o.Program, log: o.Logger, maxBody: o.MaxBody, now: o.Now, secure: o.SecureCookie, drain: o.Drain}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.maxBody <= 0 {
		s.maxBody = 128 << 20
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.drain <= 0 {
		s.drain = 30 * time.Second
	}
	if s.program == "" {
		s.program = "Larder"
	}
	s.tokens = &tokens{secret: o.Secret, now: s.now}
	s.mux = http.NewServeMux()
	for _, rt := range s.routes() {
		s.mux.Handle(rt.method+" "+rt.path, s.handler(rt))
	}
	return s, nil
}

// handler is a route with what every route needs: the gate, the caller, the
// answer to an error.
func (s *Server) handler(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := s.run(w, r, rt)
		if err == nil {
			return
		}
		f := failureOf(err)
		if rec, ok := w.(*record); ok {
			rec.err = f.err
			if rec.status != 0 { // the answer has begun; it can only be cut off
				panic(http.ErrAbortHandler)
			}
		}
		writeFailure(w, f)
	})
}

func (s *Server) run(w http.ResponseWriter, r *http.Request, rt route) error {
	if rt.data {
		if err := s.gate.check(r.Context(), s.probe, s.now()); err != nil {
			return err
		}
	}
	c := &caller{}
	if rt.auth > public {
		var err error
		if c, err = s.authenticate(r); err != nil {
			return err
		}
		if rec, ok := w.(*record); ok {
			rec.userID = c.ID
		}
		if err := c.may(rt.auth); err != nil {
			return err
		}
	}
	return rt.serve(w, r, c)
}

// Serve answers requests on l until ctx is done, then lets those that run
// finish, for at most Options.Drain. It closes l.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	hs := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       5 * time.Minute,
		WriteTimeout:      10 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- hs.Serve(l) }()
	select {
	case err := <-failed:
		return &dberr.Error{Op: "serve", Code: dberr.Unavailable, Msg: "the listener failed", Err: err}
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.drain)
	defer cancel()
	err := hs.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		_ = hs.Close()
		return dberr.New(dberr.Timeout, "serve", "some requests did not end in time and were cut off")
	}
	return err
}

// gate holds requests for data back while the schema is not the one this
// program knows. Once it was found right it is not asked for again: schema
// changes go with a new start.
type gate struct {
	open   atomic.Bool
	mu     sync.Mutex
	asked  time.Time
	closed error
}

// recheck is how often a closed gate looks again.
const recheck = time.Second

func (g *gate) check(ctx context.Context, p Probe, now time.Time) error {
	if g.open.Load() {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed != nil && now.Sub(g.asked) < recheck {
		return g.closed
	}
	_, reason, err := p.Schema(ctx)
	switch {
	case err != nil:
		return err
	case reason != "":
		g.asked, g.closed = now, &failure{status: http.StatusServiceUnavailable, detail: reason}
		return g.closed
	}
	g.open.Store(true)
	g.closed = nil
	return nil
}
