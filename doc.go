// Package larder opens a Larder database: it creates an empty one, migrates one
// at an earlier revision, waits for whoever does so at the same time, and gives
// the engine and the store. It is for programs that keep their chats in Open
// WebUI's tables, and for servers that have to answer before that is done.
//
//	db, err := larder.Open(ctx, "postgresql://app@db/webui", larder.Options{})
//	if err != nil { ... }
//	defer db.Close()
//	ada, err := db.Store().Users.GetByEmail(ctx, "ada@example.com")
//
// What becomes of a database depends on where it stands and on [Options].Migrate:
//
//	                                MigrateAuto        MigrateCheck   MigrateOff
//	empty                           created            an error       waited for
//	at an earlier revision          migrated           an error       waited for
//	at the head                     opened             looked through opened
//	at a revision of a newer Larder opened read-only   as before      as before
//
// One process at a time changes the schema; of several that start together one
// does it, and the others find it done. A SQLite file is copied before it is
// migrated, unless [Options].NoSnapshot is set.
//
// A server makes the database with [New], serves with [Database.Probe] meanwhile,
// and calls [Database.Open]:
//
//	db := larder.New(url, larder.Options{Logger: log})
//	srv, err := server.New(server.Options{Probe: db.Probe(), Secret: secret})
//	go srv.Serve(ctx, listener)
//	if err := db.Open(ctx); err != nil { ... }
//	srv.Attach(db.Store())
//
// What it will not do: read the environment or flags, make directories, take a
// database down a revision, or migrate tables that are not Open WebUI's or
// Larder's own. For those there are packages migrate and migrations.
package larder
