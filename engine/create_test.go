package engine_test

import (
	"context"
	"testing"
	"time"

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

// A transaction that has written is waited for, and nobody else.
func TestAwaitWriters(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab, other := schema.Define("waited_for"), schema.Define("bystander")
		tab.BigInt("id").PrimaryKey()
		other.BigInt("id").PrimaryKey()
		if _, err := eng.CreateTables(t.Context(), tab, other); err != nil {
			t.Fatal(err)
		}
		begun, end := make(chan struct{}), make(chan struct{})
		over := make(chan error, 1)
		go func() {
			over <- eng.InTx(t.Context(), engine.TxOptions{MaxAttempts: 1}, func(ctx context.Context, tx *engine.Tx) error {
				if _, err := tx.Exec(ctx, engine.Statement{SQL: "INSERT INTO waited_for (id) VALUES (1)",
					Write: true}); err != nil {
					return err
				}
				close(begun)
				<-end
				return nil
			})
		}()
		<-begun
		waited := make(chan error, 1)
		go func() { waited <- eng.AwaitWriters(t.Context(), 20*time.Second, "bystander", "waited_for") }()
		select {
		case err := <-waited:
			t.Errorf("it did not wait for a transaction that had written: %v", err)
		case <-time.After(200 * time.Millisecond):
		}
		close(end)
		if err := <-over; err != nil {
			t.Error(err)
		}
		if err := <-waited; err != nil {
			t.Error(err)
		}
		if err := eng.AwaitWriters(t.Context(), time.Second, "waited_for"); err != nil {
			t.Errorf("nobody writes: %v", err)
		}
		if _, err := eng.Exec(t.Context(), engine.Statement{SQL: "INSERT INTO waited_for (id) VALUES (2)",
			Write: true}); err != nil {
			t.Errorf("the table is still locked: %v", err)
		}
		if err := eng.DropTable(t.Context(), "test", tab); err != nil {
			t.Error(err)
		}
	})
}
