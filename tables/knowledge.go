package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// KnowledgeTable is the type of [Knowledge].
type KnowledgeTable struct {
	Table       *schema.Table
	ID          query.Column[string] // UUID, lower case
	UserID      query.Column[string] // the owner
	Name        query.Column[string] // display name
	Description query.Column[string] // what it is for
	Meta        query.JSONColumn     // further properties
	CreatedAt   query.Column[int64]  // when the row was made (seconds)
	UpdatedAt   query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
	Data        query.JSONColumn     // dead
}

// Knowledge is the table knowledge: knowledge bases.
var Knowledge = defineKnowledge()

func defineKnowledge() KnowledgeTable {
	t := schema.Define("knowledge").Describe("knowledge bases.")
	c := KnowledgeTable{
		Table:       t,
		ID:          query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		UserID:      query.Col[string](t.Text("user_id").Doc("the owner")),
		Name:        query.Col[string](t.Text("name").Doc("display name")),
		Description: query.Col[string](t.Text("description").Null().Doc("what it is for")),
		Meta:        query.JSONCol(t.JSON("meta").Null().Doc("further properties")),
		CreatedAt:   query.Col[int64](t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")),
		UpdatedAt:   query.Col[int64](t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
		Data:        query.JSONCol(t.JSON("data").Null().Doc("dead")),
	}
	return c
}

// KnowledgeDirectoryTable is the type of [KnowledgeDirectory].
type KnowledgeDirectoryTable struct {
	Table       *schema.Table
	ID          query.Column[string] // UUID, lower case
	KnowledgeID query.Column[string] // the knowledge base
	ParentID    query.Column[string] // the directory above; NULL for the top, where the database does not keep names apart
	Name        query.Column[string] // unique within its directory
	UserID      query.Column[string] // who made it
	CreatedAt   query.Column[int64]  // when the row was made (seconds)
	UpdatedAt   query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
}

// KnowledgeDirectory is the table knowledge_directory: directories of a knowledge base, a tree.
var KnowledgeDirectory = defineKnowledgeDirectory()

func defineKnowledgeDirectory() KnowledgeDirectoryTable {
	t := schema.Define("knowledge_directory").Describe("directories of a knowledge base, a tree.")
	c := KnowledgeDirectoryTable{
		Table:       t,
		ID:          query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		KnowledgeID: query.Col[string](t.Text("knowledge_id").Key(idKey).Doc("the knowledge base")),
		ParentID:    query.Col[string](t.Text("parent_id").Key(idKey).Null().Doc("the directory above; NULL for the top, where the database does not keep names apart")),
		Name:        query.Col[string](t.Text("name").Key(nameKey).Doc("unique within its directory")),
		UserID:      query.Col[string](t.Text("user_id").Doc("who made it")),
		CreatedAt:   query.Col[int64](t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")),
		UpdatedAt:   query.Col[int64](t.BigInt("updated_at").Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
	}
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"knowledge_id"}, RefTable: "knowledge", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"parent_id"}, RefTable: "knowledge_directory", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	t.Unique("uq_knowledge_directory_knowledge_parent_name", "knowledge_id", "parent_id", "name")
	t.Index("ix_knowledge_directory_knowledge_id", "knowledge_id")
	t.Index("ix_knowledge_directory_parent_id", "parent_id")
	return c
}

// KnowledgeFileTable is the type of [KnowledgeFile].
type KnowledgeFileTable struct {
	Table       *schema.Table
	ID          query.Column[string] // UUID, lower case
	UserID      query.Column[string] // who added it
	KnowledgeID query.Column[string] // the knowledge base
	FileID      query.Column[string] // the file
	CreatedAt   query.Column[int64]  // when the row was made (seconds)
	UpdatedAt   query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
	DirectoryID query.Column[string] // the directory; NULL for the top
}

// KnowledgeFile is the table knowledge_file: which file is in which knowledge base, once.
var KnowledgeFile = defineKnowledgeFile()

func defineKnowledgeFile() KnowledgeFileTable {
	t := schema.Define("knowledge_file").Describe("which file is in which knowledge base, once.")
	c := KnowledgeFileTable{
		Table:       t,
		ID:          query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		UserID:      query.Col[string](t.Text("user_id").Key(idKey).Doc("who added it")),
		KnowledgeID: query.Col[string](t.Text("knowledge_id").Key(idKey).Doc("the knowledge base")),
		FileID:      query.Col[string](t.Text("file_id").Key(idKey).Doc("the file")),
		CreatedAt:   query.Col[int64](t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")),
		UpdatedAt:   query.Col[int64](t.BigInt("updated_at").Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
		DirectoryID: query.Col[string](t.Text("directory_id").Key(idKey).Null().Doc("the directory; NULL for the top")),
	}
	t.Unique("uq_knowledge_file_knowledge_file", "knowledge_id", "file_id")
	t.ForeignKey(&schema.ForeignKey{Name: "fk_knowledge_file_directory_id", Columns: []string{"directory_id"}, RefTable: "knowledge_directory", RefColumns: []string{"id"}, OnDelete: schema.SetNull})
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"knowledge_id"}, RefTable: "knowledge", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"file_id"}, RefTable: "file", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	t.Index("ix_knowledge_file_directory_id", "directory_id")
	t.Index("ix_knowledge_file_file_id", "file_id")
	t.Index("ix_knowledge_file_knowledge_id", "knowledge_id")
	t.Index("ix_knowledge_file_user_id", "user_id")
	return c
}
