// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package model

import "github.com/larder-db/larder/jsonvalue"

// Knowledge is a row of table knowledge: knowledge bases.
type Knowledge struct {
	ID          string         `db:"id" json:"id"`                   // UUID, lower case
	UserID      string         `db:"user_id" json:"user_id"`         // the owner
	Name        string         `db:"name" json:"name"`               // display name
	Description *string        `db:"description" json:"description"` // what it is for
	Meta        jsonvalue.JSON `db:"meta" json:"meta"`               // further properties
	CreatedAt   int64          `db:"created_at" json:"created_at"`   // when the row was made (seconds)
	UpdatedAt   *int64         `db:"updated_at" json:"updated_at"`   // when the program last changed the row (seconds)
	Data        jsonvalue.JSON `db:"data" json:"data"`               // dead
}

// KnowledgeDirectory is a row of table knowledge_directory: directories of a
// knowledge base, a tree.
type KnowledgeDirectory struct {
	// UUID, lower case
	ID string `db:"id" json:"id"`
	// the knowledge base
	KnowledgeID string `db:"knowledge_id" json:"knowledge_id"`
	// the directory above; NULL for the top, where the database does not keep names
	// apart
	ParentID *string `db:"parent_id" json:"parent_id"`
	// unique within its directory
	Name string `db:"name" json:"name"`
	// who made it
	UserID string `db:"user_id" json:"user_id"`
	// when the row was made (seconds)
	CreatedAt int64 `db:"created_at" json:"created_at"`
	// when the program last changed the row (seconds)
	UpdatedAt int64 `db:"updated_at" json:"updated_at"`
}

// KnowledgeFile is a row of table knowledge_file: which file is in which
// knowledge base, once.
type KnowledgeFile struct {
	ID          string  `db:"id" json:"id"`                     // UUID, lower case
	UserID      string  `db:"user_id" json:"user_id"`           // who added it
	KnowledgeID string  `db:"knowledge_id" json:"knowledge_id"` // the knowledge base
	FileID      string  `db:"file_id" json:"file_id"`           // the file
	CreatedAt   int64   `db:"created_at" json:"created_at"`     // when the row was made (seconds)
	UpdatedAt   int64   `db:"updated_at" json:"updated_at"`     // when the program last changed the row (seconds)
	DirectoryID *string `db:"directory_id" json:"directory_id"` // the directory; NULL for the top
}
