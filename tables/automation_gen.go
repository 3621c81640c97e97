// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
)

// AutomationTable is the type of [Automation].
type AutomationTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	UserID    query.Column[string] // the owner
	Name      query.Column[string] // display name
	Data      query.JSONColumn     // what is done and when
	Meta      query.JSONColumn     // further properties
	IsActive  query.Column[bool]   // whether it is in use
	LastRunAt query.Column[int64]  // when it last ran (nanoseconds)
	NextRunAt query.Column[int64]  // when it runs next; NULL for not at all (nanoseconds)
	CreatedAt query.Column[int64]  // when the row was made (nanoseconds)
	UpdatedAt query.Column[int64]  // when the program last changed the row (nanoseconds)
	FolderID  query.Column[string] // the folder; NULL for none
}

// Automation is the table automation: work that is done at set times.
var Automation = AutomationTable{
	Table:     declared.Automation,
	ID:        query.ColumnOf[string](declared.Automation, "id"),
	UserID:    query.ColumnOf[string](declared.Automation, "user_id"),
	Name:      query.ColumnOf[string](declared.Automation, "name"),
	Data:      query.JSONColumnOf(declared.Automation, "data"),
	Meta:      query.JSONColumnOf(declared.Automation, "meta"),
	IsActive:  query.ColumnOf[bool](declared.Automation, "is_active"),
	LastRunAt: query.ColumnOf[int64](declared.Automation, "last_run_at"),
	NextRunAt: query.ColumnOf[int64](declared.Automation, "next_run_at"),
	CreatedAt: query.ColumnOf[int64](declared.Automation, "created_at"),
	UpdatedAt: query.ColumnOf[int64](declared.Automation, "updated_at"),
	FolderID:  query.ColumnOf[string](declared.Automation, "folder_id"),
}

// AutomationRunTable is the type of [AutomationRun].
type AutomationRunTable struct {
	Table        *schema.Table
	ID           query.Column[string] // UUID, lower case
	AutomationID query.Column[string] // the automation
	ChatID       query.Column[string] // the chat that came out of it
	Status       query.Column[string] // how it ended
	Error        query.Column[string] // why it failed
	CreatedAt    query.Column[int64]  // when the row was made (nanoseconds)
}

// AutomationRun is the table automation_run: runs of automations.
var AutomationRun = AutomationRunTable{
	Table:        declared.AutomationRun,
	ID:           query.ColumnOf[string](declared.AutomationRun, "id"),
	AutomationID: query.ColumnOf[string](declared.AutomationRun, "automation_id"),
	ChatID:       query.ColumnOf[string](declared.AutomationRun, "chat_id"),
	Status:       query.ColumnOf[string](declared.AutomationRun, "status"),
	Error:        query.ColumnOf[string](declared.AutomationRun, "error"),
	CreatedAt:    query.ColumnOf[int64](declared.AutomationRun, "created_at"),
}
