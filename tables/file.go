package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
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
	UpdatedAt query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
	Path      query.Column[string] // where the storage keeps it
}

// File is the table file: uploaded files, where they are stored and what was read out of them.
var File = defineFile()

func defineFile() FileTable {
	t := schema.Define("file").Describe("uploaded files, where they are stored and what was read out of them.")
	c := FileTable{
		Table:     t,
		ID:        query.Col[string](t.String("id", 0).Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		UserID:    query.Col[string](t.String("user_id", 0).Null().Doc("the owner")),
		Filename:  query.Col[string](t.Text("filename").Null().Doc("as it was uploaded")),
		Meta:      query.JSONCol(t.JSON("meta").Null().Doc("name, content_type, size, collection_name")),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Null().Unit(schema.Seconds).Doc("when the row was made")),
		Hash:      query.Col[string](t.Text("hash").Null().Doc("SHA-256 of the text, hexadecimal")),
		Data:      query.JSONCol(t.JSON("data").Null().Doc("status, and the text as content")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
		Path:      query.Col[string](t.Text("path").Null().Doc("where the storage keeps it")),
	}
	// Finds the uploads that a knowledge base waits for. The operators -> and ->>
	// over a JSON type of its own are what it needs.
	t.Indexes = append(t.Indexes, &schema.Index{
		Name:  "file_pending_knowledge_idx",
		Parts: []schema.IndexPart{{Expr: "({meta} -> 'data') ->> 'knowledge_id'"}},
		Where: "({data} ->> 'status') IN ('pending', 'processing')",
		Needs: schema.NativeJSON,
	})
	return c
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
	UpdatedAt query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
}

// ChatFile is the table chat_file: which file was used in which chat, once.
var ChatFile = defineChatFile()

func defineChatFile() ChatFileTable {
	t := schema.Define("chat_file").Describe("which file was used in which chat, once.")
	c := ChatFileTable{
		Table:     t,
		ID:        query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		UserID:    query.Col[string](t.Text("user_id").Key(idKey).Doc("who added it")),
		ChatID:    query.Col[string](t.Text("chat_id").Key(idKey).Doc("the chat")),
		FileID:    query.Col[string](t.Text("file_id").Key(idKey).Doc("the file")),
		MessageID: query.Col[string](t.Text("message_id").Key(idKey).Null().Doc("the bare id of the message; NULL when it belongs to the chat")),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
	}
	t.Unique("uq_chat_file_chat_file", "chat_id", "file_id")
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"chat_id"}, RefTable: "chat", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"file_id"}, RefTable: "file", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	t.Index("ix_chat_file_chat_id", "chat_id")
	t.Index("ix_chat_file_file_id", "file_id")
	t.Index("ix_chat_file_message_id", "message_id")
	t.Index("ix_chat_file_user_id", "user_id")
	return c
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

// Document is the table document: dead; it held documents, which are in knowledge now.
var Document = defineDocument()

func defineDocument() DocumentTable {
	t := schema.Define("document").Describe("dead; it held documents, which are in knowledge now.")
	c := DocumentTable{
		Table:          t,
		CollectionName: query.Col[string](t.String("collection_name", 0).Key(nameKey).PrimaryKey().Doc("dead")),
		Name:           query.Col[string](t.String("name", 0).Key(nameKey).Null().Doc("dead")),
		Title:          query.Col[string](t.Text("title").Null().Doc("dead")),
		Filename:       query.Col[string](t.Text("filename").Null().Doc("dead")),
		Content:        query.Col[string](t.Text("content").Null().Doc("dead")),
		UserID:         query.Col[string](t.String("user_id", 0).Null().Doc("dead")),
		Timestamp:      query.Col[int64](t.BigInt("timestamp").Null().Unit(schema.Seconds).Doc("dead")),
	}
	t.Unique("", "name")
	return c
}
