package fresh_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/tables"
)

func ExampleCreate() {
	ctx := context.Background()
	eng, err := engine.Open(ctx, "sqlite:///:memory:", engine.Options{Drivers: engines.All()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Close()
	for range 2 {
		err := fresh.Create(ctx, eng, tables.All(), []string{tables.Head})
		fmt.Println(err == nil, errors.Is(err, dberr.ErrAlreadyExists))
	}
	// Output:
	// true false
	// false true
}
