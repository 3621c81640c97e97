package sqlite_test

import (
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/drivertest"
	"github.com/larder-db/larder/engine/sqlite"
	"github.com/larder-db/larder/internal/testdb"
)

// open opens a database of testdb through the driver alone.
func open(t *testing.T, at testdb.DB) *driver.Database {
	t.Helper()
	return drivertest.Open(t, sqlite.Driver{}, at.URL)
}

func TestSchema(t *testing.T) { drivertest.Schema(t, open(t, testdb.New(t, testdb.SQLite))) }

func TestFeatures(t *testing.T) {
	drivertest.Features(t, sqlite.Driver{}, testdb.New(t, testdb.SQLite).URL)
}
