// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package model

import "github.com/larder-db/larder/jsonvalue"

// Model is a row of table model: models that were set up or changed by hand.
type Model struct {
	// chosen by people
	ID string `db:"id" json:"id"`
	// the owner
	UserID *string `db:"user_id" json:"user_id"`
	// the model behind it; NULL when it changes a model of the same id
	BaseModelID *string `db:"base_model_id" json:"base_model_id"`
	// display name
	Name *string `db:"name" json:"name"`
	// parameters, JSON in a text column
	Params *string `db:"params" json:"params"`
	// description, capabilities, JSON in a text column
	Meta *string `db:"meta" json:"meta"`
	// when the program last changed the row (seconds)
	UpdatedAt *int64 `db:"updated_at" json:"updated_at"`
	// when the row was made (seconds)
	CreatedAt *int64 `db:"created_at" json:"created_at"`
	// whether it is in use
	IsActive bool `db:"is_active" json:"is_active"`
	// the row of the history that is in use
	VersionID *string `db:"version_id" json:"version_id"`
}

// ModelHistory is a row of table model_history: earlier versions of models.
type ModelHistory struct {
	// UUID, lower case
	ID string `db:"id" json:"id"`
	// the model
	ModelID string `db:"model_id" json:"model_id"`
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
