// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
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
	UpdatedAt query.Column[int64]  // when the program last changed the row (seconds)
}

// Feedback is the table feedback: ratings of answers, with a snapshot of the
// chat.
var Feedback = FeedbackTable{
	Table:     declared.Feedback,
	ID:        query.ColumnOf[string](declared.Feedback, "id"),
	UserID:    query.ColumnOf[string](declared.Feedback, "user_id"),
	Version:   query.ColumnOf[int64](declared.Feedback, "version"),
	Type:      query.ColumnOf[string](declared.Feedback, "type"),
	Data:      query.JSONColumnOf(declared.Feedback, "data"),
	Meta:      query.JSONColumnOf(declared.Feedback, "meta"),
	Snapshot:  query.JSONColumnOf(declared.Feedback, "snapshot"),
	CreatedAt: query.ColumnOf[int64](declared.Feedback, "created_at"),
	UpdatedAt: query.ColumnOf[int64](declared.Feedback, "updated_at"),
}
