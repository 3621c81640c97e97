// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
)

// SkillTable is the type of [Skill].
type SkillTable struct {
	Table       *schema.Table
	ID          query.Column[string] // chosen by people
	UserID      query.Column[string] // the owner
	Name        query.Column[string] // unique
	Description query.Column[string] // what it is for
	Content     query.Column[string] // the text
	Meta        query.JSONColumn     // further properties
	IsActive    query.Column[bool]   // whether it is in use
	UpdatedAt   query.Column[int64]  // when the program last changed the row (seconds)
	CreatedAt   query.Column[int64]  // when the row was made (seconds)
	VersionID   query.Column[string] // the row of the history that is in use
	Data        query.JSONColumn     // further properties
}

// Skill is the table skill: skills, which are instructions that models may
// load.
var Skill = SkillTable{
	Table:       declared.Skill,
	ID:          query.ColumnOf[string](declared.Skill, "id"),
	UserID:      query.ColumnOf[string](declared.Skill, "user_id"),
	Name:        query.ColumnOf[string](declared.Skill, "name"),
	Description: query.ColumnOf[string](declared.Skill, "description"),
	Content:     query.ColumnOf[string](declared.Skill, "content"),
	Meta:        query.JSONColumnOf(declared.Skill, "meta"),
	IsActive:    query.ColumnOf[bool](declared.Skill, "is_active"),
	UpdatedAt:   query.ColumnOf[int64](declared.Skill, "updated_at"),
	CreatedAt:   query.ColumnOf[int64](declared.Skill, "created_at"),
	VersionID:   query.ColumnOf[string](declared.Skill, "version_id"),
	Data:        query.JSONColumnOf(declared.Skill, "data"),
}

// SkillHistoryTable is the type of [SkillHistory].
type SkillHistoryTable struct {
	Table         *schema.Table
	ID            query.Column[string] // UUID, lower case
	SkillID       query.Column[string] // the skill
	ParentID      query.Column[string] // the version before this one; NULL for the first
	Snapshot      query.JSONColumn     // the whole object as it was
	UserID        query.Column[string] // the owner
	CommitMessage query.Column[string] // what was changed, in the words of who changed it
	CreatedAt     query.Column[int64]  // when the row was made (seconds)
}

// SkillHistory is the table skill_history: earlier versions of skills.
var SkillHistory = SkillHistoryTable{
	Table:         declared.SkillHistory,
	ID:            query.ColumnOf[string](declared.SkillHistory, "id"),
	SkillID:       query.ColumnOf[string](declared.SkillHistory, "skill_id"),
	ParentID:      query.ColumnOf[string](declared.SkillHistory, "parent_id"),
	Snapshot:      query.JSONColumnOf(declared.SkillHistory, "snapshot"),
	UserID:        query.ColumnOf[string](declared.SkillHistory, "user_id"),
	CommitMessage: query.ColumnOf[string](declared.SkillHistory, "commit_message"),
	CreatedAt:     query.ColumnOf[int64](declared.SkillHistory, "created_at"),
}
