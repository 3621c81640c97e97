package migrations

import (
	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

// Models have a history that begins with what they are now, less what is no
// property of the model itself.
var rev62 = migrate.Revision{
	ID: "e7b9d4a023bc", Down: []string{"d6a8c3f912ab"}, Doc: "earlier versions of models", Path: "62_e7b9d4a023bc_model_history.go",
	Upgrade: func(ops *op.Ops) {
		ops.AddColumn("model", op.Text("version_id").Null(), op.IfNotExists)
		create(ops, historyTable("model", modelKey))
		scan := op.Scan{Table: "model", Key: []string{"id"}, Columns: []string{"user_id", "name", "base_model_id", "params", "meta", "updated_at", "created_at"}, Where: "{version_id} IS NULL"}
		ops.Data("first versions", firstVersions("model", scan, func(r op.Row) (*jsontext.Object, op.Values) {
			return members(
				"name", textOrNull(r, "name"), "base_model_id", textOrNull(r, "base_model_id"), "params", readableOr(r.Text("params"), "{}"), "meta", written(without(objectOf(r, "meta"), "hidden", "chat_variables_schema")),
			), nil
		})).NoReverse()
	},
}
