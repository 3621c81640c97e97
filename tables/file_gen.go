// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
)

// FileTable is the type of [File].
type FileTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	UserID    query.Column[string] // the owner
	Filename  query.Column[string] // as it was uploaded
	Meta      query.JSONColumn     // name, content_type, size, collection_name
	CreatedAt query.Column[int64]  // when the row was made (seconds)
	Hash      query.Column[string] // SHA-256 of the text, hexadecimal
	Data      query.JSONColumn     // status, and the text as content
	UpdatedAt query.Column[int64]  // when the program last changed the row (seconds)
	Path      query.Column[string] // where the storage keeps it
}

// File is the table file: uploaded files, where they are stored and what was
// read out of them.
var File = FileTable{
	Table:     declared.File,
	ID:        query.ColumnOf[string](declared.File, "id"),
	UserID:    query.ColumnOf[string](declared.File, "user_id"),
	Filename:  query.ColumnOf[string](declared.File, "filename"),
	Meta:      query.JSONColumnOf(declared.File, "meta"),
	CreatedAt: query.ColumnOf[int64](declared.File, "created_at"),
	Hash:      query.ColumnOf[string](declared.File, "hash"),
	Data:      query.JSONColumnOf(declared.File, "data"),
	UpdatedAt: query.ColumnOf[int64](declared.File, "updated_at"),
	Path:      query.ColumnOf[string](declared.File, "path"),
}

// ChatFileTable is the type of [ChatFile].
type ChatFileTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	UserID    query.Column[string] // who added it
	ChatID    query.Column[string] // the chat
	FileID    query.Column[string] // the file
	MessageID query.Column[string] // the bare id of the message; NULL when it belongs to the chat
	CreatedAt query.Column[int64]  // when the row was made (seconds)
	UpdatedAt query.Column[int64]  // when the program last changed the row (seconds)
}

// ChatFile is the table chat_file: which file was used in which chat, once.
var ChatFile = ChatFileTable{
	Table:     declared.ChatFile,
	ID:        query.ColumnOf[string](declared.ChatFile, "id"),
	UserID:    query.ColumnOf[string](declared.ChatFile, "user_id"),
	ChatID:    query.ColumnOf[string](declared.ChatFile, "chat_id"),
	FileID:    query.ColumnOf[string](declared.ChatFile, "file_id"),
	MessageID: query.ColumnOf[string](declared.ChatFile, "message_id"),
	CreatedAt: query.ColumnOf[int64](declared.ChatFile, "created_at"),
	UpdatedAt: query.ColumnOf[int64](declared.ChatFile, "updated_at"),
}

// DocumentTable is the type of [Document].
type DocumentTable struct {
	Table          *schema.Table
	CollectionName query.Column[string] // dead
	Name           query.Column[string] // dead
	Title          query.Column[string] // dead
	Filename       query.Column[string] // dead
	Content        query.Column[string] // dead
	UserID         query.Column[string] // dead
	Timestamp      query.Column[int64]  // dead (seconds)
}

// Document is the table document: dead; it held documents, which are in
// knowledge now.
var Document = DocumentTable{
	Table:          declared.Document,
	CollectionName: query.ColumnOf[string](declared.Document, "collection_name"),
	Name:           query.ColumnOf[string](declared.Document, "name"),
	Title:          query.ColumnOf[string](declared.Document, "title"),
	Filename:       query.ColumnOf[string](declared.Document, "filename"),
	Content:        query.ColumnOf[string](declared.Document, "content"),
	UserID:         query.ColumnOf[string](declared.Document, "user_id"),
	Timestamp:      query.ColumnOf[int64](declared.Document, "timestamp"),
}
