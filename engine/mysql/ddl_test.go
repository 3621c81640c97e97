package mysql_test

import (
	"testing"

	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/drivertest"
	"github.com/larder-db/larder/engine/mysql"
	"github.com/larder-db/larder/internal/testdb"
)

// openForSchema opens a database of testdb through the driver alone.
func openForSchema(t *testing.T, at testdb.DB) *driver.Database {
	t.Helper()
	u, err := dburl.Parse(at.URL)
	if err != nil {
		t.Fatal(err)
	}
	var pool dburl.PoolSettings
	var file dburl.SQLiteSettings
	db, err := mysql.Driver{}.Open(t.Context(), u, driver.OpenOptions{Pool: pool.OrDefault(), SQLite: file.OrDefault()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Writer.Close(); err != nil {
			t.Error(err)
		}
		if db.Cleanup != nil {
			if err := db.Cleanup(); err != nil {
				t.Error(err)
			}
		}
	})
	return db
}

func TestSchema(t *testing.T) {
	for _, e := range []string{testdb.MySQL, testdb.MariaDB} {
		t.Run(e, func(t *testing.T) { drivertest.Schema(t, openForSchema(t, testdb.New(t, e))) })
	}
}
