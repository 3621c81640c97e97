package migrations

import (
	"github.com/larder-db/larder/internal/jsontext"
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
			ops.Data("first versions of "+of+"s", firstVersions(of, scan, func(r op.Row) (*jsontext.Object, op.Values) {
				meta := without(objectOf(r, "meta"), derived...)
				if meta.Get("description") == "" {
					meta.Set("description", "null")
				}
				if falsy(meta.Get("i18n")) {
					meta = without(meta, "i18n")
				}
				return members("name", textOrNull(r, "name"), "content", quote(r.Text("content")), "meta", written(meta)), nil
			})).NoReverse()
		}
	},
}
