package server

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/health"
	"github.com/larder-db/larder/internal/limit"
	"github.com/larder-db/larder/store"
)

// Version is the release of Open WebUI whose API is served.
const Version = "0.12.4"

// Probe looks at the database itself. The program that opens it provides one.
type Probe interface {
	// Ping runs a statement.
	Ping(ctx context.Context) error
	// Schema says whether the database has the schema that this server needs.
	Schema(ctx context.Context) (health.State, error)
	// Engine names the server behind the store: "SQLite 3.54.1"; empty while
	// that is not known.
	Engine() string
}

// Options say how a server is made. Probe and Secret are required.
type Options struct {
	Store  *store.Store // nil when the database is not open yet; see Server.Attach
	Probe  Probe
	Secret []byte // signs session tokens: WEBUI_SECRET_KEY

	Site         Site             // how the instance is called
	Program      string           // name and version of the program, for the page at /
	Logger       *slog.Logger     // nil discards
	MaxBody      int64            // the largest request body in bytes, where documents are sent; 0 is 128 MiB
	MaxFile      int64            // the largest file that is taken in bytes; 0 is 1 GiB. The settings may allow less
	Memory       int64            // bytes for requests and answers in flight; 0 is 128 MiB
	Connections  int              // at most; 0 is 4096
	PerAddress   int              // connections from one address that have shown no session, at most; 0 is 256
	Origins      []string         // sites whose pages may use the API, as https://chat.example.com; * is all, without cookies
	Hosts        []string         // names under which the server is asked over the loopback, beside localhost
	Proxies      []netip.Prefix   // whose X-Forwarded-For is believed, and whose connections are not counted by address
	Now          func() time.Time // nil is time.Now
	Page         http.Handler     // answers GET for every path that is not the API's; nil is no page
	SecureCookie bool             // mark the session cookie as for HTTPS only
	Drain        time.Duration    // how long Serve waits for requests to end; 0 is 30 s
	Timeout      time.Duration    // how long a request may be worked on once its body is there; 0 is 30 s
	Patience     time.Duration    // how long a request for data waits for what is passing; 0 is 30 s
}

// Site is what people see of an instance. The zero value is Open WebUI's.
type Site struct {
	Name   string // WEBUI_NAME; empty is "Open WebUI"
	Locale string // DEFAULT_LOCALE, "de-DE"; empty leaves it to the browser
}

// Server answers requests. It is an http.Handler and safe for concurrent use.
type Server struct {
	store    *store.Store
	probe    Probe
	tokens   *tokens
	program  string
	site     Site
	log      *slog.Logger
	maxBody  int64
	maxFile  int64
	now      func() time.Time
	secure   bool
	page     http.Handler
	drain    time.Duration
	router   router
	gate     gate
	flows    *flows
	attempts *attempts
	presence presence
	pings    *lookout[struct{}]
	state    condition
	timeout  time.Duration
	sites    *sites
	conns    limit.ConnLimits
	proxies  []netip.Prefix
}

// New makes a server. It does not touch the database. Errors have the code invalid
// and name the option.
func New(o Options) (*Server, error) {
	if o.Probe == nil {
		return nil, dberr.New(dberr.Invalid, "server", "Options.Probe is required")
	}
	if len(o.Secret) == 0 {
		return nil, dberr.New(dberr.Invalid, "server", "Options.Secret is empty; session tokens would be anybody's to sign")
	}
	s := &Server{store: o.Store, probe: o.Probe, program: o.Program, site: o.Site, log: o.Logger, maxBody: o.MaxBody,
		now: o.Now, secure: o.SecureCookie, page: o.Page, drain: o.Drain}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.maxBody <= 0 {
		s.maxBody = 128 << 20
	}
	if s.maxFile = o.MaxFile; s.maxFile <= 0 {
		s.maxFile = 1 << 30
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.drain <= 0 {
		s.drain = 30 * time.Second
	}
	s.site.Name = cmp.Or(s.site.Name, "Open WebUI")
	if s.program == "" {
		s.program = "Larder"
	}
	if o.Memory <= 0 {
		o.Memory = 128 << 20
	}
	var err error
	if s.sites, err = newSites(o.Origins, o.Hosts); err != nil {
		return nil, err
	}
	s.proxies, s.attempts = o.Proxies, newAttempts()
	s.conns = limit.ConnLimits{Total: cmp.Or(o.Connections, 4096), PerAddress: cmp.Or(o.PerAddress, 256),
		Exempt: s.isProxy}
	s.timeout = o.Timeout
	if s.timeout <= 0 {
		s.timeout = 30 * time.Second
	}
	s.state = condition{now: s.now, log: s.log}
	s.pings = &lookout[struct{}]{ask: func(ctx context.Context) (struct{}, error) { return struct{}{}, o.Probe.Ping(ctx) }}
	s.gate = gate{schema: &lookout[health.State]{ask: o.Probe.Schema}, now: s.now, patience: o.Patience,
		stopping: make(chan struct{})}
	if s.gate.patience <= 0 {
		s.gate.patience = 30 * time.Second
	}
	s.flows = newFlows(o.Memory, min(s.gate.patience, 10*time.Second))
	s.gate.attached.Store(o.Store != nil)
	s.tokens = &tokens{secret: o.Secret, now: s.now}
	for _, rt := range s.routes() {
		s.router.add(rt, s.handler(rt))
	}
	return s, nil
}

// Attach gives a server that was made without a store the one to serve. It is
// called once. Until then requests for data are answered by what the probe
// says: they wait, or are told why they cannot be served.
func (s *Server) Attach(st *store.Store) {
	s.store = st
	s.gate.attached.Store(true) // from here on handlers see the store
}

// handler is a route with what every route needs: the gate, the caller, the
// answer to an error.
func (s *Server) handler(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec, _ := w.(*record) // nothing else comes through the mux
		defer rec.end()
		err := s.run(w, r, rt)
		if err == nil {
			return
		}
		f := failureOf(rt.refusal(err))
		rec.err = f.err
		if rec.status != 0 { // the answer has begun; it can only be cut off
			panic(http.ErrAbortHandler)
		}
		writeFailure(w, f)
	})
}

func (s *Server) run(w http.ResponseWriter, r *http.Request, rt route) error {
	if err := rt.wantsJSON(r); err != nil {
		return err
	}
	switch {
	case rt.data && rt.changes():
		ctx, done, err := s.gate.change(r.Context())
		if err != nil {
			return err
		}
		defer done()
		return cutOff(ctx, s.answer(w, r.WithContext(ctx), rt))
	case rt.data:
		if err := s.gate.pass(r.Context(), false); err != nil {
			return err
		}
	}
	return s.answer(w, r, rt)
}

// answer is a route behind the gate.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, rt route) error {
	rq := &request{http: r, w: w, timeout: s.timeout}
	if rt.auth > public {
		c, err := s.authenticate(r)
		if err != nil {
			return err
		}
		if rec, ok := w.(*record); ok {
			rec.userID = c.ID
		}
		if limit.Session(r.Context()) {
			s.attempts.known.Begin(network(s.clientAddr(r)), s.now())
		}
		if err := c.may(rt.auth); err != nil {
			return err
		}
		rq.caller = *c
		s.seen(c)
	}
	f := s.account(w, r, &rt, cmp.Or(rq.caller.ID, s.clientAddr(r)))
	return f.run(func() error { return rt.serve(rq) })
}

// Serve answers requests on l until ctx is done, then lets those that run finish,
// for at most Options.Drain. It closes l. Errors: dberr.Unavailable when l fails,
// dberr.Timeout when requests had to be cut off.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	limited := limit.Listen(l, s.conns)
	hs := &http.Server{
		ConnState:         limited.ConnState,
		ConnContext:       limited.ConnContext,
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       5 * time.Minute,
		WriteTimeout:      10 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	go s.keepPresence(ctx)
	folding := make(chan struct{})
	go func() {
		defer close(folding)
		s.keepFolding(ctx)
	}()
	failed := make(chan error, 1)
	go func() { failed <- hs.Serve(limited) }()
	select {
	case err := <-failed:
		return &dberr.Error{Op: "serve", Code: dberr.Unavailable, Msg: "the listener failed", Err: err}
	case <-ctx.Done():
	}
	s.gate.stop()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.drain)
	defer cancel()
	err := hs.Shutdown(drain)
	last, done := context.WithTimeout(drain, time.Second)
	defer done()
	s.writePresence(last)
	<-folding
	s.foldLast(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		_ = hs.Close()
		return dberr.New(dberr.Timeout, "serve", "some requests did not end in time and were cut off")
	}
	return err
}
