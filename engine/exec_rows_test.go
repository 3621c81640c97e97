package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
)

// Rows that nobody asked for are passed over, however often a statement is run on a
// connection. The driver of MariaDB waited for ever the third time that there were none:
// it passed over the columns, too, which the server does not send again.
func TestRowsThatNobodyReadsArePassedOver(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		do(t, eng, "CREATE TABLE t (id integer NOT NULL PRIMARY KEY)")
		for _, insert := range []string{"INSERT INTO t (id) VALUES (?) RETURNING id",
			"/* of somebody */ insert into t (id) values (?) returning id", "INSERT INTO t (id) VALUES (?)"} {
			if eng.Dialect().Engine() == dburl.MySQL {
				insert = "INSERT INTO t (id) VALUES (?)"
			}
			err := eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
				ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
				defer cancel()
				for n := range 5 {
					for _, text := range []string{insert, "SELECT id FROM t WHERE id >= ?", "SELECT id FROM t WHERE id < ? - 9",
						"(SELECT id FROM t WHERE id < ? - 9)"} {
						if text[0] == '(' && eng.Dialect().Engine() == dburl.SQLite {
							continue
						}
						r, err := tx.Exec(ctx, st(eng, text == insert, text, n))
						if err != nil {
							return err
						}
						if text == insert && r.Rows != 1 {
							t.Errorf("%s: %d rows", text, r.Rows)
						}
					}
				}
				_, err := tx.Exec(ctx, st(eng, true, "DELETE FROM t"))
				return err
			})
			if err != nil {
				t.Errorf("%s: %v", insert, err)
			}
		}
	})
}
