package postgres

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/netfault"
)

// Driver opens PostgreSQL databases.
type Driver struct{}

const (
	// newest is the version that Dialect assumes without a server.
	newest = 170000

	defaultConnectTimeout = 10 * time.Second

	// pingTimeout is how long an idle connection may take to answer before it
	// is given up: a server that is alive answers in milliseconds.
	pingTimeout = 3 * time.Second
)

// Backends is "postgresql".
func (Driver) Backends() []string { return []string{dburl.PostgreSQL} }

// Dialect is the dialect of a recent server.
func (Driver) Dialect(*dburl.URL) (driver.Dialect, error) { return NewDialect(newest, true), nil }

// Open connects to the server that u names.
func (Driver) Open(ctx context.Context, u *dburl.URL, o driver.OpenOptions) (db *driver.Database, err error) {
	t, err := u.Postgres()
	if err != nil {
		return nil, err
	}
	c, err := newConnector(t, o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = c.watch.Close()
		}
	}()
	info, err := c.identify(ctx, o.Schema)
	if err != nil {
		return nil, err
	}
	if o.Schema == "" && len(o.LookFor) > 0 {
		if err := c.findSchema(ctx, o.LookFor); err != nil {
			return nil, err
		}
	}
	if err := c.chooseMode(t, o, info.pooled); err != nil {
		return nil, err
	}
	c.readOnly = o.ReadOnly
	if o.ReadOnly && !info.pooled {
		// A pooler does not know the setting, and would pass it on to others.
		c.refuseWrites()
	}
	db = &driver.Database{Dialect: NewDialect(info.number, info.icu), Classifier: classifier{}, Inspector: NewInspector(), DDL: NewDDL(),
		Locker: locker{c: c, pooled: info.pooled, version: info.number}, Replication: replication{}, LockWaits: lockWaits{}, Begin: c.begin, State: c.state, Version: "PostgreSQL " + info.version}
	if info.pooled && c.config.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement {
		db.Warnings = append(db.Warnings, "a connection pooler stands before the server at "+c.where+
			": statements are sent unprepared; if the pooler keeps prepared statements, add prepared_statements=on to the URL")
	}
	db.Elsewhere = elsewhere
	db.SendAll = sendAll
	db.Printed = printed
	db.Cleanup = c.watch.Close
	pool := o.Pool.OrDefault()
	db.Writer = sql.OpenDB(c)
	db.Reader = db.Writer
	db.Writer.SetMaxOpenConns(pool.MaxOpen())
	db.Writer.SetMaxIdleConns(pool.MaxIdle())
	return db, nil
}

// refuseWrites makes every connection one that writes nothing. Where the URL
// asks for a server that takes writes, or for one that does not, the setting
// comes when that has been looked at: it would decide the answer.
func (c *connector) refuseWrites() {
	if c.config.ValidateConnect == nil {
		c.config.RuntimeParams["default_transaction_read_only"] = "on"
		return
	}
	c.config.AfterConnect = func(ctx context.Context, conn *pgconn.PgConn) error {
		_, err := conn.Exec(ctx, "SET default_transaction_read_only = on").ReadAll()
		return err
	}
}

// connector opens connections with their settings.
type connector struct {
	config    *pgx.ConnConfig
	target    dburl.PostgresTarget
	where     string // the hosts, for messages
	admission netfault.Admission
	watch     netfault.Watch
	ping      bool
	pingAge   time.Duration
	recycle   time.Duration
	changes   atomic.Int64 // changes of the schema that were seen
	readOnly  bool         // every transaction is begun as one that reads
}

func newConnector(t dburl.PostgresTarget, o driver.OpenOptions) (*connector, error) {
	config, err := parseConfig(t)
	if err != nil {
		return nil, err
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "larder"
	}
	config.RuntimeParams["timezone"] = "UTC"
	if o.Schema != "" {
		config.RuntimeParams["search_path"] = quoteIdent(o.Schema)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = defaultConnectTimeout
	}
	dialer := &net.Dialer{KeepAliveConfig: t.KeepAlive, Control: userTimeout(t.TCPUserTimeout)}
	if !t.KeepAlive.Enable {
		dialer.KeepAlive = -1
	}
	config.DialFunc = dialer.DialContext
	pool := o.Pool.OrDefault()
	where := hosts(config)
	c := &connector{config: config, target: t, where: where, ping: pool.PrePing, pingAge: o.PingAge, recycle: pool.Recycle,
		admission: netfault.Admission{Ask: o.Password, Engine: "postgresql", Where: where,
			Refused: []string{"28P01", "28000"}, Classifier: classifier{}}}
	if len(t.Hosts) > 1 || o.Watched {
		config.DialFunc = watched(&c.watch, dialer)
	}
	return c, nil
}

func parseConfig(t dburl.PostgresTarget) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(t.ConnString())
	if err != nil {
		// pgx's text may quote the connection string.
		return nil, &dberr.Error{Op: "connect", Code: dberr.Invalid, Engine: "postgresql", Err: err,
			Msg: "the settings of the connection cannot be used; check that the TLS files exist and can be read, and the arguments of the URL"}
	}
	if t.TLS.CRL != "" {
		delete(config.RuntimeParams, "sslcrl")
		if err := checkRevocation(config, t.TLS.CRL); err != nil {
			return nil, err
		}
	}
	return config, nil
}

// renewTLS reads the files of certificates again, which others may have renewed.
// What cannot be used, because it is half written, leaves those that the database
// was opened with.
func (c *connector) renewTLS(config *pgx.ConnConfig) {
	if f := c.target.TLS; f.RootCert == "" && f.Cert == "" && f.CRL == "" {
		return
	}
	if now, err := parseConfig(c.target); err == nil {
		config.TLSConfig, config.Fallbacks = now.TLSConfig, now.Fallbacks
	}
}

// hosts lists where the server is looked for, without a password.
func hosts(config *pgx.ConnConfig) string {
	list := []string{dburl.HostPort{Host: config.Host, Port: int(config.Port)}.Address()}
	for _, f := range config.Fallbacks {
		a := dburl.HostPort{Host: f.Host, Port: int(f.Port)}.Address()
		if a != list[len(list)-1] { // sslmode=prefer tries each host twice
			list = append(list, a)
		}
	}
	return strings.Join(list, ", ")
}

// chooseMode decides how statements reach the server.
func (c *connector) chooseMode(t dburl.PostgresTarget, o driver.OpenOptions, pooled bool) error {
	mode := t.Statements
	if o.PreparedStatements != "" {
		m, ok := dburl.ParseStatementMode(o.PreparedStatements)
		if !ok {
			return dberr.New(dberr.Invalid, "connect",
				"the mode for prepared statements must be auto, on, off, or one of pgx's: cache_statement, cache_describe, describe_exec, exec, simple_protocol")
		}
		if m != dburl.StatementsAuto {
			mode = m
		}
	}
	if mode == dburl.StatementsAuto {
		mode = dburl.StatementsPrepared
		if pooled {
			mode = dburl.StatementsExec
		}
	}
	c.config.DefaultQueryExecMode = map[dburl.StatementMode]pgx.QueryExecMode{
		dburl.StatementsPrepared: pgx.QueryExecModeCacheStatement,
		dburl.StatementsDescribe: pgx.QueryExecModeCacheDescribe,
		dburl.StatementsUncached: pgx.QueryExecModeDescribeExec,
		dburl.StatementsExec:     pgx.QueryExecModeExec,
		dburl.StatementsSimple:   pgx.QueryExecModeSimpleProtocol,
	}[mode]
	return nil
}

// wantedSettings are those on which the reading and writing of values and of
// expressions depends. They are sent where the server, the database or the user
// has another one: a pooler may not let all of them pass.
var wantedSettings = map[string]string{
	"client_encoding": "UTF8", "standard_conforming_strings": "on", "quote_all_identifiers": "off",
	"DateStyle": "ISO, MDY", "IntervalStyle": "postgres", "bytea_output": "hex", "extra_float_digits": "1",
	"transform_null_equals": "off", "array_nulls": "on",
}

// server is what the server says about itself.
type server struct {
	version string // "15.20"
	number  int    // 150020
	icu     bool
	pooled  bool
}

// identify asks a first connection what it is connected to. A pooler gives each
// client a process number of its own making. A schema that is named must be one
// that the user may look into: the server would call all of its tables missing.
func (c *connector) identify(ctx context.Context, schema string) (server, error) {
	conn, err := c.connect(ctx)
	if err != nil {
		return server{}, err
	}
	defer closeQuietly(conn)
	names := slices.Sorted(maps.Keys(wantedSettings))
	ask := `SELECT pg_backend_pid(), current_setting('server_version'), current_setting('server_version_num'),
		EXISTS (SELECT FROM pg_collation WHERE collprovider = 'i'), current_setting('server_encoding'),
		EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = ` + quoteText(schema) + ` AND NOT has_schema_privilege(oid, 'USAGE')), current_user`
	for _, name := range names {
		ask += ", current_setting('" + name + "')"
	}
	// Below pgx, which does not speak with a server whose settings it does not like.
	results, err := conn.PgConn().Exec(ctx, ask).ReadAll()
	if err != nil {
		return server{}, c.connectError(ctx, err)
	}
	if len(results) != 1 || len(results[0].Rows) != 1 || len(results[0].Rows[0]) != 7+len(names) {
		return server{}, dberr.New(dberr.Internal, "connect", "the server at "+c.where+" does not say what it is")
	}
	row := results[0].Rows[0]
	s := server{version: string(row[1]), icu: string(row[3]) == "t"}
	pid, err := strconv.ParseUint(string(row[0]), 10, 32)
	if err == nil {
		s.number, err = strconv.Atoi(string(row[2]))
	}
	if err != nil {
		return server{}, c.connectError(ctx, err)
	}
	encoding := string(row[4])
	if encoding != "UTF8" {
		return server{}, &dberr.Error{Op: "connect", Code: dberr.Unsupported, Engine: "postgresql", Msg: "the database " +
			c.config.Database + " on " + c.where + " is encoded in " + encoding +
			", which does not hold every text; make one with " +
			"CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0 and move the tables there (pg_dump and psql convert them)"}
	}
	if role := shownIdent(string(row[6])); string(row[5]) == "t" {
		on := shownIdent(schema)
		return server{}, &dberr.Error{Op: "connect", Code: dberr.Invalid, Engine: "postgresql", Msg: "the user " + role + " lacks the privilege USAGE on the schema " +
			on + "; let its owner GRANT USAGE ON SCHEMA " + on + " TO " + role + ", and CREATE too for migrations"}
	}
	for i, name := range names {
		if string(row[7+i]) != wantedSettings[name] {
			c.config.RuntimeParams[name] = wantedSettings[name]
		}
	}
	s.pooled = uint32(pid) != conn.PgConn().PID()
	s.version, _, _ = strings.Cut(s.version, " ")
	return s, nil
}

func closeQuietly(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), pingTimeout)
	defer cancel()
	_ = conn.Close(ctx)
}

// connect opens a connection of its own, outside of any pool.
func (c *connector) connect(ctx context.Context) (*pgx.Conn, error) {
	var out *pgx.Conn
	err := c.admission.Open(ctx, func() error {
		config := c.config.Copy()
		if err := c.before(ctx, config); err != nil {
			return err
		}
		var err error
		out, err = pgx.ConnectConfig(ctx, config)
		return err
	})
	if err != nil {
		return nil, c.connectError(ctx, err)
	}
	return out, nil
}

// before completes the settings of one connection.
func (c *connector) before(ctx context.Context, config *pgx.ConnConfig) (err error) {
	c.renewTLS(config)
	if c.target.RandomHosts {
		shuffleHosts(config)
	}
	if c.admission.Ask != nil {
		config.Password, err = c.admission.Password(ctx)
	}
	return err
}

func (c *connector) Driver() sqldriver.Driver { return stdlib.GetDefaultDriver() }

// Connect opens a connection for the pool.
func (c *connector) Connect(ctx context.Context) (sqldriver.Conn, error) {
	config, watch := *c.config, &prepareWatch{}
	config.Tracer = watch
	native := stdlib.GetConnector(config, stdlib.OptionBeforeConnect(c.before))
	var made sqldriver.Conn
	err := c.admission.Open(ctx, func() (err error) {
		made, err = native.Connect(ctx)
		return err
	})
	if err != nil {
		return nil, c.connectError(ctx, err)
	}
	std, ok := made.(*stdlib.Conn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("unexpected connection %T", made), made.Close())
	}
	out := &conn{Conn: std, c: c, used: time.Now(), watch: watch, seen: c.changes.Load()}
	if c.recycle > 0 {
		// Connections that were opened together shall not all be replaced together.
		out.expires = out.used.Add(c.recycle - rand.N(c.recycle/10+1))
	}
	return out, nil
}

// conn is a connection of the pool.
type conn struct {
	*stdlib.Conn
	c       *connector
	used    time.Time // when it was put back last
	expires time.Time // zero is never
	watch   *prepareWatch
	seen    int64           // of connector.changes, when the cache of statements was empty
	changed bool            // this session changed the schema
	late    bool            // it is in a transaction whose BEGIN was not sent yet
	batched map[string]bool // texts that were sent together since the cache was empty, and whether they ran
}

// ExecContext is the driver's, except for what it says about a connection that
// was lost. A statement without values travels in the simple protocol, and
// when the connection ends before its answer, pgx calls that "conn closed", and
// safe to be sent again (pgx 5.12.0, MultiResultReader.NextResult drops the
// first error). It is not: the statement may have taken effect, and
// database/sql would apply it twice.
func (c *conn) ExecContext(ctx context.Context, query string, named []sqldriver.NamedValue) (sqldriver.Result, error) {
	pg := c.Conn.Conn()
	if pg.IsClosed() {
		return nil, sqldriver.ErrBadConn
	}
	if err := c.beginNow(ctx); err != nil {
		return nil, err
	}
	if len(named) == 0 {
		// Without values nothing is prepared.
		tag, err := c.exec(ctx, query, nil)
		if err == nil {
			c.noteChange(query)
		}
		return tag, c.denied(err, query)
	}
	if err := c.forgetStale(ctx); err != nil {
		return nil, err
	}
	args := make([]any, len(named))
	for i, v := range named {
		args[i] = v.Value
	}
	inTx := pg.PgConn().TxStatus() != 'I'
	tag, err := c.exec(ctx, query, args)
	if err != nil {
		var again bool
		if again, err = c.again(ctx, err, inTx); again {
			if tag, err = c.exec(ctx, query, args); err == nil {
				c.c.changes.Add(1)
			}
		}
	}
	return tag, c.denied(err, query)
}

func (c *conn) exec(ctx context.Context, query string, args []any) (sqldriver.Result, error) {
	tag, err := c.Conn.Conn().Exec(ctx, query, args...)
	if err != nil {
		if unsent(err) {
			return nil, sqldriver.ErrBadConn
		}
		return nil, err
	}
	return sqldriver.RowsAffected(tag.RowsAffected()), nil
}

// QueryContext is the driver's, with the same exception.
func (c *conn) QueryContext(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Rows, error) {
	pg := c.Conn.Conn()
	if pg.IsClosed() {
		return nil, sqldriver.ErrBadConn
	}
	if err := c.beginNow(ctx); err != nil {
		return nil, err
	}
	if err := c.forgetStale(ctx); err != nil {
		return nil, err
	}
	inTx := pg.PgConn().TxStatus() != 'I'
	rows, err := c.query(ctx, query, args)
	if err != nil {
		var again bool
		if again, err = c.again(ctx, err, inTx); again {
			if rows, err = c.query(ctx, query, args); err == nil {
				c.c.changes.Add(1)
			}
		}
	}
	return rows, c.denied(err, query)
}

func (c *conn) query(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Rows, error) {
	rows, err := c.Conn.QueryContext(ctx, query, args)
	if errors.Is(err, sqldriver.ErrBadConn) &&
		c.Conn.Conn().Config().DefaultQueryExecMode == pgx.QueryExecModeSimpleProtocol {
		err = io.ErrUnexpectedEOF
	}
	return rows, err
}

// unsent reports whether the statement certainly never reached the server, on
// a connection that was open when it was tried.
func unsent(err error) bool {
	return pgconn.SafeToRetry(err) && !errors.Is(err, pgconn.ErrConnClosed)
}

// Unwrap gives the driver's own connection, for what only it can do.
func (c *conn) Unwrap() sqldriver.Conn { return c.Conn }

// IsValid tells the pool whether to keep the connection. It is called when it
// is put back.
func (c *conn) IsValid() bool {
	if c.Conn.Conn().IsClosed() {
		return false
	}
	c.used = time.Now()
	return c.expires.IsZero() || c.used.Before(c.expires)
}

// ResetSession decides whether the connection can be handed out. It bounds the
// ping by itself: the caller's context may allow hours, and a connection whose
// other end is gone without a word would take them.
func (c *conn) ResetSession(ctx context.Context) error {
	c.late = false
	pg := c.Conn.Conn().PgConn()
	if pg.IsClosed() || pg.TxStatus() != 'I' {
		return sqldriver.ErrBadConn
	}
	if c.changed {
		// Its transaction may have been rolled back, and the schema with it.
		c.changed, c.seen = false, -1
	}
	now := time.Now()
	if !c.expires.IsZero() && now.After(c.expires) {
		return sqldriver.ErrBadConn
	}
	// A look at the socket costs no round trip and finds what the server has
	// closed. Without pre-ping, one that was idle for more than a moment is asked all
	// the same, as pgx does: the server may have closed it.
	age := time.Second
	if c.c.ping {
		age = c.c.pingAge
	}
	if now.Sub(c.used) < age && !disturbed(pg.Conn()) {
		return nil
	}
	pctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	if err := pg.Ping(pctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return sqldriver.ErrBadConn
	}
	return nil
}

func (c *connector) state(ctx context.Context, q driver.DBTX) (driver.State, error) {
	if c.readOnly {
		return driver.State{ReadOnly: true}, nil
	}
	rows, err := q.QueryContext(ctx,
		"SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool")
	if err != nil {
		return driver.State{}, err
	}
	defer rows.Close()
	var s driver.State
	for rows.Next() {
		if err := rows.Scan(&s.ReadOnly); err != nil {
			return s, err
		}
	}
	return s, rows.Err()
}

// checkRevocation refuses server certificates that the list of file names.
func checkRevocation(config *pgx.ConnConfig, file string) error {
	revoked, err := readRevoked(file)
	if err != nil {
		return &dberr.Error{Op: "connect", Code: dberr.Invalid, Engine: "postgresql", Err: err,
			Msg: "the file of revoked certificates that sslcrl names cannot be read as a PEM certificate revocation list"}
	}
	guard := func(c *tls.Config) {
		if c == nil {
			return
		}
		inner := c.VerifyConnection
		c.VerifyConnection = func(s tls.ConnectionState) error {
			for _, cert := range s.PeerCertificates {
				if revoked[revokedKey(cert.RawIssuer, cert.SerialNumber)] {
					return x509.CertificateInvalidError{Cert: cert, Detail: "the certificate is revoked"}
				}
			}
			if inner != nil {
				return inner(s)
			}
			return nil
		}
	}
	guard(config.TLSConfig)
	for _, f := range config.Fallbacks {
		guard(f.TLSConfig)
	}
	return nil
}

// Interfaces that database/sql looks for.
var (
	_ sqldriver.Connector       = (*connector)(nil)
	_ sqldriver.QueryerContext  = (*conn)(nil)
	_ sqldriver.ExecerContext   = (*conn)(nil)
	_ sqldriver.ConnBeginTx     = (*conn)(nil)
	_ sqldriver.SessionResetter = (*conn)(nil)
	_ sqldriver.Validator       = (*conn)(nil)
)
