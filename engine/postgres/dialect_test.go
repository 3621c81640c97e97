package postgres

import (
	"testing"

	"github.com/larder-db/larder/driver/drivertest"
	"github.com/larder-db/larder/internal/testdb"
)

func TestDialect(t *testing.T) {
	drivertest.Dialect(t, Driver{}, testdb.New(t, testdb.PostgreSQL).URL)
}
