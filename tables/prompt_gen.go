// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
)

// PromptTable is the type of [Prompt].
type PromptTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	Command   query.Column[string] // what calls it, without the slash; unique
	UserID    query.Column[string] // the owner
	Name      query.Column[string] // display name
	Content   query.Column[string] // the text, with placeholders
	Data      query.JSONColumn     // further properties
	Meta      query.JSONColumn     // further properties
	IsActive  query.Column[bool]   // whether it is in use
	VersionID query.Column[string] // the row of the history that is in use
	Tags      query.JSONColumn     // list of names
	CreatedAt query.Column[int64]  // when the row was made (seconds)
	UpdatedAt query.Column[int64]  // when the program last changed the row (seconds)
}

// Prompt is the table prompt: prompts that are called by a command.
var Prompt = PromptTable{
	Table:     declared.Prompt,
	ID:        query.ColumnOf[string](declared.Prompt, "id"),
	Command:   query.ColumnOf[string](declared.Prompt, "command"),
	UserID:    query.ColumnOf[string](declared.Prompt, "user_id"),
	Name:      query.ColumnOf[string](declared.Prompt, "name"),
	Content:   query.ColumnOf[string](declared.Prompt, "content"),
	Data:      query.JSONColumnOf(declared.Prompt, "data"),
	Meta:      query.JSONColumnOf(declared.Prompt, "meta"),
	IsActive:  query.ColumnOf[bool](declared.Prompt, "is_active"),
	VersionID: query.ColumnOf[string](declared.Prompt, "version_id"),
	Tags:      query.JSONColumnOf(declared.Prompt, "tags"),
	CreatedAt: query.ColumnOf[int64](declared.Prompt, "created_at"),
	UpdatedAt: query.ColumnOf[int64](declared.Prompt, "updated_at"),
}

// PromptHistoryTable is the type of [PromptHistory].
type PromptHistoryTable struct {
	Table         *schema.Table
	ID            query.Column[string] // UUID, lower case
	PromptID      query.Column[string] // the prompt
	ParentID      query.Column[string] // the version before this one; NULL for the first
	Snapshot      query.JSONColumn     // the whole object as it was
	UserID        query.Column[string] // the owner
	CommitMessage query.Column[string] // what was changed, in the words of who changed it
	CreatedAt     query.Column[int64]  // when the row was made (seconds)
}

// PromptHistory is the table prompt_history: earlier versions of prompts.
var PromptHistory = PromptHistoryTable{
	Table:         declared.PromptHistory,
	ID:            query.ColumnOf[string](declared.PromptHistory, "id"),
	PromptID:      query.ColumnOf[string](declared.PromptHistory, "prompt_id"),
	ParentID:      query.ColumnOf[string](declared.PromptHistory, "parent_id"),
	Snapshot:      query.JSONColumnOf(declared.PromptHistory, "snapshot"),
	UserID:        query.ColumnOf[string](declared.PromptHistory, "user_id"),
	CommitMessage: query.ColumnOf[string](declared.PromptHistory, "commit_message"),
	CreatedAt:     query.ColumnOf[int64](declared.PromptHistory, "created_at"),
}
