package migrations_test

import (
	"fmt"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrations"
)

// The history is given to a runner, which plans and runs it.
func Example() {
	all := migrations.History(migrations.Options{SameEmail: migrations.RenameSameEmail})
	_, err := migrate.New(migrate.Options{
		Lineages: []migrate.Lineage{{VersionTable: "alembic_version", Revisions: all}},
	})
	fmt.Println(err, len(all), all[0].ID, all[len(all)-1].ID == migrations.Head)
	// Output: <nil> 66 7e5b5dc7342b true
}
