package migrations

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

// Tools and functions have a history that begins with what they are now, less
// what is read off their source.
var rev63 = migrate.Revision{
	ID: "f8c0e5b134cd", Down: []string{"e7b9d4a023bc"}, Doc: "earlier versions of tools and functions", Path: "63_f8c0e5b134cd_tool_and_function_history.go",
	Upgrade: func(ops *op.Ops) {
		for _, of := range []string{"tool", "function"} {
			derived := []string{"manifest", "has_user_valves"}
			if of == "function" {
				derived = append(derived, "toggle")
			}
			ops.AddColumn(of, op.Text("version_id").Null(), op.IfNotExists)
			create(ops, historyTable(of, modelKey))
			scan := op.Scan{Table: of, Key: []string{"id"}, Columns: []string{"user_id", "name", "content", "meta", "updated_at", "created_at"}, Where: "{version_id} IS NULL"}
			ops.Data("first versions of "+of+"s", firstVersions(of, scan, func(r op.Row) (object, op.Values) {
				meta := objectOf(r, "meta").without(derived...)
				if meta.get("description") == "" {
					meta.set("description", "null")
				}
				if falsy(meta.get("i18n")) {
					meta = meta.without("i18n")
				}
				return object{{"name", textOrNull(r, "name")}, {"content", quote(r.Text("content"))}, {"meta", meta.String()}}, nil
			})).NoReverse()
		}
	},
}
