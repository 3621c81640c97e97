package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
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
	UpdatedAt   query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
	CreatedAt   query.Column[int64]  // when the row was made (seconds)
	VersionID   query.Column[string] // the row of the history that is in use
	Data        query.JSONColumn     // further properties
}

// Skill is the table skill: skills, which are instructions that models may load.
var Skill = defineSkill()

func defineSkill() SkillTable {
	t := schema.Define("skill").Describe("skills, which are instructions that models may load.")
	c := SkillTable{
		Table:       t,
		ID:          query.Col[string](t.String("id", 0).Key(modelKey).PrimaryKey().Doc("chosen by people")),
		UserID:      query.Col[string](t.String("user_id", 0).Key(idKey).Doc("the owner")),
		Name:        query.Col[string](t.Text("name").Key(nameKey).Doc("unique")),
		Description: query.Col[string](t.Text("description").Null().Doc("what it is for")),
		Content:     query.Col[string](t.Text("content").Doc("the text")),
		Meta:        query.JSONCol(t.JSON("meta").Null().Doc("further properties")),
		IsActive:    query.Col[bool](t.Boolean("is_active").Doc("whether it is in use")),
		UpdatedAt:   query.Col[int64](t.BigInt("updated_at").Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
		CreatedAt:   query.Col[int64](t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")),
		VersionID:   query.Col[string](t.Text("version_id").Null().Doc("the row of the history that is in use")),
		Data:        query.JSONCol(t.JSON("data").Null().Doc("further properties")),
	}
	t.Unique("", "name")
	t.Index("idx_skill_updated_at", "updated_at")
	t.Index("idx_skill_user_id", "user_id")
	return c
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
var SkillHistory = defineSkillHistory()

func defineSkillHistory() SkillHistoryTable {
	t := schema.Define("skill_history").Describe("earlier versions of skills.")
	c := SkillHistoryTable{
		Table:         t,
		ID:            query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		SkillID:       query.Col[string](t.Text("skill_id").Key(modelKey).Doc("the skill")),
		ParentID:      query.Col[string](t.Text("parent_id").Null().Doc("the version before this one; NULL for the first")),
		Snapshot:      query.JSONCol(t.JSON("snapshot").Doc("the whole object as it was")),
		UserID:        query.Col[string](t.Text("user_id").Doc("the owner")),
		CommitMessage: query.Col[string](t.Text("commit_message").Null().Doc("what was changed, in the words of who changed it")),
		CreatedAt:     query.Col[int64](t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")),
	}
	t.Index("ix_skill_history_skill_id", "skill_id")
	return c
}
