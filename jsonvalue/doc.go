// Package jsonvalue holds a JSON document as a column does: its exact text. It
// is for row types, on whatever engine and for whatever tables.
//
//	type Note struct {
//		ID   string         `db:"id"`
//		Data jsonvalue.JSON `db:"data"`
//	}
//	n.Data, err = jsonvalue.Of(map[string]any{"pinned": true})
//
// Keys keep their order and numbers their digits, from the program to the
// database and back.
//
// What it will not do: change a document, or look into one; package query does
// that in the database, encoding/json in the program.
package jsonvalue
