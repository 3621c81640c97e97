package sqlite

import (
	"slices"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

type dialect struct {
	driver.Dialect
	version string
}

func newDialect(version string) dialect { return dialect{version: version} }

func (dialect) Engine() string { return "sqlite" }

func (dialect) Has(f driver.Feature) bool {
	return hasTableFeature(f) || slices.Contains([]schema.Feature{driver.InsertReturning, driver.UpdateReturning, driver.DeleteReturning,
		driver.SingleWriter, driver.Savepoints, driver.TupleIn, driver.Windows, driver.RecursiveCTE, driver.NullsOrdering, driver.DistinctFrom}, f)
}

func (dialect) Limits() driver.Limits { return driver.Limits{BindArgs: 32766} }

func (dialect) AppendIdent(b []byte, name string) ([]byte, error) {
	return append(append(append(b, '"'), name...), '"'), nil
}

func (dialect) AppendPlaceholder(b []byte, n int) []byte { return append(b, '?') }
