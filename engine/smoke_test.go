package engine_test

import (
	"context"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/internal/testdb"
)

func TestSmoke(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		e, err := engine.Open(t.Context(), db.URL, engine.Options{Drivers: engines.All()})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		t.Log(e.Version(), e.Warnings())
		if _, err := e.Exec(t.Context(), engine.Statement{SQL: "CREATE TABLE t (id integer primary key, v text)", Write: true}); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			err = e.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
				_, err := tx.Exec(ctx, engine.Statement{SQL: "DELETE FROM t", Write: true})
				if err != nil {
					return err
				}
				_, err = tx.Exec(ctx, engine.Statement{SQL: "INSERT INTO t VALUES (1, 'a')", Write: true})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		_, err = e.Exec(t.Context(), engine.Statement{SQL: "INSERT INTO t VALUES (1, 'a')", Write: true})
		t.Log(err)
		_, err = e.Exec(t.Context(), engine.Statement{SQL: "INSERT INTO tt VALUES (1, 'a')", Write: true})
		t.Log(err)
		t.Log(e.Stats())
	})
}
