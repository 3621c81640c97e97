// Package migratetest tests migrations: one's own, on the engines that one
// supports, in one's own tests.
//
//	var kit = migratetest.Kit{Lineages: []migrate.Lineage{{Revisions: migrations.All(), Tables: tables.All()}}}
//
//	func TestMigrations(t *testing.T) {
//		migratetest.AllRegistered(t, kit, "tables")
//		migratetest.Each(t, kit, migratetest.All)
//	}
//
//	func TestNamesAreSplit(t *testing.T) {
//		migratetest.Each(t, kit, func(t *testing.T, kit migratetest.Kit) {
//			at := migratetest.Before(t, kit, "3f2a9c1d4e5b")
//			at.Insert("users", migratetest.Row{"id": "u1", "name": "Ada Lovelace"})
//			at.Upgrade("3f2a9c1d4e5b")
//			if got := at.Get("SELECT {first} FROM {users}"); got[0].Text("first") != "Ada" { ... }
//		})
//	}
//
// What it will not do: invent rows. What a data step has to cope with is for
// its author to write down.
package migratetest
