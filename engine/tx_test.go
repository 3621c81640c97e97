package engine_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/schema"
)

func insert(ctx context.Context, q engine.Queryer, id int) error {
	_, err := q.Exec(ctx, st(q, true, "INSERT INTO item (id, name) VALUES (?, ?)", id, "x"))
	return err
}

func count(t testing.TB, q engine.Queryer) int64 {
	t.Helper()
	return number(t, q, "SELECT count(*) FROM item")
}

func TestTxCommitsAndRollsBack(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		ctx := t.Context()
		if err := eng.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
			if err := insert(ctx, tx, 1); err != nil {
				return err
			}
			n, err := readNumber(ctx, tx, "SELECT count(*) FROM item")
			if n != 1 {
				t.Errorf("the transaction does not see its own row: %d, %v", n, err)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		mine := errors.New("mine")
		err := eng.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
			if err := insert(ctx, tx, 2); err != nil {
				return err
			}
			return mine
		})
		if err != mine {
			t.Errorf("the function's error comes back changed: %v", err)
		}
		if n := count(t, eng); n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
	})
}

func TestPanicAndGoexitRollBackAndReturnTheConnection(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		for range 20 { // more often than there are connections
			func() {
				defer func() {
					if r := recover(); r != "boom" {
						t.Errorf("recovered %v", r)
					}
				}()
				_ = eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
					if err := insert(ctx, tx, 1); err != nil {
						return err
					}
					return tx.InTx(ctx, engine.TxOptions{}, func(context.Context, *engine.Tx) error { panic("boom") })
				})
			}()
			done := make(chan struct{})
			go func() {
				defer close(done)
				_ = eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
					if err := insert(ctx, tx, 1); err != nil {
						return err
					}
					runtime.Goexit()
					return nil
				})
			}()
			<-done
		}
		if n := count(t, eng); n != 0 {
			t.Errorf("%d rows, want none", n)
		}
		if n := eng.Stats().InUse(); n != 0 {
			t.Errorf("%d connections in use", n)
		}
	})
}

func TestSavepoints(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		ctx := t.Context()
		err := eng.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
			if err := insert(ctx, tx, 1); err != nil {
				return err
			}
			// A statement that fails in a savepoint harms nobody else: also where
			// the server calls the whole transaction aborted.
			err := tx.InTx(ctx, engine.TxOptions{Name: "inner"}, func(ctx context.Context, tx *engine.Tx) error {
				if err := insert(ctx, tx, 2); err != nil {
					return err
				}
				return insert(ctx, tx, 1)
			})
			code(t, err, dberr.AlreadyExists)
			// One that is swallowed fails the savepoint all the same.
			err = tx.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
				_ = insert(ctx, tx, 1)
				return nil
			})
			code(t, err, dberr.AlreadyExists)
			if err := tx.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
				if err := insert(ctx, tx, 3); err != nil {
					return err
				}
				mine := errors.New("mine")
				err := tx.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
					if err := insert(ctx, tx, 4); err != nil {
						return err
					}
					return mine
				})
				if err != mine {
					t.Errorf("got %v", err)
				}
				return tx.InTx(ctx, engine.TxOptions{},
					func(ctx context.Context, tx *engine.Tx) error { return insert(ctx, tx, 5) })
			}); err != nil {
				return err
			}
			return insert(ctx, tx, 6)
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := ids(t, eng); !slices.Equal(got, []int64{1, 3, 5, 6}) {
			t.Errorf("rows %v, want 1 3 5 6", got)
		}
	})
}

func ids(t testing.TB, q engine.Queryer) []int64 {
	t.Helper()
	rows, err := q.Query(t.Context(), st(q, false, "SELECT id FROM item ORDER BY id"))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		out = append(out, id)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAFailedStatementEndsTheTransactionOnEveryEngine(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		do(t, eng, "INSERT INTO item (id) VALUES (1)")
		err := eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
			if err := insert(ctx, tx, 2); err != nil {
				return err
			}
			first := insert(ctx, tx, 1)
			code(t, first, dberr.AlreadyExists)
			// What follows gets the first error, and not one about an aborted transaction.
			if err := insert(ctx, tx, 3); err != first {
				t.Errorf("the next statement gives %v", err)
			}
			if _, err := readNumber(ctx, tx, "SELECT count(*) FROM item"); err != first {
				t.Errorf("the next query gives %v", err)
			}
			if err := tx.InTx(ctx, engine.TxOptions{}, func(context.Context, *engine.Tx) error { return nil }); err != first {
				t.Errorf("the next savepoint gives %v", err)
			}
			return nil
		})
		code(t, err, dberr.AlreadyExists)
		if n := count(t, eng); n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
	})
}

func TestTxMisuseIsNamed(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		do(t, eng, "INSERT INTO item (id) VALUES (1)")
		do(t, eng, "INSERT INTO item (id) VALUES (2)")
		var kept, keptInner *engine.Tx
		err := eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
			kept = tx
			if err := tx.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, inner *engine.Tx) error {
				keptInner = inner
				code(t, insert(ctx, tx, 3), dberr.Invalid) // the outer one while the inner one runs
				return nil
			}); err != nil {
				return err
			}
			code(t, insert(ctx, keptInner, 3), dberr.Invalid)
			code(t, tx.InTx(ctx, engine.TxOptions{Isolation: engine.Serializable}, func(context.Context, *engine.Tx) error { return nil }), dberr.Invalid)

			rows, err := tx.Query(ctx, st(tx, false, "SELECT id FROM item ORDER BY id"))
			if err != nil {
				return err
			}
			if !rows.Next() {
				t.Error("no row")
			}
			code(t, insert(ctx, tx, 3), dberr.Invalid) // rows are open
			if err := rows.Close(); err != nil {
				return err
			}
			if err := insert(ctx, tx, 3); err != nil {
				return err
			}
			// Rows that are left open do not keep the transaction from its end.
			rows, err = tx.Query(ctx, st(tx, false, "SELECT id FROM item ORDER BY id"))
			if err != nil {
				return err
			}
			rows.Next()
			t.Cleanup(func() { rows.Close() })
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		code(t, insert(t.Context(), kept, 4), dberr.Invalid)
		if n := count(t, eng); n != 3 {
			t.Errorf("%d rows, want 3", n)
		}
	})
}

func TestReadTransactionsDoNotWrite(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		err := eng.InTx(t.Context(), engine.TxOptions{Mode: engine.Read}, func(ctx context.Context, tx *engine.Tx) error {
			code(t, insert(ctx, tx, 1), dberr.ReadOnly) // said so: refused before it is sent
			code(t, tx.InTx(ctx, engine.TxOptions{}, func(context.Context, *engine.Tx) error { return nil }), dberr.ReadOnly)
			_, err := readNumber(ctx, tx, "SELECT count(*) FROM item")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = eng.InTx(t.Context(), engine.TxOptions{Mode: engine.Read}, func(ctx context.Context, tx *engine.Tx) error {
			_, err := tx.Exec(ctx, st(tx, false, "INSERT INTO item (id) VALUES (1)")) // did not say so
			return err
		})
		code(t, err, dberr.ReadOnly)
		do(t, eng, "INSERT INTO item (id) VALUES (1)") // the connection writes again
		if n := count(t, eng); n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
	})
}

func TestAReadTransactionSeesOneSnapshot(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		do(t, eng, "INSERT INTO item (id) VALUES (1)")
		for _, o := range []engine.TxOptions{{Mode: engine.Read}, {Mode: engine.Read, Isolation: engine.Serializable,
			Deferrable: true}} {
			before := count(t, eng)
			err := eng.InTx(t.Context(), o, func(ctx context.Context, tx *engine.Tx) error {
				for i := range 3 {
					n, err := readNumber(ctx, tx, "SELECT count(*) FROM item")
					if err != nil {
						return err
					}
					if n != before {
						t.Errorf("read %d sees %d rows, want %d", i, n, before)
					}
					if o.Isolation == engine.Serializable {
						continue // there, a writer may have to wait for the reader
					}
					do(t, eng, "INSERT INTO item (id) VALUES (?)", 100+i)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Two transactions that each read what the other one writes: at the
// serializable level one of them is run again, and the sum stays within bounds.
func TestSerializableTransactionsAreRunAgain(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		const workers, limit = 8, 10
		do(t, eng, "INSERT INTO item (id, n) VALUES (0, 0)")
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for i := range 4 {
					err := eng.InTx(t.Context(), engine.TxOptions{Isolation: engine.Serializable, MaxAttempts: 100},
						func(ctx context.Context, tx *engine.Tx) error {
							n, err := readNumber(ctx, tx, "SELECT sum(n) FROM item")
							if err != nil || n >= limit {
								return err
							}
							_, err = tx.Exec(ctx, st(tx, true, "INSERT INTO item (id, n) VALUES (?, 1)", 1+w*100+i))
							return err
						})
					if err != nil {
						t.Errorf("worker %d: %v", w, err)
					}
				}
			})
		}
		wg.Wait()
		if n := number(t, eng, "SELECT sum(n) FROM item"); n != limit {
			t.Errorf("the sum is %d, want %d", n, limit)
		}
	})
}

func TestDeadlocksAreRunAgain(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		t.Parallel()
		table(t, eng)
		do(t, eng, "INSERT INTO item (id) VALUES (1)")
		do(t, eng, "INSERT INTO item (id) VALUES (2)")
		var wg sync.WaitGroup
		const rounds = 2
		// A file has one writer at a time, which nobody can be deadlocked with.
		several := eng.Dialect().Has(driver.ServerProcess)
		var both sync.WaitGroup // each has its first row
		both.Add(2)
		for w := range 2 {
			wg.Go(func() {
				a, b := 1+w, 2-w
				meet := sync.OnceFunc(func() { both.Done(); both.Wait() })
				for range rounds {
					err := eng.InTx(t.Context(), engine.TxOptions{Name: "swap"}, func(ctx context.Context, tx *engine.Tx) error {
						for _, id := range []int{a, b} {
							if _, err := tx.Exec(ctx, st(tx, true, "UPDATE item SET n = n + 1 WHERE id = ?", id)); err != nil {
								return err
							}
							if several {
								meet()
							}
						}
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if n := number(t, eng, "SELECT sum(n) FROM item"); n != 4*rounds {
			t.Errorf("the sum is %d, want %d: an update was lost or applied twice", n, 4*rounds)
		}
		if several && eng.Stats().Retries == 0 {
			t.Error("no deadlock happened: the test shows nothing")
		}
	})
}

func TestOnCommit(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		var got []string
		note := func(s string) func() {
			return func() {
				got = append(got, s)
				if eng.Stats().InUse() != 0 {
					t.Error("a callback runs while the connection is held")
				}
			}
		}
		runs := 0
		err := eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
			runs++
			tx.OnCommit(note("a"))
			_ = tx.InTx(ctx, engine.TxOptions{}, func(_ context.Context, tx *engine.Tx) error {
				tx.OnCommit(note("undone"))
				return errors.New("undo")
			})
			if err := tx.InTx(ctx, engine.TxOptions{}, func(_ context.Context, tx *engine.Tx) error {
				tx.OnCommit(note("b"))
				return nil
			}); err != nil {
				return err
			}
			if runs < 3 {
				return &dberr.Error{Code: dberr.Conflict}
			}
			return insert(ctx, tx, 1)
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, []string{"a", "b"}) || runs != 3 {
			t.Errorf("callbacks %v after %d runs, want a b after 3", got, runs)
		}
		got = nil
		err = eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
			tx.OnCommit(note("never"))
			return insert(ctx, tx, 1)
		})
		code(t, err, dberr.AlreadyExists)
		if len(got) != 0 {
			t.Errorf("callbacks of a transaction that was rolled back: %v", got)
		}
	})
}

func TestRetriesAreBounded(t *testing.T) {
	enginetest.EachWith(t, engine.Options{Retry: engine.RetryPolicy{MaxDelay: 20 * time.Millisecond}},
		func(t *testing.T, eng *engine.Engine) {
			t.Parallel()
			runs := 0
			conflict := func(context.Context, *engine.Tx) error {
				runs++
				return &dberr.Error{Code: dberr.Conflict}
			}
			code(t, eng.InTx(t.Context(), engine.TxOptions{}, conflict), dberr.Conflict)
			if runs != 10 {
				t.Errorf("%d runs, want 10", runs)
			}
			runs = 0
			code(t, eng.InTx(t.Context(), engine.TxOptions{MaxAttempts: 1}, conflict), dberr.Conflict)
			if runs != 1 {
				t.Errorf("%d runs, want 1", runs)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			begin := time.Now()
			err := eng.InTx(ctx, engine.TxOptions{MaxAttempts: 1000}, conflict)
			if err == nil || time.Since(begin) > 2*time.Second {
				t.Errorf("the end of the context was not heeded: %v after %s", err, time.Since(begin))
			}
			runs = 0
			err = eng.InTx(t.Context(), engine.TxOptions{}, func(context.Context, *engine.Tx) error {
				runs++
				return dberr.New(dberr.Unavailable, "elsewhere", "another service is away")
			})
			if runs != 1 {
				t.Errorf("a failure of somebody else ran the transaction %d times", runs)
			}
			code(t, err, dberr.Unavailable)
		})
}

func TestCancelRollsBackAndReturnsTheConnection(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		for range 20 {
			ctx, cancel := context.WithCancel(t.Context())
			err := eng.InTx(ctx, engine.TxOptions{}, func(_ context.Context, tx *engine.Tx) error {
				if err := insert(t.Context(), tx, 1); err != nil {
					return err
				}
				cancel()
				return nil
			})
			code(t, err, dberr.Canceled)

			ctx, cancel = context.WithCancel(t.Context())
			err = eng.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
				if err := insert(ctx, tx, 1); err != nil {
					return err
				}
				cancel()
				code(t, insert(t.Context(), tx, 2), dberr.Canceled) // the transaction is gone, also for a context that lives
				return nil
			})
			code(t, err, dberr.Canceled)
			cancel()

			// A statement whose own deadline passes takes the transaction along:
			// engines differ in how much of it they undo.
			err = eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
				if err := insert(ctx, tx, 1); err != nil {
					return err
				}
				short, cancel := context.WithTimeout(ctx, time.Nanosecond)
				defer cancel()
				_, err := readNumber(short, tx, "SELECT count(*) FROM item")
				code(t, err, dberr.Timeout)
				code(t, insert(ctx, tx, 2), dberr.Timeout)
				return nil
			})
			code(t, err, dberr.Timeout)
		}
		if n := count(t, eng); n != 0 {
			t.Errorf("%d rows, want none", n)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		code(t, eng.InTx(ctx, engine.TxOptions{}, func(context.Context, *engine.Tx) error { return nil }), dberr.Canceled)
	})
}

func TestSchemaStatementsInATransaction(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		ctx := t.Context()
		if !eng.Dialect().Has(schema.TransactionalDDL) {
			for _, text := range []string{"CREATE TABLE a (id integer)", "  -- why\n create table a (id integer)",
				"/* x */ALTER TABLE a ADD b integer", "DROP TABLE a", "TRUNCATE TABLE a"} {
				err := eng.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
					_, err := tx.Exec(ctx, engine.Statement{SQL: text, Write: true})
					return err
				})
				code(t, err, dberr.Unsupported)
			}
			table(t, eng)
			err := eng.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
				if err := insert(ctx, tx, 1); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, engine.Statement{SQL: "CREATE TEMPORARY TABLE tmp (id integer)",
					Write: true}); err != nil {
					return err
				}
				return errors.New("undo")
			})
			if err == nil || count(t, eng) != 0 {
				t.Errorf("a temporary table ended the transaction: %v", err)
			}
			return
		}
		mine := errors.New("mine")
		err := eng.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
			if _, err := tx.Exec(ctx, engine.Statement{SQL: "CREATE TABLE a (id integer)", Write: true}); err != nil {
				return err
			}
			return mine
		})
		if err != mine {
			t.Fatal(err)
		}
		_, err = readNumber(ctx, eng, "SELECT count(*) FROM a")
		code(t, err, dberr.SchemaMismatch)
	})
}

func TestATransactionIsUsedFromSeveralGoroutines(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		err := eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
			var wg sync.WaitGroup
			for i := range 20 {
				wg.Go(func() {
					if err := insert(ctx, tx, i); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, eng); n != 20 {
			t.Errorf("%d rows, want 20", n)
		}
	})
}
