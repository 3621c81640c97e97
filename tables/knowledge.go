package tables

import (
	"github.com/larder-db/larder/schema"
)

// Knowledge is the table knowledge: knowledge bases.
var Knowledge = defineKnowledge()

func defineKnowledge() *schema.Table {
	t := schema.Define("knowledge").Describe("knowledge bases.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Doc("the owner")
	t.Text("name").Doc("display name")
	t.Text("description").Null().Doc("what it is for")
	t.JSON("meta").Null().Doc("further properties")
	t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")
	t.JSON("data").Null().Doc("dead")
	return t
}

// KnowledgeDirectory is the table knowledge_directory: directories of a knowledge base, a tree.
var KnowledgeDirectory = defineKnowledgeDirectory()

func defineKnowledgeDirectory() *schema.Table {
	t := schema.Define("knowledge_directory").Describe("directories of a knowledge base, a tree.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("knowledge_id").Key(idKey).Doc("the knowledge base")
	t.Text("parent_id").Key(idKey).Null().Doc("the directory above; NULL for the top, where the database does not keep names apart")
	t.Text("name").Key(nameKey).Doc("unique within its directory")
	t.Text("user_id").Doc("who made it")
	t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")
	t.BigInt("updated_at").Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"knowledge_id"}, RefTable: "knowledge", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"parent_id"}, RefTable: "knowledge_directory", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	t.Unique("uq_knowledge_directory_knowledge_parent_name", "knowledge_id", "parent_id", "name")
	t.Index("ix_knowledge_directory_knowledge_id", "knowledge_id")
	t.Index("ix_knowledge_directory_parent_id", "parent_id")
	return t
}

// KnowledgeFile is the table knowledge_file: which file is in which knowledge base, once.
var KnowledgeFile = defineKnowledgeFile()

func defineKnowledgeFile() *schema.Table {
	t := schema.Define("knowledge_file").Describe("which file is in which knowledge base, once.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Key(idKey).Doc("who added it")
	t.Text("knowledge_id").Key(idKey).Doc("the knowledge base")
	t.Text("file_id").Key(idKey).Doc("the file")
	t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")
	t.BigInt("updated_at").Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")
	t.Text("directory_id").Key(idKey).Null().Doc("the directory; NULL for the top")
	t.Unique("uq_knowledge_file_knowledge_file", "knowledge_id", "file_id")
	t.ForeignKey(&schema.ForeignKey{Name: "fk_knowledge_file_directory_id", Columns: []string{"directory_id"}, RefTable: "knowledge_directory", RefColumns: []string{"id"}, OnDelete: schema.SetNull})
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"knowledge_id"}, RefTable: "knowledge", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"file_id"}, RefTable: "file", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	t.Index("ix_knowledge_file_directory_id", "directory_id")
	t.Index("ix_knowledge_file_file_id", "file_id")
	t.Index("ix_knowledge_file_knowledge_id", "knowledge_id")
	t.Index("ix_knowledge_file_user_id", "user_id")
	return t
}
