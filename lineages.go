package larder

import (
	"context"
	"slices"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrations"
	ownhistory "github.com/larder-db/larder/migrations/own"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
	owntables "github.com/larder-db/larder/tables/own"
)

// The lineages of a Larder database, and the version table of our own.
const (
	sharedLineage   = "main"   // the history shared with Open WebUI
	ownLineage      = "larder" // ours
	ownVersionTable = "larder_version"
)

// LookFor are the tables by which a Larder database, or one of Open WebUI of
// whatever release, is known where a server has several schemas, for
// [engine.Options].
func LookFor() []string {
	return []string{migrate.DefaultVersionTable, ownVersionTable, oldVersionTable, "chat"}
}

// Lineages are the histories of a Larder database, for [migrate.New]: the one
// that is shared with Open WebUI, and the one of the tables that only Larder
// has. same says what becomes of users with one e-mail; empty is
// [migrations.StopOnSameEmail].
func Lineages(same migrations.SameEmail) []migrate.Lineage {
	return []migrate.Lineage{
		{
			Name: sharedLineage, VersionTable: migrate.DefaultVersionTable, Revisions: migrations.History(migrations.Options{SameEmail: same}), Tables: tables.All(),
			// Databases that are older than the history look otherwise for good.
			Ignore: migrations.OldLayout,
			// A database of Open WebUI may hold other programs' tables, and
			// what older releases left.
			Owns: func(name string) bool {
				return slices.ContainsFunc(tables.All(), func(t *schema.Table) bool { return t.Name == name })
			},
		},
		{
			Name: ownLineage, VersionTable: ownVersionTable, Revisions: ownhistory.History(ownhistory.Options{Fold: foldAside}), Tables: owntables.All(), Optional: true,
			Owns: func(name string) bool {
				return slices.ContainsFunc(owntables.All(), func(t *schema.Table) bool { return t.Name == name })
			},
		},
	}
}

// foldAside puts the messages that wait in a table into the documents of their
// chats.
func foldAside(ctx context.Context, q engine.Queryer, table string) error {
	return store.New(q, store.Options{}).Chats.FoldFrom(ctx, table)
}
