// Package migratetest tests migrations: one's own, on the engines that one
// supports, in one's own tests.
//
//	func TestMigrations(t *testing.T) {
//		enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
//			migratetest.All(t, migratetest.Kit{
//				Lineages: []migrate.Lineage{{Revisions: migrations.All(), Tables: tables.All()}},
//				Open:     func(t testing.TB) *engine.Engine { return newEmptyDatabase(t) },
//			})
//		})
//	}
//
//	func TestNamesAreSplit(t *testing.T) {
//		at := migratetest.At(t, kit, "3f2a9c1d4e5b")
//		at.Insert("users", migratetest.Row{"id": "u1", "name": "Ada Lovelace"})
//		at.Upgrade("+1")
//		if got := at.Get("SELECT {first} FROM {users}"); got[0].Text("first") != "Ada" { ... }
//	}
//
// What it will not do: find databases. Kit.Open gives an empty one each time
// it is called.
package migratetest
