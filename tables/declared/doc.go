// Package declared declares the 47 tables of Open WebUI at revision [Head],
// each exactly once: names, types, keys, and what each column holds. All else
// that says what the tables are is made of it by package schema/gogen, and a
// test keeps it true: the typed columns of package tables, the row types of
// package model, and docs/DATABASE_SCHEMA.md. After a change:
//
//	go test ./tables/declared -update
//
// The declarations say what Open WebUI's own migrations leave behind, with its
// oddities: dead tables and columns, keys that are repeated, a key column that
// may be NULL. Where that differs between engines, the declaration names the
// feature on which it depends.
//
// What it will not do: type columns for queries (package tables does), or know
// the past (a migration is frozen and imports nothing from here).
package declared
