package declared

import "github.com/larder-db/larder/schema"

// Skill is the table skill.
var Skill = define("skill", func(t *schema.Table) {
	t.Describe("skills, which are instructions that models may load.")
	t.String("id", 0).Key(modelKey).PrimaryKey().Doc("chosen by people")
	t.String("user_id", 0).Key(idKey).Doc("the owner")
	t.Text("name").Key(nameKey).Doc("unique")
	t.Text("description").Null().Doc("what it is for")
	t.Text("content").Doc("the text")
	t.JSON("meta").Null().Doc("further properties")
	t.Boolean("is_active").Doc("whether it is in use")
	t.BigInt("updated_at").Unit(schema.Seconds).Doc(changedAt)
	t.BigInt("created_at").Unit(schema.Seconds).Doc(madeAt)
	t.Text("version_id").Null().Doc("the row of the history that is in use")
	t.JSON("data").Null().Doc("further properties")
	t.Unique("", "name")
	t.Index("idx_skill_updated_at", "updated_at")
	t.Index("idx_skill_user_id", "user_id")
})

// SkillHistory is the table skill_history.
var SkillHistory = define("skill_history", func(t *schema.Table) {
	t.Describe("earlier versions of skills.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("skill_id").Key(modelKey).Doc("the skill")
	t.Text("parent_id").Null().Doc("the version before this one; NULL for the first")
	t.JSON("snapshot").Doc("the whole object as it was")
	t.Text("user_id").Doc("the owner")
	t.Text("commit_message").Null().Doc("what was changed, in the words of who changed it")
	t.BigInt("created_at").Unit(schema.Seconds).Doc(madeAt)
	t.Index("ix_skill_history_skill_id", "skill_id")
})
