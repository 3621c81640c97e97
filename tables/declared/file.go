package declared

import "github.com/larder-db/larder/schema"

// File is the table file.
var File = define("file", func(t *schema.Table) {
	t.Describe("uploaded files, where they are stored and what was read out of them.")
	t.String("id", 0).Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.String("user_id", 0).Null().Doc("the owner")
	t.Text("filename").Null().Doc("as it was uploaded")
	t.JSON("meta").Null().Doc("name, content_type, size, collection_name")
	t.BigInt("created_at").Null().Unit(schema.Seconds).Doc(madeAt)
	t.Text("hash").Null().Doc("SHA-256 of the text, hexadecimal")
	t.JSON("data").Null().Doc("status, and the text as content")
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc(changedAt)
	t.Text("path").Null().Doc("where the storage keeps it")
	// Finds the uploads that a knowledge base waits for. The operators -> and ->>
	// over a JSON type of its own are what it needs.
	t.Indexes = append(t.Indexes, &schema.Index{
		Name:  "file_pending_knowledge_idx",
		Parts: []schema.IndexPart{{Expr: "({meta} -> 'data') ->> 'knowledge_id'"}},
		Where: "({data} ->> 'status') IN ('pending', 'processing')",
		Needs: schema.NativeJSON,
	})
})

// ChatFile is the table chat_file.
var ChatFile = define("chat_file", func(t *schema.Table) {
	t.Describe("which file was used in which chat, once.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Key(idKey).Doc("who added it")
	t.Text("chat_id").Key(idKey).References("chat", "id", schema.Cascade).Doc("the chat")
	t.Text("file_id").Key(idKey).References("file", "id", schema.Cascade).Doc("the file")
	t.Text("message_id").Key(idKey).Null().Doc("the bare id of the message; NULL when it belongs to the chat")
	t.BigInt("created_at").Unit(schema.Seconds).Doc(madeAt)
	t.BigInt("updated_at").Unit(schema.Seconds).Doc(changedAt)
	t.Unique("uq_chat_file_chat_file", "chat_id", "file_id")
	t.Index("ix_chat_file_chat_id", "chat_id")
	t.Index("ix_chat_file_file_id", "file_id")
	t.Index("ix_chat_file_message_id", "message_id")
	t.Index("ix_chat_file_user_id", "user_id")
})

// Document is the table document.
var Document = define("document", func(t *schema.Table) {
	t.Describe("dead; it held documents, which are in knowledge now.")
	t.String("collection_name", 0).Key(nameKey).PrimaryKey().Doc("dead")
	t.String("name", 0).Key(nameKey).Null().Doc("dead")
	t.Text("title").Null().Doc("dead")
	t.Text("filename").Null().Doc("dead")
	t.Text("content").Null().Doc("dead")
	t.String("user_id", 0).Null().Doc("dead")
	t.BigInt("timestamp").Null().Unit(schema.Seconds).Doc("dead")
	t.Unique("", "name")
})
