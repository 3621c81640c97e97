package server

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// The engines that are servers.
const (
	PostgreSQL = "postgresql"
	MySQL      = "mysql"
	MariaDB    = "mariadb"
)

// Endpoint is a server that answers, and a user of it who may create databases.
type Endpoint struct {
	Engine  string
	Version string // as the server says it: "PostgreSQL 15.20"

	scheme   string
	user     *url.Userinfo
	address  string // host:port
	database string // where to connect when no database is meant
	query    string
	ours     bool // started by this package, so its settings are known
}

// URL is the SQLAlchemy-style URL of a database of this server.
func (e Endpoint) URL(database string) string {
	u := url.URL{Scheme: e.scheme, User: e.user, Host: e.address, Path: "/" + database, RawQuery: e.query}
	return u.String()
}

// Port is the server's TCP port.
func (e Endpoint) Port() int {
	_, port, _ := net.SplitHostPort(e.address)
	n, _ := strconv.Atoi(port)
	return n
}

// Host is the name or address of the server.
func (e Endpoint) Host() string {
	host, _, _ := net.SplitHostPort(e.address)
	return host
}

// User is the user's name and password; the password may be empty.
func (e Endpoint) User() (name, password string) {
	password, _ = e.user.Password()
	return e.user.Username(), password
}

// withoutPassword is for command lines, which everybody on the machine sees.
func (e Endpoint) withoutPassword() Endpoint {
	e.user = url.User(e.user.Username())
	return e
}

// local is the endpoint of a server of ours on this machine.
func local(engine string, port int) Endpoint {
	e := Endpoint{
		Engine:  engine,
		scheme:  engine,
		address: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		ours:    true,
	}
	if engine == PostgreSQL {
		e.user, e.database, e.query = url.User("postgres"), "postgres", "sslmode=disable"
	} else {
		// A user with a password and the server's default way to check it, as in production.
		e.user = url.UserPassword("test", "test")
	}
	return e
}

// FromEnvironment returns the server that TEST_POSTGRESQL_URL,
// TEST_POSTGRES_URL, TEST_MYSQL_URL or TEST_MARIADB_URL names for engine, and
// false when none does. The server has answered.
func FromEnvironment(ctx context.Context, engine string) (Endpoint, bool, error) {
	for _, name := range variables(engine) {
		text := os.Getenv(name)
		if text == "" {
			continue
		}
		e, err := Parse(engine, text)
		if err == nil {
			err = e.probe(ctx)
		}
		if err != nil {
			return Endpoint{}, true, fmt.Errorf("%s: %w", name, err)
		}
		return e, true, nil
	}
	return Endpoint{}, false, nil
}

func variables(engine string) []string {
	if engine == PostgreSQL {
		return []string{"TEST_POSTGRESQL_URL", "TEST_POSTGRES_URL"}
	}
	return []string{"TEST_" + strings.ToUpper(engine) + "_URL"}
}

// Parse reads the URL of a database of a server, which it does not ask
// anything. Its errors do not repeat the password.
func Parse(engine, text string) (Endpoint, error) {
	u, err := url.Parse(text)
	if err != nil {
		return Endpoint{}, errors.New("is not a URL of the form scheme://user:password@host:port/database")
	}
	scheme, _, _ := strings.Cut(u.Scheme, "+") // postgresql+psycopg, mysql+pymysql
	port := map[string]string{"postgresql": "5432", "postgres": "5432", "mysql": "3306", "mariadb": "3306"}[scheme]
	if port == "" || (engine == PostgreSQL) != (port == "5432") {
		return Endpoint{}, fmt.Errorf("scheme %q is not one of %s", u.Scheme, engine)
	}
	database := strings.TrimPrefix(u.Path, "/")
	e := Endpoint{Engine: engine, scheme: engine, user: u.User, query: u.RawQuery, database: database}
	if e.user == nil {
		e.user = url.User("root")
		if engine == PostgreSQL {
			e.user = url.User("postgres")
		}
	}
	if u.Port() != "" {
		port = u.Port()
	}
	host := u.Hostname()
	if host == "" {
		host = "127.0.0.1"
	}
	e.address = net.JoinHostPort(host, port)
	if engine == PostgreSQL && e.database == "" {
		e.database = "postgres"
	}
	return e, nil
}

// Open returns a handle to a database of the server, or with "" to the one
// that is always there. It does not connect yet.
func (e Endpoint) Open(database string) (*sql.DB, error) {
	if database == "" {
		database = e.database
	}
	if e.Engine == PostgreSQL {
		conf, err := pgx.ParseConfig(e.URL(database))
		if err != nil {
			return nil, errors.New("the URL of the PostgreSQL server is not one that the driver understands")
		}
		conf.ConnectTimeout = 10 * time.Second
		return stdlib.OpenDB(*conf), nil
	}
	conf := mysql.NewConfig()
	conf.User, conf.Passwd = e.User()
	conf.Net, conf.Addr, conf.DBName = "tcp", e.address, database
	conf.Timeout = 10 * time.Second
	conf.Logger = quiet{}
	if !e.ours {
		conf.TLSConfig = "preferred"
	}
	c, err := mysql.NewConnector(conf)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}

// quiet keeps the driver's remarks about a server that is still starting off the terminal.
type quiet struct{}

// Print does nothing.
func (quiet) Print(...any) {}

// probe asks the server for its version and checks that it is the engine it should be.
func (e *Endpoint) probe(ctx context.Context) error {
	db, err := e.Open("")
	if err != nil {
		return err
	}
	defer closeDB(db)
	ask := "SELECT VERSION()"
	if e.Engine == PostgreSQL {
		ask = "SHOW server_version"
	}
	var text string
	if err := db.QueryRowContext(ctx, ask).Scan(&text); err != nil {
		return err
	}
	mariadb := strings.Contains(strings.ToLower(text), "mariadb")
	if e.Engine != PostgreSQL && mariadb != (e.Engine == MariaDB) {
		return fmt.Errorf("the server says it is %s, which is not %s", text, Title(e.Engine))
	}
	number := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '-' })
	if len(number) == 0 {
		return errors.New("the server does not say its version")
	}
	e.Version = Title(e.Engine) + " " + number[0]
	return nil
}

// Title is the name of an engine as its makers write it.
func Title(engine string) string {
	switch engine {
	case PostgreSQL:
		return "PostgreSQL"
	case MySQL:
		return "MySQL"
	case MariaDB:
		return "MariaDB"
	case "sqlite":
		return "SQLite"
	}
	return engine
}

// CreateDatabase creates an empty database. On MySQL and MariaDB its default
// is utf8mb4 under the binary collation without padding; the server's own
// default is left as its makers chose it.
func (e Endpoint) CreateDatabase(ctx context.Context, name string) error {
	var stmt string
	switch e.Engine {
	case PostgreSQL:
		stmt = `CREATE DATABASE "` + name + `" TEMPLATE template0`
		if e.ours && e.atLeast(15) {
			stmt += " STRATEGY file_copy" // half the time of logging every page
		}
	case MySQL:
		stmt = "CREATE DATABASE `" + name + "` CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin"
	default:
		stmt = "CREATE DATABASE `" + name + "` CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"
	}
	return e.exec(ctx, stmt)
}

// atLeast reports whether the server's major version is major or later.
func (e Endpoint) atLeast(major int) bool {
	_, number, _ := strings.Cut(e.Version, " ")
	first, _, _ := strings.Cut(number, ".")
	n, err := strconv.Atoi(first)
	return err == nil && n >= major
}

// DropDatabase drops a database, together with the connections that still use it.
func (e Endpoint) DropDatabase(ctx context.Context, name string) error {
	if e.Engine == PostgreSQL {
		return e.exec(ctx, `DROP DATABASE IF EXISTS "`+name+`" WITH (FORCE)`)
	}
	db, err := e.Open("")
	if err != nil {
		return err
	}
	defer closeDB(db)
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	// A transaction that a test left open holds a lock on its tables; it is
	// found by the connection's database and ended.
	ids, err := sessions(ctx, conn, name)
	if err != nil {
		return err
	}
	for _, id := range ids {
		_, _ = conn.ExecContext(ctx, fmt.Sprintf("KILL %d", id)) // it may have ended meanwhile
	}
	_, err = conn.ExecContext(ctx, "DROP DATABASE IF EXISTS `"+name+"`")
	return err
}

// sessions lists the connections that use a database. SHOW is asked and not
// information_schema, which MySQL fails to fill (3854) while any session of the
// server runs a statement that holds an emoji.
func sessions(ctx context.Context, conn *sql.Conn, database string) ([]int64, error) {
	rows, err := conn.QueryContext(ctx, "SHOW PROCESSLIST")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var (
		id   int64
		db   sql.NullString
		ids  []int64
		dest = make([]any, len(columns))
	)
	for i, c := range columns {
		switch strings.ToLower(c) {
		case "id":
			dest[i] = &id
		case "db":
			dest[i] = &db
		default:
			dest[i] = new(sql.RawBytes)
		}
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		if db.String == database {
			ids = append(ids, id)
		}
	}
	return ids, errors.Join(rows.Err(), rows.Close())
}

func (e Endpoint) exec(ctx context.Context, stmt string) error {
	db, err := e.Open("")
	if err != nil {
		return err
	}
	defer closeDB(db)
	_, err = db.ExecContext(ctx, stmt)
	return err
}

// closeDB ends an administrator's connection; there is nothing to lose in it.
func closeDB(db *sql.DB) { _ = db.Close() }
