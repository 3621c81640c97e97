package migrations

import (
	"context"
	"slices"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

const baseRevision = "3e0e00844bb0"

// The files of a knowledge base become rows; files that are gone are left out.
// What else the document said is kept aside.
var rev26 = migrate.Revision{
	ID: baseRevision, Down: []string{"90ef40d4714e"}, Doc: "files of knowledge bases", Path: "26_3e0e00844bb0_add_knowledge_file_table.go",
	Upgrade: func(ops *op.Ops) {
		keepAside(ops)
		t := schema.Define("knowledge_file")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("user_id").Key(idKey)
		t.Text("knowledge_id").Key(idKey).References("knowledge", "id", schema.Cascade)
		t.Text("file_id").Key(idKey).References("file", "id", schema.Cascade)
		t.BigInt("created_at")
		t.BigInt("updated_at")
		t.Unique("uq_knowledge_file_knowledge_file", "knowledge_id", "file_id")
		t.Index("ix_knowledge_file_knowledge_id", "knowledge_id")
		t.Index("ix_knowledge_file_file_id", "file_id")
		t.Index("ix_knowledge_file_user_id", "user_id")
		create(ops, t)
		ops.Data("files of knowledge bases", filesOfBases)
		ops.DropColumn("knowledge", "data", op.IfExists, op.Moved)
	},
	Downgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.AddColumn("knowledge", op.JSON("data").Null())
		ops.Data("lists of files", listsOfFiles)
		ops.DropTable("knowledge_file")
	},
}

func filesOfBases(ctx context.Context, d *op.Data) error {
	if d.Table("knowledge").Column("data") == nil {
		return nil // half applied: this much was done
	}
	at := now()
	scan := op.Scan{Table: "knowledge", Key: []string{"id"}, Columns: []string{"user_id", "data"}, Where: "{data} IS NOT NULL", Size: 50}
	return d.Rows(ctx, scan, func(ctx context.Context, c *op.Chunk) error {
		for _, r := range c.Rows {
			base, raw := r.Text("id"), r.Text("data")
			if err := keep(ctx, c, kept{baseRevision, "knowledge.data", base, "the document as it was", raw}); err != nil {
				return err
			}
			have, err := filesOf(ctx, c, base)
			if err != nil {
				return err
			}
			doc, _ := readObject(raw)
			files, _ := listOfStrings(doc.Get("file_ids"))
			there, err := existing(ctx, c, "file", files)
			if err != nil {
				return err
			}
			for _, f := range files {
				if !there[f] || slices.Contains(have, f) {
					continue
				}
				have = append(have, f)
				row := op.Values{"id": newID(), "user_id": r.Text("user_id"), "knowledge_id": base, "file_id": f, "created_at": at, "updated_at": at}
				if err := c.Insert(ctx, "knowledge_file", row); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func filesOf(ctx context.Context, c *op.Chunk, base string) ([]string, error) {
	rows, err := op.Get(ctx, c, "SELECT {file_id} FROM {knowledge_file} WHERE {knowledge_id} = ? ORDER BY {created_at}, {id}", base)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range rows {
		out = append(out, r.Text("file_id"))
	}
	return out, nil
}

// listsOfFiles writes the documents: as they were, where they still say the
// same, else with the files that there are now and the rest as it was.
func listsOfFiles(ctx context.Context, d *op.Data) error {
	err := d.Rows(ctx, op.Scan{Table: "knowledge", Key: []string{"id"}, Size: 50}, func(ctx context.Context, c *op.Chunk) error {
		for _, r := range c.Rows {
			have, err := filesOf(ctx, c, r.Text("id"))
			if err != nil {
				return err
			}
			was, found, err := recall(ctx, c, baseRevision, "knowledge.data", r.Text("id"))
			if err != nil {
				return err
			}
			if !found && len(have) == 0 {
				continue
			}
			doc, isObject := readObject(was)
			files, _ := listOfStrings(doc.Get("file_ids"))
			there, err := existing(ctx, c, "file", files)
			if err != nil {
				return err
			}
			text := was
			if !found || !sameSet(slices.DeleteFunc(files, func(f string) bool { return !there[f] }), have) {
				if !isObject {
					doc = members()
				}
				doc.Set("file_ids", writeStrings(have))
				text = written(doc)
			}
			if err := c.Update(ctx, r, op.Values{"data": text}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return forgetAll(ctx, d, baseRevision, "knowledge.data")
}
