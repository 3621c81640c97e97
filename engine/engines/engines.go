// Package engines is the wiring: it lists the database engines that a program
// can open. Importing it links all drivers in; a program that wants fewer
// lists its own.
//
//	eng, err := engine.Open(ctx, url, engine.Options{Drivers: engines.All()})
//
// What it will not do: anything else.
package engines

import (
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine/mysql"
	"github.com/larder-db/larder/engine/postgres"
	"github.com/larder-db/larder/engine/sqlite"
)

// All returns the drivers of every engine.
func All() []driver.Driver {
	return []driver.Driver{sqlite.Driver{}, postgres.Driver{}, mysql.Driver{}}
}
