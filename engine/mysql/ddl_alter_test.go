package mysql_test

import (
	"testing"

	"github.com/larder-db/larder/driver/drivertest"
	"github.com/larder-db/larder/internal/testdb"
)

func TestAlter(t *testing.T) {
	for _, e := range []string{testdb.MySQL, testdb.MariaDB} {
		t.Run(e, func(t *testing.T) { drivertest.Alter(t, open(t, testdb.New(t, e))) })
	}
}
