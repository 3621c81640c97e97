package sqlite_test

import (
	"testing"

	"github.com/larder-db/larder/driver/drivertest"
	"github.com/larder-db/larder/internal/testdb"
)

func TestAlter(t *testing.T) {
	drivertest.Alter(t, open(t, testdb.New(t, testdb.SQLite)))
}
