// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package model

import "github.com/larder-db/larder/jsonvalue"

// Prompt is a row of table prompt: prompts that are called by a command.
type Prompt struct {
	ID        string         `db:"id" json:"id"`                 // UUID, lower case
	Command   *string        `db:"command" json:"command"`       // what calls it, without the slash; unique
	UserID    string         `db:"user_id" json:"user_id"`       // the owner
	Name      string         `db:"name" json:"name"`             // display name
	Content   string         `db:"content" json:"content"`       // the text, with placeholders
	Data      jsonvalue.JSON `db:"data" json:"data"`             // further properties
	Meta      jsonvalue.JSON `db:"meta" json:"meta"`             // further properties
	IsActive  bool           `db:"is_active" json:"is_active"`   // whether it is in use
	VersionID *string        `db:"version_id" json:"version_id"` // the row of the history that is in use
	Tags      jsonvalue.JSON `db:"tags" json:"tags"`             // list of names
	CreatedAt int64          `db:"created_at" json:"created_at"` // when the row was made (seconds)
	UpdatedAt int64          `db:"updated_at" json:"updated_at"` // when the program last changed the row (seconds)
}

// PromptHistory is a row of table prompt_history: earlier versions of prompts.
type PromptHistory struct {
	// UUID, lower case
	ID string `db:"id" json:"id"`
	// the prompt
	PromptID string `db:"prompt_id" json:"prompt_id"`
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
