// Package tables declares the 47 tables of Open WebUI at revision [Head], each
// exactly once. It is for everything that reads, writes, creates, compares or
// documents them:
//
//	q := query.Select(tables.Chat.ID, tables.Chat.Title).From(tables.Chat.Table)
//
// The declarations say what Open WebUI's own migrations leave behind, with its
// oddities: dead tables and columns, keys that are repeated, a key column that
// may be NULL. Where that differs between engines, the declaration names the
// feature on which it depends.
//
// What it will not do: describe rows as Go structs (package model does), or
// know the past (a migration is frozen and imports nothing from here).
package tables
