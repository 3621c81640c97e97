package postgres_test

import (
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/drivertest"
	"github.com/larder-db/larder/engine/postgres"
	"github.com/larder-db/larder/internal/testdb"
)

// open opens a database of testdb through the driver alone.
func open(t *testing.T, at testdb.DB) *driver.Database {
	t.Helper()
	return drivertest.Open(t, postgres.Driver{}, at.URL)
}

func TestSchema(t *testing.T) { drivertest.Schema(t, open(t, testdb.New(t, testdb.PostgreSQL))) }

func TestFeatures(t *testing.T) {
	drivertest.Features(t, postgres.Driver{}, testdb.New(t, testdb.PostgreSQL).URL)
}
