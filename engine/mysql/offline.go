package mysql

import (
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
)

// OfflineDDL writes schema statements without a connection, for the flavour
// that the URL names.
func (d Driver) OfflineDDL(u *dburl.URL) (driver.DDL, error) {
	return NewDDL(d.flavour(u.Backend)), nil
}

var _ driver.Offline = Driver{}
