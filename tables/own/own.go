package own

import (
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// The most characters of keys.
const (
	idKey    = 191 // ids of users, chats, folders, files and the like, as in the tables of Open WebUI
	tokenKey = 64  // of the SHA-256 of a token, in hexadecimal digits
)

// All returns the tables in an order in which they can be created. They are
// shared and must not be changed; Clone one first.
func All() []*schema.Table {
	return append([]*schema.Table{Message.Table, EndedSession.Table}, Search()...)
}

// MessageTable is the type of [Message].
type MessageTable struct {
	Table     *schema.Table
	ChatID    query.Column[string]
	Seq       query.Column[int64]
	MessageID query.Column[string]
	Patch     query.JSONColumn
	Number    query.Column[int64]
	Bytes     query.Column[int64]
	At        query.Column[int64]
	UserID    query.Column[string]
}

// Message is the table larder_message: what was written to single messages of
// chats and is not in the document of the chat yet.
var Message = message(schema.Define("larder_message"))

func message(t *schema.Table) MessageTable {
	t.Describe("what was written to single messages of chats and is not in the chat's document yet.")
	m := MessageTable{
		Table:     t,
		ChatID:    query.Col[string](t.Text("chat_id").Key(idKey).Doc("the chat")),
		Seq:       query.Col[int64](t.BigInt("seq").Doc("the order of a chat's rows; never the same twice")),
		MessageID: query.Col[string](t.Text("message_id").Doc("the bare id of the message")),
		Patch:     query.JSONCol(t.JSON("patch").Doc("members that are set in the message")),
		Number:    query.Col[int64](t.BigInt("number").Doc("how many rows of the chat there are up to this one")),
		Bytes:     query.Col[int64](t.BigInt("bytes").Doc("how long their patches are together")),
		At:        query.Col[int64](t.BigInt("at").Unit(schema.Seconds).Doc("when it was written")),
		UserID:    query.Col[string](t.Text("user_id").Key(idKey).Null().Doc("the owner of the chat, if it has one")),
	}
	t.Primary("", "chat_id", "seq")
	t.Index("larder_message_user_idx", "user_id", "chat_id", "at")
	return m
}

// MessagesIn is a table that has the columns of [Message] and another name.
func MessagesIn(table string) MessageTable { return message(schema.Define(table)) }

// MessageRow is what is folded of a row of [Message].
type MessageRow struct {
	ChatID    string         `db:"chat_id"`
	Seq       int64          `db:"seq"`
	MessageID string         `db:"message_id"`
	Patch     jsonvalue.JSON `db:"patch"`
	Number    int64          `db:"number"`
	Bytes     int64          `db:"bytes"`
	At        int64          `db:"at"`
}
