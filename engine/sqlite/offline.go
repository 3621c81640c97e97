package sqlite

import (
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
)

// OfflineDDL writes schema statements without a connection.
func (Driver) OfflineDDL(*dburl.URL) (driver.DDL, error) { return NewDDL(), nil }

var (
	_ driver.Offline = Driver{}
	_ driver.Tunable = Driver{}
)
