package engine_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
)

func Example() {
	ctx := context.Background()
	eng, err := engine.Open(ctx, "sqlite://", engine.Options{Drivers: engines.All()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Close()

	if _, err := eng.Exec(ctx, engine.Statement{SQL: "CREATE TABLE note (id integer PRIMARY KEY, title text)",
		Write: true}); err != nil {
		fmt.Println(err)
		return
	}
	add := func(ctx context.Context, q engine.Queryer, id int, title string) error {
		_, err := q.Exec(ctx, engine.Statement{Name: "notes.Create", SQL: "INSERT INTO note (id, title) VALUES (?, ?)",
			Args: []any{id, title}, Write: true, Cache: true})
		return err
	}
	err = eng.InTx(ctx, engine.TxOptions{Name: "notes.Import"}, func(ctx context.Context, tx *engine.Tx) error {
		if err := add(ctx, tx, 1, "Shopping"); err != nil {
			return err
		}
		// What may fail goes into a savepoint.
		if err := tx.InTx(ctx, engine.TxOptions{},
			func(ctx context.Context, tx *engine.Tx) error { return add(ctx, tx, 1, "Twice") }); !errors.Is(err,
			dberr.ErrAlreadyExists) {
			return err
		}
		tx.OnCommit(func() { fmt.Println("committed") })
		return add(ctx, tx, 2, "Travel")
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	rows, err := eng.Query(ctx,
		engine.Statement{Name: "notes.List", SQL: "SELECT title FROM note ORDER BY id", Cache: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rows.Close()
	for rows.Next() {
		var title string
		if err := rows.Scan(&title); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(title)
	}
	if err := rows.Err(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// committed
	// Shopping
	// Travel
}

func ExampleBulkInsert() {
	ctx := context.Background()
	eng, err := engine.Open(ctx, "sqlite://", engine.Options{Drivers: engines.All()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Close()
	if _, err := eng.Exec(ctx, engine.Statement{SQL: "CREATE TABLE square (n integer PRIMARY KEY, sq integer)",
		Write: true}); err != nil {
		fmt.Println(err)
		return
	}
	n, err := engine.BulkInsert(ctx, eng, "square", []string{"n", "sq"}, func(yield func([]any, error) bool) {
		for i := range int64(1000) {
			if !yield([]any{i, i * i}, nil) {
				return
			}
		}
	})
	fmt.Println(n, err)
	// Output: 1000 <nil>
}
