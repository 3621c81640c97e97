// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
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
	UpdatedAt   query.Column[int64]  // when the program last changed the row (seconds)
	Data        query.JSONColumn     // dead
}

// Knowledge is the table knowledge: knowledge bases.
var Knowledge = KnowledgeTable{
	Table:       declared.Knowledge,
	ID:          query.ColumnOf[string](declared.Knowledge, "id"),
	UserID:      query.ColumnOf[string](declared.Knowledge, "user_id"),
	Name:        query.ColumnOf[string](declared.Knowledge, "name"),
	Description: query.ColumnOf[string](declared.Knowledge, "description"),
	Meta:        query.JSONColumnOf(declared.Knowledge, "meta"),
	CreatedAt:   query.ColumnOf[int64](declared.Knowledge, "created_at"),
	UpdatedAt:   query.ColumnOf[int64](declared.Knowledge, "updated_at"),
	Data:        query.JSONColumnOf(declared.Knowledge, "data"),
}

// KnowledgeDirectoryTable is the type of [KnowledgeDirectory].
type KnowledgeDirectoryTable struct {
	Table *schema.Table
	// UUID, lower case
	ID query.Column[string]
	// the knowledge base
	KnowledgeID query.Column[string]
	// the directory above; NULL for the top, where the database does not keep names
	// apart
	ParentID query.Column[string]
	// unique within its directory
	Name query.Column[string]
	// who made it
	UserID query.Column[string]
	// when the row was made (seconds)
	CreatedAt query.Column[int64]
	// when the program last changed the row (seconds)
	UpdatedAt query.Column[int64]
}

// KnowledgeDirectory is the table knowledge_directory: directories of a
// knowledge base, a tree.
var KnowledgeDirectory = KnowledgeDirectoryTable{
	Table:       declared.KnowledgeDirectory,
	ID:          query.ColumnOf[string](declared.KnowledgeDirectory, "id"),
	KnowledgeID: query.ColumnOf[string](declared.KnowledgeDirectory, "knowledge_id"),
	ParentID:    query.ColumnOf[string](declared.KnowledgeDirectory, "parent_id"),
	Name:        query.ColumnOf[string](declared.KnowledgeDirectory, "name"),
	UserID:      query.ColumnOf[string](declared.KnowledgeDirectory, "user_id"),
	CreatedAt:   query.ColumnOf[int64](declared.KnowledgeDirectory, "created_at"),
	UpdatedAt:   query.ColumnOf[int64](declared.KnowledgeDirectory, "updated_at"),
}

// KnowledgeFileTable is the type of [KnowledgeFile].
type KnowledgeFileTable struct {
	Table       *schema.Table
	ID          query.Column[string] // UUID, lower case
	UserID      query.Column[string] // who added it
	KnowledgeID query.Column[string] // the knowledge base
	FileID      query.Column[string] // the file
	CreatedAt   query.Column[int64]  // when the row was made (seconds)
	UpdatedAt   query.Column[int64]  // when the program last changed the row (seconds)
	DirectoryID query.Column[string] // the directory; NULL for the top
}

// KnowledgeFile is the table knowledge_file: which file is in which knowledge
// base, once.
var KnowledgeFile = KnowledgeFileTable{
	Table:       declared.KnowledgeFile,
	ID:          query.ColumnOf[string](declared.KnowledgeFile, "id"),
	UserID:      query.ColumnOf[string](declared.KnowledgeFile, "user_id"),
	KnowledgeID: query.ColumnOf[string](declared.KnowledgeFile, "knowledge_id"),
	FileID:      query.ColumnOf[string](declared.KnowledgeFile, "file_id"),
	CreatedAt:   query.ColumnOf[int64](declared.KnowledgeFile, "created_at"),
	UpdatedAt:   query.ColumnOf[int64](declared.KnowledgeFile, "updated_at"),
	DirectoryID: query.ColumnOf[string](declared.KnowledgeFile, "directory_id"),
}
