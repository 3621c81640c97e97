// Package transfer moves the rows of tables from one database into another,
// whichever engines they are on, and proves that all of them arrived. It moves
// what it finds in the tables, by the types of their columns, and knows nothing
// of what they mean:
//
//	err := transfer.Snapshot(ctx, from, func(ctx context.Context, src transfer.Source) error {
//		run, err := transfer.Begin(ctx, to, transfer.Options{})
//		if err != nil { ... }
//		report, err := run.Copy(ctx, src)
//		if err != nil { ... }
//		return run.Finish(ctx)
//	})
//
// The source is read only, in one consistent moment, in the order of its keys,
// however long it takes; a few megabytes are in memory at a time. The target has the
// tables already, and they are empty. While a run is not finished, a table
// called [LedgerTable] stands in the target, in which each batch is recorded
// with the rows themselves: a run that was cut off is taken up by
// [Options].Resume, without a row twice or missing. Reading goes over the source
// again then, and where it has changed meanwhile the run begins anew, so that
// the target is one moment of it in any case.
//
// Rows that the target cannot hold, or that break a rule, are treated by
// [Options].Rules; package policy says how. After the last row the target is
// read back and compared with what was sent, see [Verify].
//
// A source that goes on being changed can be followed: [Run.CatchUp] brings over
// what has changed by a later moment, and [Run.Compare] says when nothing is left.
//
// What it will not do: create tables other than its own, or move rows into tables
// that have some.
package transfer
