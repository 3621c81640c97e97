//go:build cgo_sqlite

package sqlite

import (
	sqldriver "database/sql/driver"
	"errors"
	"net/url"

	"github.com/mattn/go-sqlite3"
)

type nativeConn = *sqlite3.SQLiteConn

type driverOfConn = *sqlite3.SQLiteDriver

// nativeDriver has the functions of the dialect and is nobody else's.
func nativeDriver() *sqlite3.SQLiteDriver {
	return &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		for _, f := range scalarFunctions() {
			call := func(args ...any) (any, error) {
				values := make([]sqldriver.Value, len(args))
				for i, a := range args {
					if null, is := a.([]byte); is && null == nil {
						continue // how NULL comes in
					}
					values[i] = a
				}
				return f.call(values)
			}
			if err := c.RegisterFunc(f.name, call, true); err != nil {
				return err
			}
		}
		for _, f := range aggregateFunctions() {
			if err := c.RegisterAggregator(f.name, func() *nativeAggregate { return &nativeAggregate{f.make()} },
				true); err != nil {
				return err
			}
		}
		return nil
	}}
}

// nativeAggregate is an aggregate as this driver calls it. It has no way to make
// a window function, so that SQLite refuses a decimal sum over a window by name.
type nativeAggregate struct{ aggregate }

// Step is for the driver.
func (a *nativeAggregate) Step(v any) error {
	if null, is := v.([]byte); is && null == nil {
		return a.add(nil)
	}
	return a.add(v)
}

// Done is for the driver.
func (a *nativeAggregate) Done() (any, error) { return a.total(), nil }

func openNative(d *sqlite3.SQLiteDriver, dsn string) (nativeConn, error) {
	c, err := d.Open(dsn)
	if err != nil {
		return nil, err
	}
	n, ok := c.(*sqlite3.SQLiteConn)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver's connections have changed"), c.Close())
	}
	return n, nil
}

// strictQuotes is empty: this driver has no such setting. The SQLite that it
// compiles takes CGO_CFLAGS=-DSQLITE_DQS=0.
func strictQuotes() url.Values { return url.Values{} }

func valid(nativeConn) bool { return true }

// nativeError returns the extended result code and the text of an error of SQLite.
func nativeError(err error) (code int, text string, ok bool) {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return 0, "", false
	}
	if e.ExtendedCode != 0 {
		return int(e.ExtendedCode), e.Error(), true
	}
	return int(e.Code), e.Error(), true
}

func libraryVersion() string {
	v, _, _ := sqlite3.Version()
	return v
}

var _ sqldriver.Conn = nativeConn(nil)
