package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// FeedbackTable is the type of [Feedback].
type FeedbackTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	UserID    query.Column[string] // who rated
	Version   query.Column[int64]  // version of the format
	Type      query.Column[string] // rating
	Data      query.JSONColumn     // rating, model_id, reason
	Meta      query.JSONColumn     // chat_id, message_id
	Snapshot  query.JSONColumn     // the chat as it was
	CreatedAt query.Column[int64]  // when the row was made (seconds)
	UpdatedAt query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
}

// Feedback is the table feedback: ratings of answers, with a snapshot of the chat.
var Feedback = defineFeedback()

func defineFeedback() FeedbackTable {
	t := schema.Define("feedback").Describe("ratings of answers, with a snapshot of the chat.")
	c := FeedbackTable{
		Table:     t,
		ID:        query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		UserID:    query.Col[string](t.Text("user_id").Null().Doc("who rated")),
		Version:   query.Col[int64](t.BigInt("version").Null().Doc("version of the format")),
		Type:      query.Col[string](t.Text("type").Null().Doc("rating")),
		Data:      query.JSONCol(t.JSON("data").Null().Doc("rating, model_id, reason")),
		Meta:      query.JSONCol(t.JSON("meta").Null().Doc("chat_id, message_id")),
		Snapshot:  query.JSONCol(t.JSON("snapshot").Null().Doc("the chat as it was")),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
	}
	return c
}
