// Package rescue finds what other programs left half-way in a database: a
// revision of which parts are there and that is not recorded, and Alembic's
// copies of tables.
//
//	found := rescue.FindPartial(set, ledger, live)
//	copies, err := rescue.FindLeftovers(ctx, eng, live)
//
// It compares what is there with what the history makes; no trace that a
// program left for this purpose is needed. Package run finishes what was found,
// or takes it back.
//
// What it will not do: change anything.
package rescue
