package migrations

import (
	"context"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// Documents become knowledge bases, and stay documents as well.
var rev04 = migrate.Revision{
	ID: "6a39f3d8e55c", Down: []string{"c0fbf31ca0db"}, Doc: "knowledge bases, one for each document", Path: "04_6a39f3d8e55c_add_knowledge_table.go",
	Upgrade: func(ops *op.Ops) {
		t := schema.Define("knowledge")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("user_id")
		t.Text("name")
		t.Text("description").Null()
		t.JSON("data").Null()
		t.JSON("meta").Null()
		t.BigInt("created_at")
		t.BigInt("updated_at").Null()
		ops.CreateTable(t, op.IfNotExists)
		ops.Data("documents become knowledge bases", knowledgeOfDocuments).NoReverse()
	},
}

func knowledgeOfDocuments(ctx context.Context, d *op.Data) error {
	scan := op.Scan{
		Table: "document", Key: []string{"collection_name"},
		Columns: []string{"user_id", "name", "title", "content", "timestamp"},
		Where:   "NOT EXISTS (SELECT 1 FROM {knowledge} WHERE {knowledge}.{id} = {document}.{collection_name})",
	}
	return d.Rows(ctx, scan, func(ctx context.Context, c *op.Chunk) error {
		for _, r := range c.Rows {
			tags := "[]"
			if content, ok := readObject(r.Text("content")); ok && isJSON(r.Text("content")) {
				if t := content.Get("tags"); t != "" {
					tags = t
				}
			}
			row := op.Values{
				"id": r.Text("collection_name"), "user_id": plain(r.Text("user_id")), "name": plain(r.Text("title")), "description": plain(r.Text("name")),
				"meta":       written(members("legacy", "true", "document", "true", "tags", tags)),
				"created_at": r.Int("timestamp"), "updated_at": r.Int("timestamp"),
			}
			if r.Null("name") {
				row["description"] = nil
			}
			if err := c.Insert(ctx, "knowledge", row); err != nil {
				return err
			}
		}
		return nil
	})
}
