package declared

import "github.com/larder-db/larder/schema"

// Knowledge is the table knowledge.
var Knowledge = define("knowledge", func(t *schema.Table) {
	t.Describe("knowledge bases.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Doc("the owner")
	t.Text("name").Doc("display name")
	t.Text("description").Null().Doc("what it is for")
	t.JSON("meta").Null().Doc("further properties")
	t.BigInt("created_at").Unit(schema.Seconds).Doc(madeAt)
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc(changedAt)
	t.JSON("data").Null().Doc("dead")
})

// KnowledgeDirectory is the table knowledge_directory.
var KnowledgeDirectory = define("knowledge_directory", func(t *schema.Table) {
	t.Describe("directories of a knowledge base, a tree.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("knowledge_id").Key(idKey).References("knowledge", "id", schema.Cascade).Doc("the knowledge base")
	t.Text("parent_id").Key(idKey).Null().References("knowledge_directory", "id", schema.Cascade).
		Doc("the directory above; NULL for the top, where the database does not keep names apart")
	t.Text("name").Key(nameKey).Doc("unique within its directory")
	t.Text("user_id").Doc("who made it")
	t.BigInt("created_at").Unit(schema.Seconds).Doc(madeAt)
	t.BigInt("updated_at").Unit(schema.Seconds).Doc(changedAt)
	t.Unique("uq_knowledge_directory_knowledge_parent_name", "knowledge_id", "parent_id", "name")
	t.Index("ix_knowledge_directory_knowledge_id", "knowledge_id")
	t.Index("ix_knowledge_directory_parent_id", "parent_id")
})

// KnowledgeFile is the table knowledge_file.
var KnowledgeFile = define("knowledge_file", func(t *schema.Table) {
	t.Describe("which file is in which knowledge base, once.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Key(idKey).Doc("who added it")
	t.Text("knowledge_id").Key(idKey).References("knowledge", "id", schema.Cascade).Doc("the knowledge base")
	t.Text("file_id").Key(idKey).References("file", "id", schema.Cascade).Doc("the file")
	t.BigInt("created_at").Unit(schema.Seconds).Doc(madeAt)
	t.BigInt("updated_at").Unit(schema.Seconds).Doc(changedAt)
	t.Text("directory_id").Key(idKey).Null().Doc("the directory; NULL for the top")
	t.Unique("uq_knowledge_file_knowledge_file", "knowledge_id", "file_id")
	t.ForeignKey(&schema.ForeignKey{
		Name: "fk_knowledge_file_directory_id", Columns: []string{"directory_id"},
		RefTable: "knowledge_directory", RefColumns: []string{"id"}, OnDelete: schema.SetNull,
	})
	t.Index("ix_knowledge_file_directory_id", "directory_id")
	t.Index("ix_knowledge_file_file_id", "file_id")
	t.Index("ix_knowledge_file_knowledge_id", "knowledge_id")
	t.Index("ix_knowledge_file_user_id", "user_id")
})
