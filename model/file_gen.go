// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package model

import "github.com/larder-db/larder/jsonvalue"

// File is a row of table file: uploaded files, where they are stored and what
// was read out of them.
type File struct {
	ID        string         `db:"id" json:"id"`                 // UUID, lower case
	UserID    *string        `db:"user_id" json:"user_id"`       // the owner
	Filename  *string        `db:"filename" json:"filename"`     // as it was uploaded
	Meta      jsonvalue.JSON `db:"meta" json:"meta"`             // name, content_type, size, collection_name
	CreatedAt *int64         `db:"created_at" json:"created_at"` // when the row was made (seconds)
	Hash      *string        `db:"hash" json:"hash"`             // SHA-256 of the text, hexadecimal
	Data      jsonvalue.JSON `db:"data" json:"data"`             // status, and the text as content
	UpdatedAt *int64         `db:"updated_at" json:"updated_at"` // when the program last changed the row (seconds)
	Path      *string        `db:"path" json:"path"`             // where the storage keeps it
}

// ChatFile is a row of table chat_file: which file was used in which chat,
// once.
type ChatFile struct {
	ID        string  `db:"id" json:"id"`                 // UUID, lower case
	UserID    string  `db:"user_id" json:"user_id"`       // who added it
	ChatID    string  `db:"chat_id" json:"chat_id"`       // the chat
	FileID    string  `db:"file_id" json:"file_id"`       // the file
	MessageID *string `db:"message_id" json:"message_id"` // the bare id of the message; NULL when it belongs to the chat
	CreatedAt int64   `db:"created_at" json:"created_at"` // when the row was made (seconds)
	UpdatedAt int64   `db:"updated_at" json:"updated_at"` // when the program last changed the row (seconds)
}

// Document is a row of table document: dead; it held documents, which are in
// knowledge now.
type Document struct {
	CollectionName string  `db:"collection_name" json:"collection_name"` // dead
	Name           *string `db:"name" json:"name"`                       // dead
	Title          *string `db:"title" json:"title"`                     // dead
	Filename       *string `db:"filename" json:"filename"`               // dead
	Content        *string `db:"content" json:"content"`                 // dead
	UserID         *string `db:"user_id" json:"user_id"`                 // dead
	Timestamp      *int64  `db:"timestamp" json:"timestamp"`             // dead (seconds)
}
