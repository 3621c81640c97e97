package postgres

import (
	"slices"
	"strconv"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

type dialect struct {
	driver.Dialect
	version int
	icu     bool
}

func newDialect(version int, icu bool) dialect { return dialect{version: version, icu: icu} }

func (dialect) Engine() string { return "postgresql" }

func (dialect) Has(f driver.Feature) bool {
	return hasTableFeature(f) || slices.Contains([]schema.Feature{driver.InsertReturning, driver.UpdateReturning, driver.DeleteReturning, driver.CopyIn,
		driver.RowLocks, driver.SkipLocked, driver.ServerProcess, driver.Isolation,
		driver.Savepoints, driver.TupleIn, driver.Windows, driver.RecursiveCTE, driver.NullsOrdering, driver.DistinctFrom}, f)
}

func (dialect) Limits() driver.Limits { return driver.Limits{BindArgs: 65535} }

func (dialect) AppendIdent(b []byte, name string) ([]byte, error) {
	return append(append(append(b, '"'), name...), '"'), nil
}

func (dialect) AppendPlaceholder(b []byte, n int) []byte {
	return strconv.AppendInt(append(b, '$'), int64(n), 10)
}
