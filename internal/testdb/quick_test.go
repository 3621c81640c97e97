package testdb_test

import (
	"testing"

	"github.com/larder-db/larder/internal/testdb"
)

func TestEachQuick(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) { t.Log(db) })
}
