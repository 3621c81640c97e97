//go:build !cgo_sqlite

package sqlite

import (
	sqldriver "database/sql/driver"
	"errors"
	"net/url"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// nativeConn is what modernc.org/sqlite's connections can do.
type nativeConn interface {
	sqldriver.Conn
	sqldriver.ConnPrepareContext
	sqldriver.ExecerContext
	sqldriver.QueryerContext
	sqldriver.Pinger
	sqldriver.Validator
}

type driverOfConn = *sqlite.Driver

// nativeDriver has the functions of the dialect and is nobody else's.
func nativeDriver() *sqlite.Driver {
	d := &sqlite.Driver{}
	for _, f := range scalarFunctions() {
		d.MustRegisterDeterministicScalarFunction(f.name, f.args,
			func(_ *sqlite.FunctionContext, args []sqldriver.Value) (sqldriver.Value, error) {
				return f.call(args)
			})
	}
	for _, f := range aggregateFunctions() {
		d.MustRegisterFunction(f.name, &sqlite.FunctionImpl{NArgs: 1, Deterministic: true,
			MakeAggregate: func(sqlite.FunctionContext) (sqlite.AggregateFunction, error) { return nativeAggregate{f.make()}, nil }})
	}
	return d
}

// nativeAggregate is an aggregate as this driver calls it, also in windows.
type nativeAggregate struct{ aggregate }

func (a nativeAggregate) Step(_ *sqlite.FunctionContext, args []sqldriver.Value) error {
	return a.add(args[0])
}

func (a nativeAggregate) WindowInverse(_ *sqlite.FunctionContext, args []sqldriver.Value) error {
	return a.remove(args[0])
}

func (a nativeAggregate) WindowValue(*sqlite.FunctionContext) (sqldriver.Value, error) {
	return a.total(), nil
}

func (a nativeAggregate) Final(*sqlite.FunctionContext) {}

func openNative(d *sqlite.Driver, dsn string) (nativeConn, error) {
	c, err := d.Open(dsn)
	if err != nil {
		return nil, err
	}
	n, ok := c.(nativeConn)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver's connections have changed"), c.Close())
	}
	return n, nil
}

// strictQuotes are the parameters of a connection on which a name that names
// nothing is an error.
func strictQuotes() url.Values { return url.Values{"_dqs": {"0"}} }

func valid(c nativeConn) bool { return c.IsValid() }

// nativeError returns the extended result code and the text of an error of SQLite.
func nativeError(err error) (code int, text string, ok bool) {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0, "", false
	}
	return e.Code(), e.Error(), true
}

func libraryVersion() string { return sqlite3.SQLITE_VERSION }
