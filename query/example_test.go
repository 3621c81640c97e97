package query_test

import (
	"fmt"

	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine/sqlite"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

func ExampleSelect() {
	t := schema.Define("note")
	id := query.Col[string](t.Text("id").Key(36).PrimaryKey())
	meta := query.JSONCol(t.JSON("meta").Null())
	made := query.Col[int64](t.BigInt("created_at"))

	u, _ := dburl.Parse("sqlite:///notes.db")
	d, _ := sqlite.Driver{}.Dialect(u)
	text, args, err := query.SQL(query.Select(id, meta.Path("title").Text().As("title")).From(t).
		Where(made.Gt(5), id.StartsWith("a_")).OrderBy(made.Desc(), id).Limit(2), d)
	fmt.Println(text)
	fmt.Println(args, err)
	// Output:
	// SELECT "note"."id", (CASE WHEN json_valid("note"."meta") THEN CASE json_type("note"."meta", ?) WHEN 'text' THEN "note"."meta" ->> ? WHEN 'null' THEN NULL ELSE "note"."meta" -> ? END END) AS "title" FROM "note" WHERE "note"."created_at" > ? AND larder_like("note"."id", ?, ?) ORDER BY "note"."created_at" DESC, "note"."id" LIMIT ?
	// [$."title" $."title" $."title" 5 a/_% / 2] <nil>
}
