package engine_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
)

func manyRows(n int) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		row := make([]any, 2) // one slice for all: it may be used again
		for i := range n {
			row[0], row[1] = int64(i), fmt.Sprintf("name %d\t\\N \n'\"ä🐍", i)
			if !yield(row, nil) {
				return
			}
		}
	}
}

func TestBulkInsert(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		columns := []string{"id", "name"}
		for _, n := range []int{0, 1, 64, 65, 249, 250, 251, 256, 257, 501, 20_000} {
			do(t, eng, "DELETE FROM item")
			got, err := engine.BulkInsert(t.Context(), eng, "item", columns, manyRows(n))
			if err != nil || got != int64(n) {
				t.Fatalf("%d rows: inserted %d, %v (%v)", n, got, err, errors.Unwrap(err))
			}
			if c := count(t, eng); c != int64(n) {
				t.Fatalf("%d rows in the table, want %d", c, n)
			}
			if sum := number(t, eng, "SELECT coalesce(sum(id), 0) FROM item"); sum != int64(n*(n-1)/2) {
				t.Fatalf("the ids of %d rows add up to %d", n, sum)
			}
			if n > 0 {
				rows, err := eng.Query(t.Context(), st(eng, false, "SELECT name FROM item WHERE id = ?", n-1))
				if err != nil {
					t.Fatal(err)
				}
				var name string
				for rows.Next() {
					if err := rows.Scan(&name); err != nil {
						t.Fatal(err)
					}
				}
				if want := fmt.Sprintf("name %d\t\\N \n'\"ä🐍", n-1); name != want {
					t.Errorf("read %q, want %q", name, want)
				}
			}
		}
	})
}

func TestBulkInsertIsAllOrNothing(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		columns := []string{"id", "name"}
		mine := errors.New("mine")
		for _, at := range []int{0, 10, 100, 3000} {
			_, err := engine.BulkInsert(t.Context(), eng, "item", columns, func(yield func([]any, error) bool) {
				for i := range at {
					if !yield([]any{i, "x"}, nil) {
						t.Error("the rows are stopped although nothing has failed")
						return
					}
				}
				yield(nil, mine)
			})
			if err != mine {
				t.Errorf("an error of the rows after %d comes back as %v", at, err)
			}
			// The same key twice: refused by the database in the middle.
			_, err = engine.BulkInsert(t.Context(), eng, "item", columns, func(yield func([]any, error) bool) {
				for i := range at + 2 {
					if !yield([]any{max(i, 1), "x"}, nil) {
						return
					}
				}
			})
			code(t, err, dberr.AlreadyExists)
			_, err = engine.BulkInsert(t.Context(), eng, "item", columns, func(yield func([]any, error) bool) {
				for i := range at {
					if !yield([]any{i, "x"}, nil) {
						return
					}
				}
				yield([]any{-1}, nil)
			})
			code(t, err, dberr.Invalid)
		}
		_, err := engine.BulkInsert(t.Context(), eng, "item", nil, manyRows(1))
		code(t, err, dberr.Invalid)
		_, err = engine.BulkInsert(t.Context(), eng, "nothere", columns, manyRows(100))
		code(t, err, dberr.SchemaMismatch)
		if n := count(t, eng); n != 0 {
			t.Errorf("%d rows, want none", n)
		}
		ctx, cancel := context.WithCancel(t.Context())
		_, err = engine.BulkInsert(ctx, eng, "item", columns, func(yield func([]any, error) bool) {
			for i := range 5000 {
				if i == 1000 {
					cancel()
					time.Sleep(10 * time.Millisecond)
				}
				if !yield([]any{i, "x"}, nil) {
					return
				}
			}
		})
		code(t, err, dberr.Canceled)
		if n := count(t, eng); n != 0 {
			t.Errorf("%d rows after a cancel, want none", n)
		}
	})
}

func TestBulkInsertInsideATransactionAndASession(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		table(t, eng)
		columns := []string{"id", "name"}
		err := eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
			if err := insert(ctx, tx, -1); err != nil {
				return err
			}
			err := tx.InTx(ctx, engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
				_, err := engine.BulkInsert(ctx, tx, "item", columns, func(yield func([]any, error) bool) {
					for i := range 500 {
						if !yield([]any{max(1, i), "x"}, nil) {
							return
						}
					}
				})
				return err
			})
			code(t, err, dberr.AlreadyExists)
			_, err = engine.BulkInsert(ctx, tx, "item", columns, manyRows(500))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, eng); n != 501 {
			t.Errorf("%d rows, want 501", n)
		}
		// Rows that use the transaction they go into.
		err = eng.InTx(t.Context(), engine.TxOptions{}, func(ctx context.Context, tx *engine.Tx) error {
			_, err := engine.BulkInsert(ctx, tx, "item", columns, func(yield func([]any, error) bool) {
				_, err := readNumber(ctx, tx, "SELECT count(*) FROM item")
				yield(nil, err)
			})
			return err
		})
		code(t, err, dberr.Invalid)
		func() {
			defer func() {
				if recover() != "boom" {
					t.Error("the panic of the rows is lost")
				}
			}()
			_, _ = engine.BulkInsert(t.Context(), eng, "item", columns, func(yield func([]any, error) bool) {
				for i := range 300 {
					yield([]any{2000 + i, "x"}, nil)
				}
				panic("boom")
			})
		}()
		if n := count(t, eng); n != 501 {
			t.Errorf("%d rows after a panic, want 501", n)
		}
		s := eng.Session()
		defer s.Close()
		if _, err := engine.BulkInsert(t.Context(), s, "item", columns,
			func(yield func([]any, error) bool) { yield([]any{1000, "x"}, nil) }); err != nil {
			t.Fatal(err)
		}
		if err := s.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := count(t, eng); n != 501 {
			t.Errorf("%d rows after a rollback, want 501", n)
		}
	})
}

// Statements are cut so that they stay below the packet limit of the server.
func TestBulkInsertOfLargeRows(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		t.Parallel()
		do(t, eng, "CREATE TABLE doc (id integer NOT NULL PRIMARY KEY, body "+bigText(eng)+")")
		body := strings.Repeat("0123456789abcdef", 1<<16) // 1 MB
		n, err := engine.BulkInsert(t.Context(), eng, "doc", []string{"id", "body"}, func(yield func([]any, error) bool) {
			for i := range 20 {
				if !yield([]any{i, body}, nil) {
					return
				}
			}
		})
		if err != nil || n != 20 {
			t.Fatalf("inserted %d: %v (%v)", n, err, errors.Unwrap(err))
		}
		if got := number(t, eng, "SELECT sum(length(body)) FROM doc"); got != int64(20*len(body)) {
			t.Errorf("%d bytes stored, want %d", got, 20*len(body))
		}
	})
}

// Statements are cut so that they bind no more values than the engine takes.
func TestBulkInsertOfWideRows(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		const width, rows = 400, 300
		columns := make([]string, width)
		for i := range columns {
			columns[i] = fmt.Sprintf("c%d", i)
		}
		do(t, eng, "CREATE TABLE wide ("+strings.Join(columns, " integer, ")+" integer)")
		n, err := engine.BulkInsert(t.Context(), eng, "wide", columns, func(yield func([]any, error) bool) {
			row := make([]any, width)
			for r := range rows {
				for i := range row {
					row[i] = r*width + i
				}
				if !yield(row, nil) {
					return
				}
			}
		})
		if err != nil || n != rows {
			t.Fatalf("inserted %d: %v (%v)", n, err, errors.Unwrap(err))
		}
		if got := number(t, eng, "SELECT count(*) FROM wide WHERE c399 = c0 + 399 AND c200 = c0 + 200"); got != rows {
			t.Errorf("%d rows are as they were given, want %d", got, rows)
		}
	})
}

// bigText is a column type for text over 64 KiB.
func bigText(eng *engine.Engine) string {
	if eng.Dialect().Limits().Packet > 0 {
		return "longtext"
	}
	return "text"
}
