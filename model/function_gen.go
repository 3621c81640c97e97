// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package model

import "github.com/larder-db/larder/jsonvalue"

// Function is a row of table function: functions, which are program text that
// filters, pipes or acts.
type Function struct {
	ID        string  `db:"id" json:"id"`                 // chosen by people
	UserID    *string `db:"user_id" json:"user_id"`       // the owner
	Name      *string `db:"name" json:"name"`             // display name
	Type      *string `db:"type" json:"type"`             // pipe, filter, action
	Content   *string `db:"content" json:"content"`       // program text
	Meta      *string `db:"meta" json:"meta"`             // description, JSON in a text column
	Valves    *string `db:"valves" json:"valves"`         // settings, JSON in a text column
	IsActive  *bool   `db:"is_active" json:"is_active"`   // whether it is in use
	IsGlobal  *bool   `db:"is_global" json:"is_global"`   // whether it runs in all chats
	UpdatedAt *int64  `db:"updated_at" json:"updated_at"` // when the program last changed the row (seconds)
	CreatedAt *int64  `db:"created_at" json:"created_at"` // when the row was made (seconds)
	VersionID *string `db:"version_id" json:"version_id"` // the row of the history that is in use
}

// FunctionHistory is a row of table function_history: earlier versions of
// functions.
type FunctionHistory struct {
	// UUID, lower case
	ID string `db:"id" json:"id"`
	// the function
	FunctionID string `db:"function_id" json:"function_id"`
	// the version before this one; NULL for the first
	ParentID *string `db:"parent_id" json:"parent_id"`
	// the whole object as it was
	Snapshot jsonvalue.JSON `db:"snapshot" json:"snapshot"`
	// the owner
	UserID string `db:"user_id" json:"user_id"`
	// what was changed, in the words of who changed it
	CommitMessage *string `db:"commit_message" json:"commit_message"`
	// when the row was made (seconds)
	CreatedAt int64 `db:"created_at" json:"created_at"`
}
