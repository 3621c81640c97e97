// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package model

import "github.com/larder-db/larder/jsonvalue"

// Tool is a row of table tool: tools, which are program text that models may
// call.
type Tool struct {
	ID        string  `db:"id" json:"id"`                 // chosen by people
	UserID    *string `db:"user_id" json:"user_id"`       // the owner
	Name      *string `db:"name" json:"name"`             // display name
	Content   *string `db:"content" json:"content"`       // program text
	Specs     *string `db:"specs" json:"specs"`           // what can be called, JSON in a text column
	Meta      *string `db:"meta" json:"meta"`             // description, JSON in a text column
	Valves    *string `db:"valves" json:"valves"`         // settings, JSON in a text column
	UpdatedAt *int64  `db:"updated_at" json:"updated_at"` // when the program last changed the row (seconds)
	CreatedAt *int64  `db:"created_at" json:"created_at"` // when the row was made (seconds)
	VersionID *string `db:"version_id" json:"version_id"` // the row of the history that is in use
}

// ToolHistory is a row of table tool_history: earlier versions of tools.
type ToolHistory struct {
	// UUID, lower case
	ID string `db:"id" json:"id"`
	// the tool
	ToolID string `db:"tool_id" json:"tool_id"`
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
