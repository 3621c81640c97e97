// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
)

// FunctionTable is the type of [Function].
type FunctionTable struct {
	Table     *schema.Table
	ID        query.Column[string] // chosen by people
	UserID    query.Column[string] // the owner
	Name      query.Column[string] // display name
	Type      query.Column[string] // pipe, filter, action
	Content   query.Column[string] // program text
	Meta      query.Column[string] // description, JSON in a text column
	Valves    query.Column[string] // settings, JSON in a text column
	IsActive  query.Column[bool]   // whether it is in use
	IsGlobal  query.Column[bool]   // whether it runs in all chats
	UpdatedAt query.Column[int64]  // when the program last changed the row (seconds)
	CreatedAt query.Column[int64]  // when the row was made (seconds)
	VersionID query.Column[string] // the row of the history that is in use
}

// Function is the table function: functions, which are program text that
// filters, pipes or acts.
var Function = FunctionTable{
	Table:     declared.Function,
	ID:        query.ColumnOf[string](declared.Function, "id"),
	UserID:    query.ColumnOf[string](declared.Function, "user_id"),
	Name:      query.ColumnOf[string](declared.Function, "name"),
	Type:      query.ColumnOf[string](declared.Function, "type"),
	Content:   query.ColumnOf[string](declared.Function, "content"),
	Meta:      query.ColumnOf[string](declared.Function, "meta"),
	Valves:    query.ColumnOf[string](declared.Function, "valves"),
	IsActive:  query.ColumnOf[bool](declared.Function, "is_active"),
	IsGlobal:  query.ColumnOf[bool](declared.Function, "is_global"),
	UpdatedAt: query.ColumnOf[int64](declared.Function, "updated_at"),
	CreatedAt: query.ColumnOf[int64](declared.Function, "created_at"),
	VersionID: query.ColumnOf[string](declared.Function, "version_id"),
}

// FunctionHistoryTable is the type of [FunctionHistory].
type FunctionHistoryTable struct {
	Table         *schema.Table
	ID            query.Column[string] // UUID, lower case
	FunctionID    query.Column[string] // the function
	ParentID      query.Column[string] // the version before this one; NULL for the first
	Snapshot      query.JSONColumn     // the whole object as it was
	UserID        query.Column[string] // the owner
	CommitMessage query.Column[string] // what was changed, in the words of who changed it
	CreatedAt     query.Column[int64]  // when the row was made (seconds)
}

// FunctionHistory is the table function_history: earlier versions of functions.
var FunctionHistory = FunctionHistoryTable{
	Table:         declared.FunctionHistory,
	ID:            query.ColumnOf[string](declared.FunctionHistory, "id"),
	FunctionID:    query.ColumnOf[string](declared.FunctionHistory, "function_id"),
	ParentID:      query.ColumnOf[string](declared.FunctionHistory, "parent_id"),
	Snapshot:      query.JSONColumnOf(declared.FunctionHistory, "snapshot"),
	UserID:        query.ColumnOf[string](declared.FunctionHistory, "user_id"),
	CommitMessage: query.ColumnOf[string](declared.FunctionHistory, "commit_message"),
	CreatedAt:     query.ColumnOf[int64](declared.FunctionHistory, "created_at"),
}
