package larder_test

import (
	"slices"
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// Larder's own tables have nothing that an inspection does not carry.
func TestOwnTablesAreKnownWhole(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		statements, err := eng.DDL().CreateTables(slices.Concat(tables.All(), own.All())...)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range eng.DDL().Batch(statements) {
			if _, err := eng.Exec(t.Context(), engine.Statement{SQL: s, Write: true}); err != nil {
				t.Fatal(err)
			}
		}
		live, err := eng.Inspect(t.Context(), driver.InspectOptions{})
		if err != nil || len(live) == 0 {
			t.Fatalf("%d tables: %v", len(live), err)
		}
		for _, x := range live {
			for _, r := range x.Remarks() {
				t.Error(r)
			}
		}
	})
}
