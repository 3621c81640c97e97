package mysql

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/netfault"
	"github.com/larder-db/larder/driver/prepared"
)

// Driver opens the databases of servers that speak MySQL's protocol.
type Driver struct {
	// Flavours are those to tell a server's from, in the order in which they
	// are asked; none is MySQL, MariaDB and Vitess.
	Flavours []Flavour
}

func (d Driver) flavours() []Flavour {
	if len(d.Flavours) == 0 {
		return []Flavour{MySQL{}, MariaDB{}, Vitess{}}
	}
	return d.Flavours
}

// flavour is the one that a URL's backend names.
func (d Driver) flavour(backend string) Flavour {
	all := d.flavours()
	if i := slices.IndexFunc(all, func(f Flavour) bool { return f.Name() == backend }); i >= 0 {
		return all[i]
	}
	return all[0]
}

const (
	defaultConnectTimeout = 10 * time.Second

	// pingTimeout is how long an idle connection may take to answer before it
	// is given up: a server that is alive answers in milliseconds.
	pingTimeout = 3 * time.Second

	// statementsKept is how many prepared statements a connection keeps. The
	// server counts those of all connections (max_prepared_stmt_count, 16,382).
	statementsKept = 64

	// goodPacket is the packet limit below which the operator is warned.
	goodPacket = 64 << 20

	// strictMode refuses what MySQL would otherwise cut, round or replace, and
	// stores a 0 that is given for a numbered column.
	strictMode = "STRICT_ALL_TABLES,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO"
)

// Backends are the names of the flavours.
func (d Driver) Backends() []string {
	var out []string
	for _, f := range d.flavours() {
		if !slices.Contains(out, f.Name()) {
			out = append(out, f.Name())
		}
	}
	return out
}

// Dialect is the dialect of a recent server of the flavour that the URL names.
func (d Driver) Dialect(u *dburl.URL) (driver.Dialect, error) {
	f := d.flavour(u.Backend)
	return NewDialect(f, f.Newest(), goodPacket), nil
}

// Open connects to the server that u names.
func (d Driver) Open(ctx context.Context, u *dburl.URL, o driver.OpenOptions) (db *driver.Database, err error) {
	known := u
	if slices.Contains(d.Backends(), u.Backend) && u.Backend != dburl.MariaDB {
		known = u.As(dburl.MySQL) // a further flavour takes the same arguments
	}
	t, err := known.MySQL()
	if err != nil {
		return nil, err
	}
	if o.Schema != "" {
		return nil, dberr.New(dberr.Invalid, "connect", "MySQL and MariaDB have no schemas inside of a database; name the database in the URL")
	}
	if t.Database == "" {
		return nil, dberr.New(dberr.Invalid, "connect", "the URL names no database: mysql://USER:PASSWORD@HOST/DATABASE")
	}
	switch o.PreparedStatements {
	case "", "auto", "on", "off":
	default:
		return nil, dberr.New(dberr.Invalid, "connect", "the mode for prepared statements must be auto, on or off")
	}
	c, err := newConnector(u.Backend, t, o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = c.watch.Close()
		}
	}()
	info, err := c.identify(ctx, d.flavours())
	if err != nil {
		return nil, err
	}
	c.settings, c.lasting = settings(info, t.InitCommand), info.flavour.lastingIsolation()
	if info.flavour.gate() {
		c.behind(&gate{keyspace: t.Database})
	}
	ask := state
	if o.ReadOnly {
		c.settings = append(c.settings, "SET SESSION TRANSACTION READ ONLY")
		ask = func(context.Context, driver.DBTX) (driver.State, error) { return driver.State{ReadOnly: true}, nil }
	}
	db = &driver.Database{Dialect: NewDialect(info.flavour, info.number, info.packet), Classifier: classifier{},
		Inspector: NewInspector(info.flavour), DDL: NewDDL(info.flavour), Locker: locker{c: c}, Replication: info.flavour.replication(), LockWaits: lockWaits{}, State: ask, TakesOver: info.flavour.gate(), Version: info.title(), Cleanup: c.watch.Close}
	if info.packet < goodPacket {
		db.Warnings = append(db.Warnings,
			fmt.Sprintf("the server's max_allowed_packet is %d MB: a chat or file that is larger cannot be stored; raise it to 64M or more", info.packet>>20))
	}
	pool := o.Pool.OrDefault()
	db.Writer = sql.OpenDB(c)
	db.Reader = db.Writer
	db.Writer.SetMaxOpenConns(pool.MaxOpen())
	db.Writer.SetMaxIdleConns(pool.MaxIdle())
	return db, nil
}

// server is what the server says about itself.
type server struct {
	flavour Flavour
	version string // "10.11.19"
	release string // what people know it by: the version, of most
	number  int    // 101119
	packet  int    // max_allowed_packet
}

// title is what people call the server: "MySQL 9.7.4".
func (s server) title() string { return s.flavour.Title() + " " + s.release }

// serverOf is the server that answers so to VERSION() and @@version_comment; of no
// flavour when it is none of these.
func serverOf(flavours []Flavour, version, comment string) (s server) {
	// MariaDB, for clients that know no version above 5.
	s.version, _, _ = strings.Cut(strings.TrimPrefix(version, "5.5.5-"), "-")
	s.number = versionNumber(s.version)
	for _, f := range flavours {
		if f.Owns(version, comment) {
			s.flavour, s.release = f, f.release(s.version, comment)
			break
		}
	}
	return s
}

// identify asks a first connection what it is connected to.
func (c *connector) identify(ctx context.Context, flavours []Flavour) (server, error) {
	pool := sql.OpenDB(c)
	defer pool.Close()
	var version, comment string
	var s server
	if err := pool.QueryRowContext(ctx, "SELECT VERSION(), @@version_comment, @@max_allowed_packet").
		Scan(&version, &comment, &s.packet); err != nil {
		return server{}, c.connectError(ctx, err)
	}
	packet := s.packet
	s = serverOf(flavours, version, comment)
	s.packet = packet
	switch {
	case s.flavour == nil:
		return server{}, dberr.New(dberr.Unsupported, "connect", "the server at "+c.where()+" calls itself "+version+
			", which is none of the flavours that this program has")
	case s.number < s.flavour.Oldest():
		return server{}, dberr.New(dberr.Unsupported, "connect", "the server at "+c.where()+" is "+s.flavour.Title()+" "+
			s.version+"; "+versionName(s.flavour.Oldest())+" or newer is needed")
	}
	problem, err := s.flavour.fits(ctx, pool)
	if err != nil {
		return server{}, c.connectError(ctx, err)
	}
	if problem != "" {
		return server{}, dberr.New(dberr.Unsupported, "connect", "the database "+c.target.Database+" at "+c.where()+
			" cannot be used: "+problem)
	}
	return s, nil
}

// versionName makes "10.6" of 100600, and "8.0.19" of 80019.
func versionName(number int) string {
	return strings.TrimSuffix(fmt.Sprintf("%d.%d.%d", number/10000, number/100%100, number%100), ".0")
}

// versionNumber makes 101119 of "10.11.19".
func versionNumber(version string) int {
	n := 0
	parts := strings.Split(version, ".")
	for i := range 3 {
		n *= 100
		if i < len(parts) {
			v, _ := strconv.Atoi(parts[i]) // a part that is no number counts as 0: older
			n += min(v, 99)
		}
	}
	return n
}

// settings are the statements that each connection begins with.
func settings(s server, initCommand string) []string {
	meaning := "SET NAMES utf8mb4 COLLATE " + s.flavour.collation() +
		", @@SESSION.time_zone = '+00:00', @@SESSION.sql_mode = '" + strictMode + "'"
	out := []string{meaning + ", @@SESSION." + s.flavour.isolation() +
		" = '" + isolationLevel + "', @@SESSION.autocommit = 1, @@SESSION.foreign_key_checks = 1, @@SESSION.sql_auto_is_null = 0" +
		", @@SESSION.sql_safe_updates = 0, @@SESSION.sql_big_selects = 1" +
		", @@SESSION.completion_type = 'NO_CHAIN', @@SESSION.unique_checks = 1, @@SESSION.div_precision_increment = 4, @@SESSION.group_concat_max_len = 4294967295" + s.flavour.settings()}
	if initCommand != "" {
		// What it sets counts, but not for what texts and instants mean.
		out = append(out, initCommand, meaning)
	}
	return out
}

// connector opens connections with their settings.
type connector struct {
	engine    string // as the URL names it: what it is comes out later
	target    dburl.MySQLTarget
	settings  []string // nil while the server is not known
	lasting   bool     // an isolation level that is meant for one transaction stays
	kept      int
	admission netfault.Admission
	watch     netfault.Watch
	fallen    fallen
	watched   bool  // another server can take the place of one that is silent
	gate      *gate // what is known of the servers behind the address; nil where it is the server's own
	primary   bool  // of several hosts only one that takes writes will do
	timeout   time.Duration
	tls       *tlsSettings
	ping      bool
	pingAge   time.Duration
	recycle   time.Duration
}

func newConnector(engine string, t dburl.MySQLTarget, o driver.OpenOptions) (*connector, error) {
	pool := o.Pool.OrDefault()
	c := &connector{engine: engine, target: t, kept: statementsKept, timeout: t.ConnectTimeout, ping: pool.PrePing,
		pingAge: o.PingAge, recycle: pool.Recycle}
	c.admission = netfault.Admission{Ask: o.Password, Engine: engine, Where: c.where(), Refused: []string{"1045", "1698"},
		Classifier: classifier{}}
	c.primary = len(t.Hosts) > 1 && !o.ReadOnly
	c.watched = len(t.Hosts) > 1 || o.Watched
	if c.timeout <= 0 {
		c.timeout = defaultConnectTimeout
	}
	if o.PreparedStatements == "off" {
		c.kept = 0
	}
	var err error
	c.tls, err = readTLS(t.TLS)
	return c, err
}

// where lists where the server is looked for.
func (c *connector) where() string {
	if c.target.Socket != "" {
		return c.target.Socket
	}
	var list []string
	for _, h := range c.target.Hosts {
		list = append(list, address(h))
	}
	return strings.Join(list, ", ")
}

func address(h dburl.HostPort) string {
	if h.Port == 0 {
		h.Port = 3306
	}
	return h.Address()
}

func (c *connector) Driver() sqldriver.Driver { return mysql.MySQLDriver{} }

// Connect opens a connection for the pool, to the first host that answers, in the
// order of the URL or one of its own. Those that did not lately come last.
func (c *connector) Connect(ctx context.Context) (sqldriver.Conn, error) {
	type place struct{ network, address, host string }
	places := []place{{"unix", c.target.Socket, ""}}
	if c.target.Socket == "" {
		places = places[:0]
		for _, h := range c.target.Hosts {
			places = append(places, place{"tcp", address(h), h.Host})
		}
		if c.target.RandomHosts {
			rand.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
		}
	}
	slices.SortStableFunc(places, func(a, b place) int { return c.fallen.turn(a.address) - c.fallen.turn(b.address) })
	var err error
	for _, p := range places {
		var out *conn
		err = c.admission.Open(ctx, func() (err error) {
			out, err = c.connectTo(ctx, p.network, p.address, p.host)
			return err
		})
		if err == nil {
			return out, nil
		}
		if f := (classifier{}).Classify(err); f.Code != dberr.Unavailable && f.Code != dberr.Timeout || ctx.Err() != nil {
			break // the server has answered: another host is not what is needed
		}
		c.fallen.note(p.address)
	}
	return nil, c.connectError(ctx, err)
}

func (c *connector) connectTo(ctx context.Context, network, addr, host string) (*conn, error) {
	cfg, err := c.config(ctx, network, addr, host)
	if err != nil {
		return nil, err
	}
	out := &conn{c: c, address: addr, cache: prepared.New(c.kept), used: time.Now()}
	dialer := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true}}
	cfg.DialFunc = func(ctx context.Context, network, addr string) (nc net.Conn, err error) {
		nc, err = c.dial(ctx, &dialer, network, addr, cfg)
		out.raw = nc
		return nc, err
	}
	native, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	// The driver bounds only the dialing; a server that accepts and then says
	// nothing is given up as well.
	tctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	made, err := native.Connect(tctx)
	if err != nil {
		return nil, err
	}
	n, ok := made.(nativeConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("unexpected connection %T", made), made.Close())
	}
	out.nativeConn = n
	if c.primary {
		if err := mustWrite(tctx, n); err != nil {
			return nil, errors.Join(err, n.Close())
		}
	}
	for _, s := range c.settings {
		if _, err := n.ExecContext(tctx, s, nil); err != nil {
			return nil, errors.Join(err, n.Close())
		}
	}
	if err := c.gate.look(tctx, n); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	if c.recycle > 0 {
		// Connections that were opened together shall not all be replaced together.
		out.expires = out.used.Add(c.recycle - rand.N(c.recycle/10+1))
	}
	return out, nil
}

// dial opens the connection below the protocol; one to a server that another can
// take the place of is watched.
func (c *connector) dial(ctx context.Context, dialer *net.Dialer, network, addr string,
	cfg *mysql.Config) (net.Conn, error) {
	if !c.watched {
		return dialer.DialContext(ctx, network, addr)
	}
	return c.watch.Dial(ctx, network, addr, dialer.DialContext, func(ctx context.Context) bool {
		// The whole way in: servers lock out hosts that connect and then leave in the middle.
		// No further: what the limit of packets is, a gate asks a tablet, which may be away.
		ask := cfg.Clone()
		ask.DialFunc, ask.MaxAllowedPacket = dialer.DialContext, goodPacket
		native, err := mysql.NewConnector(ask)
		if err != nil {
			return true // nothing is known of the server
		}
		made, err := native.Connect(ctx)
		if err == nil {
			if n, ok := made.(nativeConn); ok {
				_ = c.gate.look(ctx, n) // who greets is there, whatever it knows of others
			}
			_ = made.Close()
			return true
		}
		var said *mysql.MySQLError
		_, refused := netfault.CertificateRefused(err)
		return refused || errors.As(err, &said) // who refuses, or is refused, is there
	})
}

// config is the driver's configuration for one host.
func (c *connector) config(ctx context.Context, network, addr, host string) (*mysql.Config, error) {
	t := c.target
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.User, cfg.Passwd, cfg.DBName = network, addr, t.User, t.Password(), t.Database
	cfg.ParseTime, cfg.ClientFoundRows, cfg.Loc = true, true, time.UTC
	cfg.MaxAllowedPacket = t.MaxAllowedPacket // 0 asks the server
	cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout = c.timeout, t.ReadTimeout, t.WriteTimeout
	cfg.AllowAllFiles = t.LocalInfile
	cfg.Logger = &mysql.NopLogger{} // what it would log comes back as an error
	program := t.ProgramName
	if program == "" {
		program = "larder"
	}
	cfg.ConnectionAttributes = "program_name:" + program
	cfg.TLS, cfg.AllowFallbackToPlaintext = c.tls.renewed().forHost(host)
	if c.admission.Ask != nil {
		var err error
		if cfg.Passwd, err = c.admission.Password(ctx); err != nil {
			return nil, err
		}
		cfg.AllowCleartextPasswords = cfg.TLS != nil && !cfg.AllowFallbackToPlaintext // tokens travel as they are
	}
	if t.Compress {
		if err := cfg.Apply(mysql.EnableCompression(true)); err != nil {
			return nil, err
		}
	}
	return cfg, nil
}

// nativeConn is what the driver's connections can do.
type nativeConn interface {
	sqldriver.Conn
	sqldriver.ConnBeginTx
	sqldriver.ConnPrepareContext
	sqldriver.ExecerContext
	sqldriver.QueryerContext
	sqldriver.Pinger
	sqldriver.SessionResetter
	sqldriver.Validator
	sqldriver.NamedValueChecker
}

// conn is a connection of the pool.
type conn struct {
	nativeConn
	c       *connector
	address string
	raw     net.Conn // below TLS
	cache   *prepared.Cache
	used    time.Time // when it was put back last
	expires time.Time // zero is never
	demoted bool      // its server takes no writes any more
	leveled bool      // its isolation level is that of an earlier transaction
}

// Unwrap gives the driver's own connection, for what only it can do.
func (c *conn) Unwrap() sqldriver.Conn { return c.nativeConn }

func (c *conn) ExecContext(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Result, error) {
	if len(args) == 0 {
		r, err := c.nativeConn.ExecContext(ctx, query, args) // not every statement can be prepared
		return r, c.noticed(c.denied(err, query))
	}
	if mayGiveRows(query) {
		r, err := passedOver(c.cache.Query(ctx, c.nativeConn, query, args))
		return r, c.noticed(c.denied(err, query))
	}
	r, err := c.cache.Exec(ctx, c.nativeConn, query, args)
	return r, c.noticed(c.denied(err, query))
}

func (c *conn) QueryContext(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Rows, error) {
	if len(args) == 0 {
		r, err := c.nativeConn.QueryContext(ctx, query, args)
		return r, c.noticed(c.denied(err, query))
	}
	r, err := c.cache.Query(ctx, c.nativeConn, query, args)
	return r, c.noticed(c.denied(err, query))
}

// PrepareContext is for a statement with values that the connection sees for the
// first time: database/sql prepares that one itself.
func (c *conn) PrepareContext(ctx context.Context, query string) (sqldriver.Stmt, error) {
	inner, err := c.nativeConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, c.noticed(c.denied(err, query))
	}
	native, ok := inner.(nativeStmt)
	if !ok {
		return nil, errors.Join(errors.New("mysql: the driver's statements take no context"), inner.Close())
	}
	return &stmt{nativeStmt: native, c: c, query: query}, nil
}

// nativeStmt is what the driver's statements can do.
type nativeStmt interface {
	sqldriver.Stmt
	sqldriver.StmtExecContext
	sqldriver.StmtQueryContext
	sqldriver.NamedValueChecker
}

// stmt looks at what its statement fails with, as the connection does.
type stmt struct {
	nativeStmt
	c     *conn
	query string
}

func (s *stmt) ExecContext(ctx context.Context, args []sqldriver.NamedValue) (sqldriver.Result, error) {
	if mayGiveRows(s.query) {
		r, err := passedOver(s.nativeStmt.QueryContext(ctx, args))
		return r, s.c.noticed(s.c.denied(err, s.query))
	}
	r, err := s.nativeStmt.ExecContext(ctx, args)
	return r, s.c.noticed(s.c.denied(err, s.query))
}

func (s *stmt) QueryContext(ctx context.Context, args []sqldriver.NamedValue) (sqldriver.Rows, error) {
	r, err := s.nativeStmt.QueryContext(ctx, args)
	return r, s.c.noticed(s.c.denied(err, s.query))
}

// Close ends the connection. One that was cut is ended, though the driver cannot
// tell the server.
func (c *conn) Close() error {
	_ = c.nativeConn.Close()
	return nil
}

// IsValid tells the pool whether to keep the connection. It is called when it
// is put back.
func (c *conn) IsValid() bool {
	if c.demoted || !c.nativeConn.IsValid() {
		return false
	}
	c.used = time.Now()
	return c.expires.IsZero() || c.used.Before(c.expires)
}

// ResetSession decides whether the connection can be handed out. The driver
// looks whether the server has closed it; a ping finds one whose other end is
// gone without a word, and is bounded by itself, because the caller's context
// may allow hours.
func (c *conn) ResetSession(ctx context.Context) error {
	if err := c.nativeConn.ResetSession(ctx); err != nil {
		return err
	}
	now := time.Now()
	if !c.expires.IsZero() && now.After(c.expires) || c.level(ctx) != nil {
		return sqldriver.ErrBadConn
	}
	if !c.c.ping || now.Sub(c.used) < c.c.pingAge {
		return nil
	}
	pctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	if err := c.nativeConn.Ping(pctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return sqldriver.ErrBadConn
	}
	return nil
}

func state(ctx context.Context, q driver.DBTX) (driver.State, error) {
	rows, err := q.QueryContext(ctx, "SELECT @@read_only")
	if err != nil {
		return driver.State{}, err
	}
	defer rows.Close()
	var s driver.State
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			return s, err
		}
		s.ReadOnly = v != "0" && !strings.EqualFold(v, "OFF") // MariaDB 12 has words
	}
	return s, rows.Err()
}

var _ sqldriver.Connector = (*connector)(nil)
