// Package tables has the 47 tables of Open WebUI at revision [Head] with typed
// columns, for everything that reads or writes them:
//
//	q := query.Select(tables.Chat.ID, tables.Chat.Title).From(tables.Chat.Table)
//
// The files *_gen.go are made of the declarations in package tables/declared,
// where each column is described.
//
// What it will not do: describe rows as Go structs (package model does), or
// know the past (a migration is frozen and imports nothing from here).
package tables
