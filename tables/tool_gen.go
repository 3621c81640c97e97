// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
)

// ToolTable is the type of [Tool].
type ToolTable struct {
	Table     *schema.Table
	ID        query.Column[string] // chosen by people
	UserID    query.Column[string] // the owner
	Name      query.Column[string] // display name
	Content   query.Column[string] // program text
	Specs     query.Column[string] // what can be called, JSON in a text column
	Meta      query.Column[string] // description, JSON in a text column
	Valves    query.Column[string] // settings, JSON in a text column
	UpdatedAt query.Column[int64]  // when the program last changed the row (seconds)
	CreatedAt query.Column[int64]  // when the row was made (seconds)
	VersionID query.Column[string] // the row of the history that is in use
}

// Tool is the table tool: tools, which are program text that models may call.
var Tool = ToolTable{
	Table:     declared.Tool,
	ID:        query.ColumnOf[string](declared.Tool, "id"),
	UserID:    query.ColumnOf[string](declared.Tool, "user_id"),
	Name:      query.ColumnOf[string](declared.Tool, "name"),
	Content:   query.ColumnOf[string](declared.Tool, "content"),
	Specs:     query.ColumnOf[string](declared.Tool, "specs"),
	Meta:      query.ColumnOf[string](declared.Tool, "meta"),
	Valves:    query.ColumnOf[string](declared.Tool, "valves"),
	UpdatedAt: query.ColumnOf[int64](declared.Tool, "updated_at"),
	CreatedAt: query.ColumnOf[int64](declared.Tool, "created_at"),
	VersionID: query.ColumnOf[string](declared.Tool, "version_id"),
}

// ToolHistoryTable is the type of [ToolHistory].
type ToolHistoryTable struct {
	Table         *schema.Table
	ID            query.Column[string] // UUID, lower case
	ToolID        query.Column[string] // the tool
	ParentID      query.Column[string] // the version before this one; NULL for the first
	Snapshot      query.JSONColumn     // the whole object as it was
	UserID        query.Column[string] // the owner
	CommitMessage query.Column[string] // what was changed, in the words of who changed it
	CreatedAt     query.Column[int64]  // when the row was made (seconds)
}

// ToolHistory is the table tool_history: earlier versions of tools.
var ToolHistory = ToolHistoryTable{
	Table:         declared.ToolHistory,
	ID:            query.ColumnOf[string](declared.ToolHistory, "id"),
	ToolID:        query.ColumnOf[string](declared.ToolHistory, "tool_id"),
	ParentID:      query.ColumnOf[string](declared.ToolHistory, "parent_id"),
	Snapshot:      query.JSONColumnOf(declared.ToolHistory, "snapshot"),
	UserID:        query.ColumnOf[string](declared.ToolHistory, "user_id"),
	CommitMessage: query.ColumnOf[string](declared.ToolHistory, "commit_message"),
	CreatedAt:     query.ColumnOf[int64](declared.ToolHistory, "created_at"),
}
