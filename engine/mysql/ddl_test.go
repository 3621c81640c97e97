package mysql_test

import (
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/drivertest"
	"github.com/larder-db/larder/engine/mysql"
	"github.com/larder-db/larder/internal/testdb"
)

// open opens a database of testdb through the driver alone.
func open(t *testing.T, at testdb.DB) *driver.Database {
	t.Helper()
	return drivertest.Open(t, mysql.Driver{}, at.URL)
}

func TestSchema(t *testing.T) {
	for _, e := range []string{testdb.MySQL, testdb.MariaDB} {
		t.Run(e, func(t *testing.T) { drivertest.Schema(t, open(t, testdb.New(t, e))) })
	}
}

func TestFeatures(t *testing.T) {
	for _, e := range []string{testdb.MySQL, testdb.MariaDB} {
		t.Run(e, func(t *testing.T) { drivertest.Features(t, mysql.Driver{}, testdb.New(t, e).URL) })
	}
}
