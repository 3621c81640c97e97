package pgproxy

import (
	"context"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine/postgres"
	"github.com/larder-db/larder/schema"
)

// Backend is the scheme of the URLs.
const Backend = "pgproxy"

// Driver opens databases behind the proxy.
type Driver struct{ postgres.Driver }

// Backends is "pgproxy".
func (Driver) Backends() []string { return []string{Backend} }

// Dialect is the dialect of a recent server.
func (d Driver) Dialect(u *dburl.URL) (driver.Dialect, error) {
	parent, err := d.Driver.Dialect(u)
	if err != nil {
		return nil, err
	}
	return flavoured(parent)
}

// Open connects to the server that u names. The URL takes the arguments of a
// postgresql URL.
func (d Driver) Open(ctx context.Context, u *dburl.URL, o driver.OpenOptions) (*driver.Database, error) {
	if u.Backend != Backend {
		return nil, dberr.New(dberr.Invalid, "connect", "this is a "+u.Backend+" URL, not a "+Backend+" URL")
	}
	db, err := d.Driver.Open(ctx, u.As(dburl.PostgreSQL), o)
	if err != nil {
		return nil, dberr.WithEngine(err, Backend)
	}
	own, err := flavoured(db.Dialect)
	if err != nil {
		return nil, err
	}
	db.Dialect, db.DDL = own, own.ddl()
	_, version, _ := strings.Cut(db.Version, " ")
	db.Version = Backend + " " + version
	return db, nil
}

// OfflineDDL writes schema statements without a connection.
func (d Driver) OfflineDDL(u *dburl.URL) (driver.DDL, error) {
	parent, err := d.Driver.Dialect(u)
	if err != nil {
		return nil, err
	}
	own, err := flavoured(parent)
	return own.ddl(), err
}

// dialect is its parent's with less in it.
type dialect struct{ postgres.Dialect }

func flavoured(parent driver.Dialect) (dialect, error) {
	p, ok := parent.(postgres.Dialect)
	if !ok {
		return dialect{}, dberr.New(dberr.Internal, "connect", "the parent of this engine has another dialect")
	}
	return dialect{p}, nil
}

// Engine names the engine in messages and metrics.
func (dialect) Engine() string { return Backend }

// Has leaves out what the proxy and the server behind it lack. Bulk inserts
// then take INSERT of several rows, and covering columns of indexes are left out.
func (d dialect) Has(f driver.Feature) bool {
	switch f {
	case driver.CopyIn, schema.IncludeColumns:
		return false
	}
	return d.Dialect.Has(f)
}

func (d dialect) ddl() driver.DDL {
	ddl := postgres.NewDDL()
	ddl.Has = d.Has
	return ddl
}
