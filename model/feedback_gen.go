// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package model

import "github.com/larder-db/larder/jsonvalue"

// Feedback is a row of table feedback: ratings of answers, with a snapshot of
// the chat.
type Feedback struct {
	ID        string         `db:"id" json:"id"`                 // UUID, lower case
	UserID    *string        `db:"user_id" json:"user_id"`       // who rated
	Version   *int64         `db:"version" json:"version"`       // version of the format
	Type      *string        `db:"type" json:"type"`             // rating
	Data      jsonvalue.JSON `db:"data" json:"data"`             // rating, model_id, reason
	Meta      jsonvalue.JSON `db:"meta" json:"meta"`             // chat_id, message_id
	Snapshot  jsonvalue.JSON `db:"snapshot" json:"snapshot"`     // the chat as it was
	CreatedAt int64          `db:"created_at" json:"created_at"` // when the row was made (seconds)
	UpdatedAt int64          `db:"updated_at" json:"updated_at"` // when the program last changed the row (seconds)
}
