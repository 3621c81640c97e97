package engine_test

import (
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/schema"
)

func TestCreateTables(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		parent, child := schema.Define("parent"), schema.Define("child")
		parent.BigInt("id").PrimaryKey()
		child.BigInt("id").PrimaryKey()
		child.BigInt("parent_id").References("parent", "id", schema.Cascade)
		if n, err := eng.CreateTables(t.Context(), child, parent); err != nil || n < 2 {
			t.Fatal(n, err)
		}
		if _, err := eng.CreateTables(t.Context(), child, parent); dberr.CodeOf(err) == "" {
			t.Errorf("tables that are there: %v", err)
		}
		live, err := eng.Inspect(t.Context(), driver.InspectOptions{})
		if err != nil || len(live) != 2 {
			t.Errorf("%d tables (%v)", len(live), err)
		}
	})
}
