// Package engine opens a database by its URL and runs statements and
// transactions on it. It is for the layers of Larder above it, and for
// programs that want the engine and nothing else:
//
//	eng, err := engine.Open(ctx, "postgresql://app@db/app", engine.Options{Drivers: engines.All()})
//	if err != nil { ... }
//	defer eng.Close()
//
//	err = eng.InTx(ctx, engine.TxOptions{Name: "rename"}, func(ctx context.Context, tx *engine.Tx) error {
//		_, err := tx.Exec(ctx, engine.Statement{Name: "rename", Write: true,
//			SQL: `UPDATE note SET title = $1 WHERE id = $2`, Args: []any{"new", id}})
//		return err
//	})
//
// # What it takes care of
//
//   - Connections: a limited pool with a deadline on getting one, settings on
//     each connection, dead ones found before they are used.
//   - Reads that met a dying connection are sent again, as are statements of
//     which it is certain that they did not take effect. A write whose fate is
//     unknown is not: see [ErrOutcomeUnknown].
//   - Statements stay prepared on their connections; a change of the schema, by
//     this program or another one, is not seen in them. Inside a transaction it
//     is a conflict, which runs the transaction again.
//   - Transactions are closures that may run more than once. Conflicts,
//     deadlocks and fail-overs re-run them, within limits.
//   - Every failure is a *dberr.Error with a code, made by number.
//   - Hooks see each statement: its name, duration, rows and error.
//
// # Rules that hold on every engine
//
// A statement that fails inside a transaction ends that transaction (or the
// savepoint it ran in): later statements and the commit give the same error.
// PostgreSQL works that way; here all engines do, so that what passes on one
// passes on all. What may fail and be lived with goes into a nested InTx.
//
// Rows that are read inside a transaction are closed before its next
// statement. Outside of one, rows hold a connection until they are closed.
//
// A write outside of a transaction sets Statement.Write; without it the
// statement may run on a connection that refuses to write, and may be sent
// twice.
//
// # What it will not do
//
// It does not write SQL (package query does), does not know which engine it
// talks to (it asks for capabilities), and keeps nothing in a context.
package engine
