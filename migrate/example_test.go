package migrate_test

import (
	"context"
	"fmt"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

func ExampleRunner() {
	revisions := []migrate.Revision{
		{ID: "7e5b5dc7342b", Doc: "create note", Upgrade: func(ops *op.Ops) {
			t := schema.Define("note")
			t.String("id", 36).PrimaryKey()
			ops.CreateTable(t)
		}},
		{ID: "3f2a9c1d4e5b", Down: []string{"7e5b5dc7342b"}, Doc: "notes have a title", Upgrade: func(ops *op.Ops) {
			ops.AddColumn("note", op.Text("title").Null())
		}},
	}
	ctx := context.Background()
	eng, err := engine.Open(ctx, "sqlite:///:memory:", engine.Options{Drivers: engines.All()})
	if err != nil {
		panic(err)
	}
	defer eng.Close()
	r, err := migrate.New(migrate.Options{Engine: eng, Lineages: []migrate.Lineage{{Revisions: revisions}}})
	if err != nil {
		panic(err)
	}
	up, err := r.Upgrade(ctx, "head")
	if err != nil {
		panic(err)
	}
	down, err := r.Downgrade(ctx, "-1")
	if err != nil {
		panic(err)
	}
	for _, x := range append(up.Ran, down.Ran...) {
		fmt.Println(x.Direction, x.Revision, x.Doc)
	}
	at, err := r.Current(ctx)
	if err != nil {
		panic(err)
	}
	fmt.Println("at", at[0].Rows)
	// Output:
	// upgrade 7e5b5dc7342b create note
	// upgrade 3f2a9c1d4e5b notes have a title
	// downgrade 3f2a9c1d4e5b notes have a title
	// at [7e5b5dc7342b]
}
