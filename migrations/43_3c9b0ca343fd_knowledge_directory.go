package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

var rev43 = migrate.Revision{
	ID: "3c9b0ca343fd", Down: []string{"a0b1c2d3e4f5"}, Doc: "directories of knowledge bases", Path: "43_3c9b0ca343fd_knowledge_directory.go",
	Upgrade: func(ops *op.Ops) {
		t := schema.Define("knowledge_directory")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("knowledge_id").Key(idKey).References("knowledge", "id", schema.Cascade)
		t.Text("parent_id").Key(idKey).Null().References("knowledge_directory", "id", schema.Cascade)
		t.Text("name").Key(nameKey)
		t.Text("user_id")
		t.BigInt("created_at")
		t.BigInt("updated_at")
		t.Unique("uq_knowledge_directory_knowledge_parent_name", "knowledge_id", "parent_id", "name")
		t.Index("ix_knowledge_directory_knowledge_id", "knowledge_id")
		t.Index("ix_knowledge_directory_parent_id", "parent_id")
		create(ops, t)
		ops.Batch("knowledge_file", func(ops *op.Ops) {
			ops.AddColumn("knowledge_file", op.Text("directory_id").Key(idKey).Null(), op.IfNotExists)
			ops.Do(op.AddForeignKey{Table: "knowledge_file", IfNotExists: true, ForeignKey: &schema.ForeignKey{
				Name: "fk_knowledge_file_directory_id", Columns: []string{"directory_id"}, RefTable: "knowledge_directory", RefColumns: []string{"id"}, OnDelete: schema.SetNull}})
			index(ops, "knowledge_file", "ix_knowledge_file_directory_id", "directory_id")
		})
	},
}
