package mysql

import (
	"slices"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

type dialect struct {
	driver.Dialect
	flavour string
	version int
	packet  int
}

func newDialect(flavour string, version, maxPacket int) dialect {
	return dialect{flavour: flavour, version: version, packet: maxPacket}
}

func (d dialect) Engine() string { return d.flavour }

func (d dialect) Has(f driver.Feature) bool {
	return slices.Contains([]schema.Feature{
		driver.RowLocks, driver.SkipLocked, driver.ServerProcess, driver.Isolation,
		driver.Savepoints, driver.TupleIn, driver.Windows, driver.RecursiveCTE}, f)
}

func (d dialect) Limits() driver.Limits { return driver.Limits{BindArgs: 65535, Packet: d.packet} }

func (dialect) AppendIdent(b []byte, name string) ([]byte, error) {
	return append(append(append(b, '`'), name...), '`'), nil
}

func (dialect) AppendPlaceholder(b []byte, n int) []byte { return append(b, '?') }
