// Package server finds, fetches, starts, shares and stops the database
// servers that tests run on. It is what internal/testdb stands on.
//
//	lease, err := server.Share(ctx, server.PostgreSQL, nil)
//	defer lease.Release()
//	err = lease.Endpoint.CreateDatabase(ctx, "scratch")
//
// A server belongs to nobody: a small shell process, its guardian, starts it
// and keeps it while any process holds a lease, which is an open file that
// the kernel closes whatever happens to the process. A few seconds after the
// last one is gone the guardian stops the server and removes its data. There
// is no state in this package, only files below one directory per user.
//
// It knows nothing of tests, and it does not serve SQLite, which needs no server.
package server
