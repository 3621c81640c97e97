// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package model

import "github.com/larder-db/larder/jsonvalue"

// Automation is a row of table automation: work that is done at set times.
type Automation struct {
	ID        string         `db:"id" json:"id"`                   // UUID, lower case
	UserID    string         `db:"user_id" json:"user_id"`         // the owner
	Name      string         `db:"name" json:"name"`               // display name
	Data      jsonvalue.JSON `db:"data" json:"data"`               // what is done and when
	Meta      jsonvalue.JSON `db:"meta" json:"meta"`               // further properties
	IsActive  bool           `db:"is_active" json:"is_active"`     // whether it is in use
	LastRunAt *int64         `db:"last_run_at" json:"last_run_at"` // when it last ran (nanoseconds)
	NextRunAt *int64         `db:"next_run_at" json:"next_run_at"` // when it runs next; NULL for not at all (nanoseconds)
	CreatedAt int64          `db:"created_at" json:"created_at"`   // when the row was made (nanoseconds)
	UpdatedAt int64          `db:"updated_at" json:"updated_at"`   // when the program last changed the row (nanoseconds)
	FolderID  *string        `db:"folder_id" json:"folder_id"`     // the folder; NULL for none
}

// AutomationRun is a row of table automation_run: runs of automations.
type AutomationRun struct {
	ID           string  `db:"id" json:"id"`                       // UUID, lower case
	AutomationID string  `db:"automation_id" json:"automation_id"` // the automation
	ChatID       *string `db:"chat_id" json:"chat_id"`             // the chat that came out of it
	Status       string  `db:"status" json:"status"`               // how it ended
	Error        *string `db:"error" json:"error"`                 // why it failed
	CreatedAt    int64   `db:"created_at" json:"created_at"`       // when the row was made (nanoseconds)
}
