// Package own declares the tables that Larder adds to a database of Open WebUI.
// Their names begin with larder_; none of them is needed to read what Open WebUI
// reads, and a database without them is served all the same, more slowly. They
// are made by the revisions in package migrations/own.
//
//	query.SelectFrom(own.Message.Table).Where(own.Message.ChatID.Eq(id)).OrderBy(own.Message.Seq)
//
// What it will not do: refer to tables of Open WebUI by foreign keys, or add
// anything to them, so that nothing stands in the way of its upgrades.
package own
