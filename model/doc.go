// Package model holds the entities that Larder stores, as plain structs: one
// struct per table, one field per column.
//
//	c := model.Chat{ID: id, UserID: &user, Title: &title, Chat: doc}
//	if err := c.Validate(); err != nil { ... }
//
// A column that may be NULL is a pointer, a JSON column a [jsonvalue.JSON]. Times are
// int64 in the unit that the field's comment names; Open WebUI counts in
// seconds in some tables and in nanoseconds in others, and the values are kept
// as they are. The db tag is the column's name, the json tag the name in the
// REST API.
//
// The structs, in the files *_gen.go, are made of the declarations in package
// tables/declared; what Validate refuses is written by hand.
//
// What it will not do: know about a database, or import anything but
// package jsonvalue and the standard library.
package model
