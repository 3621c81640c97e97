// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
)

// ModelTable is the type of [Model].
type ModelTable struct {
	Table       *schema.Table
	ID          query.Column[string] // chosen by people
	UserID      query.Column[string] // the owner
	BaseModelID query.Column[string] // the model behind it; NULL when it changes a model of the same id
	Name        query.Column[string] // display name
	Params      query.Column[string] // parameters, JSON in a text column
	Meta        query.Column[string] // description, capabilities, JSON in a text column
	UpdatedAt   query.Column[int64]  // when the program last changed the row (seconds)
	CreatedAt   query.Column[int64]  // when the row was made (seconds)
	IsActive    query.Column[bool]   // whether it is in use
	VersionID   query.Column[string] // the row of the history that is in use
}

// Model is the table model: models that were set up or changed by hand.
var Model = ModelTable{
	Table:       declared.Model,
	ID:          query.ColumnOf[string](declared.Model, "id"),
	UserID:      query.ColumnOf[string](declared.Model, "user_id"),
	BaseModelID: query.ColumnOf[string](declared.Model, "base_model_id"),
	Name:        query.ColumnOf[string](declared.Model, "name"),
	Params:      query.ColumnOf[string](declared.Model, "params"),
	Meta:        query.ColumnOf[string](declared.Model, "meta"),
	UpdatedAt:   query.ColumnOf[int64](declared.Model, "updated_at"),
	CreatedAt:   query.ColumnOf[int64](declared.Model, "created_at"),
	IsActive:    query.ColumnOf[bool](declared.Model, "is_active"),
	VersionID:   query.ColumnOf[string](declared.Model, "version_id"),
}

// ModelHistoryTable is the type of [ModelHistory].
type ModelHistoryTable struct {
	Table         *schema.Table
	ID            query.Column[string] // UUID, lower case
	ModelID       query.Column[string] // the model
	ParentID      query.Column[string] // the version before this one; NULL for the first
	Snapshot      query.JSONColumn     // the whole object as it was
	UserID        query.Column[string] // the owner
	CommitMessage query.Column[string] // what was changed, in the words of who changed it
	CreatedAt     query.Column[int64]  // when the row was made (seconds)
}

// ModelHistory is the table model_history: earlier versions of models.
var ModelHistory = ModelHistoryTable{
	Table:         declared.ModelHistory,
	ID:            query.ColumnOf[string](declared.ModelHistory, "id"),
	ModelID:       query.ColumnOf[string](declared.ModelHistory, "model_id"),
	ParentID:      query.ColumnOf[string](declared.ModelHistory, "parent_id"),
	Snapshot:      query.JSONColumnOf(declared.ModelHistory, "snapshot"),
	UserID:        query.ColumnOf[string](declared.ModelHistory, "user_id"),
	CommitMessage: query.ColumnOf[string](declared.ModelHistory, "commit_message"),
	CreatedAt:     query.ColumnOf[int64](declared.ModelHistory, "created_at"),
}
