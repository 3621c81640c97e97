// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package model

import "github.com/larder-db/larder/jsonvalue"

// Skill is a row of table skill: skills, which are instructions that models may
// load.
type Skill struct {
	ID          string         `db:"id" json:"id"`                   // chosen by people
	UserID      string         `db:"user_id" json:"user_id"`         // the owner
	Name        string         `db:"name" json:"name"`               // unique
	Description *string        `db:"description" json:"description"` // what it is for
	Content     string         `db:"content" json:"content"`         // the text
	Meta        jsonvalue.JSON `db:"meta" json:"meta"`               // further properties
	IsActive    bool           `db:"is_active" json:"is_active"`     // whether it is in use
	UpdatedAt   int64          `db:"updated_at" json:"updated_at"`   // when the program last changed the row (seconds)
	CreatedAt   int64          `db:"created_at" json:"created_at"`   // when the row was made (seconds)
	VersionID   *string        `db:"version_id" json:"version_id"`   // the row of the history that is in use
	Data        jsonvalue.JSON `db:"data" json:"data"`               // further properties
}

// SkillHistory is a row of table skill_history: earlier versions of skills.
type SkillHistory struct {
	// UUID, lower case
	ID string `db:"id" json:"id"`
	// the skill
	SkillID string `db:"skill_id" json:"skill_id"`
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
