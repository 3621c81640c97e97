package migrations

import (
	"context"

	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

// Skills have files, and a history that begins with what they are now.
var rev61 = migrate.Revision{
	ID: "d6a8c3f912ab", Down: []string{"b8e4f0a3c752"}, Doc: "earlier versions of skills", Path: "61_d6a8c3f912ab_skill_history.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("skill", op.Text("version_id").Null(), op.IfNotExists)
		ops.AddColumn("skill", op.JSON("data").Null(), op.IfNotExists)
		create(ops, historyTable("skill", modelKey))
		scan := op.Scan{Table: "skill", Columns: []string{"user_id", "name", "description", "content", "meta", "updated_at", "created_at"}, Where: "{version_id} IS NULL"}
		ops.Data("first versions", firstVersions("skill", scan, func(r op.Row) (snapshot *jsontext.Object, also op.Values) {
			data := written(members("files", "["+written(members("path", quote("SKILL.md"), "content", quote(r.Text("content"))))+"]"))
			meta := r.Text("meta")
			if falsy(meta) {
				meta = "{}"
			}
			return members(
				"name", quote(r.Text("name")), "description", textOrNull(r, "description"), "meta", meta, "content", quote(r.Text("content")), "data", data,
			), op.Values{"data": data}
		})).NoReverse()
	},
}

// firstVersions writes what things are now as the first version of each.
// snapshot is what a version holds, and what else changes of the thing.
func firstVersions(of string, scan op.Scan, snapshot func(r op.Row) (*jsontext.Object, op.Values)) func(ctx context.Context, d *op.Data) error {
	return func(ctx context.Context, d *op.Data) error {
		return d.Rows(ctx, scan, func(ctx context.Context, c *op.Chunk) error {
			for _, r := range c.Rows {
				at := r.Int("updated_at")
				if at == 0 {
					at = r.Int("created_at")
				}
				doc, set := snapshot(r)
				version := newID()
				row := op.Values{"id": version, of + "_id": r.Text("id"), "snapshot": written(doc), "user_id": r.Text("user_id"), "created_at": at}
				if err := c.Insert(ctx, of+"_history", row); err != nil {
					return err
				}
				if set == nil {
					set = op.Values{}
				}
				set["version_id"] = version
				if err := c.Update(ctx, r, set); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// objectOf is a column that holds an object as text; an empty one where it
// holds nothing of the kind.
func objectOf(r op.Row, column string) *jsontext.Object {
	if o, ok := readObject(r.Text(column)); ok && isJSON(r.Text(column)) {
		return o
	}
	return members()
}
