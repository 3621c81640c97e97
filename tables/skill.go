package tables

import (
	"github.com/larder-db/larder/schema"
)

// Skill is the table skill: skills: instructions that models may load.
var Skill = defineSkill()

func defineSkill() *schema.Table {
	t := schema.Define("skill").Describe("skills: instructions that models may load.")
	t.String("id", 0).Key(modelKey).PrimaryKey().Doc("chosen by people")
	t.String("user_id", 0).Key(idKey).Doc("the owner")
	t.Text("name").Key(nameKey).Doc("unique")
	t.Text("description").Null().Doc("what it is for")
	t.Text("content").Doc("the text")
	t.JSON("meta").Null().Doc("further properties")
	t.Boolean("is_active").Doc("whether it is in use")
	t.BigInt("updated_at").Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")
	t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")
	t.Text("version_id").Null().Doc("the row of the history that is in use")
	t.JSON("data").Null().Doc("further properties")
	t.Unique("", "name")
	t.Index("idx_skill_updated_at", "updated_at")
	t.Index("idx_skill_user_id", "user_id")
	return t
}

// SkillHistory is the table skill_history: earlier versions of skills.
var SkillHistory = defineSkillHistory()

func defineSkillHistory() *schema.Table {
	t := schema.Define("skill_history").Describe("earlier versions of skills.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("skill_id").Key(modelKey).Doc("the skill")
	t.Text("parent_id").Null().Doc("the version before this one; NULL for the first")
	t.JSON("snapshot").Doc("the whole object as it was")
	t.Text("user_id").Doc("the owner")
	t.Text("commit_message").Null().Doc("what was changed, in the words of who changed it")
	t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")
	t.Index("ix_skill_history_skill_id", "skill_id")
	return t
}
